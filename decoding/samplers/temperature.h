// Samplers that change the whole row or pick from it: temperature, dynamic temperature, greedy,
// Gumbel-max.
//
// make_temperature          logits / temperature; 0 is greedy.
// make_dynamic_temperature  a temperature between max(0, t - range) and t + range: the lower one
//                           plus their difference times (H / ln n)^exponent, with H the entropy of
//                           the row in nats and n its number of tokens. As llama.cpp's temp-ext.
// make_greedy               the largest logit, the lowest id of several.
// make_gumbel               the largest sum of logit and Gumbel noise; the noise of a token depends
//                           on the place and its id alone (purpose kNoise, draw = id). This is an
//                           exact draw from the row, coupled between rows at the same place.
//
// Complexity: O(vocab). Errors: Error(kInvalidArgument) for negative and infinite numbers.
#pragma once

#include <memory>

#include "decoding/samplers/sampler.h"

namespace tokrail {

std::unique_ptr<Sampler> make_temperature(float temperature);
std::unique_ptr<Sampler> make_dynamic_temperature(float temperature, float range,
                                                  float exponent = 1);
std::unique_ptr<Sampler> make_greedy();
std::unique_ptr<Sampler> make_gumbel();

}  // namespace tokrail
