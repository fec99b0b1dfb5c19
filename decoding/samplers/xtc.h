// XTC, exclude top choices: with some probability, all tokens of at least a threshold's probability
// go, except the least likely of them.
//
// Where the draw comes out so, and at least two tokens have p >= threshold, the last of them by
// falling logit and rising id stays and those before it go. A threshold above 0.5 does nothing.
//
// Complexity: one draw; O(vocab) where it comes out so. The draw has purpose kXtc. Errors:
// Error(kInvalidArgument) for numbers outside [0, 1].
#pragma once

#include <memory>

#include "decoding/samplers/sampler.h"

namespace tokrail {

std::unique_ptr<Sampler> make_xtc(float probability, float threshold);

}  // namespace tokrail
