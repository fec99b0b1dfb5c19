// Penalties for tokens that came before: repetition, frequency and presence.
//
// With a the logit, c how often the token occurs among those that repetition counts and f among
// those that frequency and presence count:
//   c > 0:  a = a > 0 ? a / repetition : a * repetition
//   a -= frequency * f + presence * [f > 0]
// Systems differ in what is counted. llama.cpp counts the last 64 tokens of prompt and output for
// all three; vLLM counts prompt and output for repetition, output for the others; Hugging Face
// counts prompt and output.
//
// Complexity: O(tokens counted). Errors: Error(kInvalidArgument) unless repetition > 0 and all are
// finite. Paper: Keskar et al., "CTRL", 2019 (repetition; of negative logits as is usual since).
#pragma once

#include <memory>

#include "decoding/samplers/sampler.h"

namespace tokrail {

struct PenaltyOptions {
  float repetition = 1;
  float frequency = 0;
  float presence = 0;
  int32_t window = 64;       ///< the last so many tokens; -1: all
  bool count_prompt = true;  ///< for frequency and presence
};

std::unique_ptr<Sampler> make_penalties(const PenaltyOptions& options);

}  // namespace tokrail
