// tokrail sample: a chain of samplers on rows of logits from a file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "decoding/samplers/sampler_chain.h"

namespace tokrail::cli {

struct SampleVerb {
  std::string logits;  ///< rows of `vocab` numbers in the machine's byte order
  size_t vocab = 0;
  std::string type = "f32";  ///< f32, bf16 or f16
  std::string mask;          ///< one row of mask words, or as many as there are rows of logits
  std::string order = "llamacpp";
  SamplingOptions sampling;
  std::vector<std::string> biases;    ///< ID:BIAS
  std::vector<std::string> banned;    ///< ID,ID,...
  std::vector<std::string> breakers;  ///< ID,ID,...
  std::vector<TokenId> prompt, history, end_ids;
  uint64_t seed = 0, stream = 0;
  uint32_t position = 0;     ///< of the first row
  bool is_sequence = false;  ///< the rows are the steps of one sequence
  uint32_t top_n = 0;
  bool distribution = false;
  bool describe = false;
};

/// kNo if a row allows nothing.
int run_sample(const SampleVerb& verb);

}  // namespace tokrail::cli
