// DRY: a penalty that grows with the length of the repetition that a token would continue.
//
// If the last n tokens, n >= allowed_length, occurred before and were followed by v there, the
// logit of v falls by multiplier * base^(n - allowed_length), for the largest such n. Breakers are
// token sequences over which a repetition is not followed: n is bounded by the tokens behind the
// last breaker, and a breaker of a single token is never penalised. As in llama.cpp.
//
// Complexity: O(tokens looked at), by the Z-algorithm on the reversed sequence. Errors:
// Error(kInvalidArgument) for an empty breaker, a multiplier below 0, a base below 1, infinities.
#pragma once

#include <memory>
#include <vector>

#include "decoding/samplers/sampler.h"

namespace tokrail {

struct DryOptions {
  float multiplier = 0.8f;
  float base = 1.75f;
  uint32_t allowed_length = 2;
  int32_t window = -1;  ///< the last so many tokens of prompt and output; -1: all
  std::vector<std::vector<TokenId>> breakers = {};
};

std::unique_ptr<Sampler> make_dry(DryOptions options);

}  // namespace tokrail
