// Mirostat: a truncation that steers the surprise of the tokens drawn towards a target.
//
// A number mu, at first 2 * tau, falls by eta * (surprise - tau) after each token, the surprise
// being -log2 of its probability among the tokens kept.
//   version 1  from the first 100 tokens an exponent s of Zipf's law is estimated; kept are the
//              first k = ((s - 1) 2^mu / (1 - vocab^(1 - s)))^(1 / s) tokens, at least one
//   version 2  tokens of -log2 p <= mu are kept, at least the first
// A token that was not among those kept (a constraint may force one) leaves mu as it is. mu depends
// on the rows before, so this is no function of the prefix; clone() copies it.
//
// Complexity: O(vocab); accept O(log of the tokens kept). Errors: Error(kInvalidArgument) for
// versions other than 1 and 2 and for numbers that are not finite. Paper: Basu et al., "Mirostat",
// ICLR 2021; constants as in llama.cpp.
#pragma once

#include <memory>

#include "decoding/samplers/sampler.h"

namespace tokrail {

std::unique_ptr<Sampler> make_mirostat(int version, float tau = 5, float eta = 0.1f);

}  // namespace tokrail
