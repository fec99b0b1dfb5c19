// Logit bias: numbers added to the logits of single tokens.
//
// -inf bans a token. Several entries of one token are added up; ids beyond the vocabulary do
// nothing. Complexity: O(entries). Errors: Error(kInvalidArgument) for NaN and +inf.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "decoding/samplers/sampler.h"

namespace tokrail {

std::unique_ptr<Sampler> make_logit_bias(std::span<const std::pair<TokenId, float>> biases);

}  // namespace tokrail
