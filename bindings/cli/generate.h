// tokrail generate: text from a model, under a constraint.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/cli/constraint_choice.h"
#include "bindings/cli/grammar_choice.h"
#include "bindings/cli/tokenizer_choice.h"
#include "decoding/generate.h"

namespace tokrail::cli {

struct GenerateVerb {
  std::string model;
  TokenizerChoice tokenizer;
  GrammarChoice grammar;
  ConstraintChoice constraint;
  std::string prompt, prompt_file;
  std::string begin_behind;           ///< the grammar holds from this marker on
  std::string mode = "adaptive";      ///< mask, reject, weighted, adaptive or exact
  std::string estimator = "des-raj";  ///< des-raj, thorough, recursive, geometric or two-loop
  std::string order = "llamacpp";     ///< of the samplers: llamacpp, vllm or hf
  std::string forced = "model";       ///< model, skip or canonical
  std::string resampling = "stratified";
  SamplingOptions sampling;
  std::vector<std::string> stop;
  uint32_t max_tokens = 256;
  uint32_t min_tokens = 0;
  uint32_t particles = 1;
  double ess_threshold = 0.5;
  uint64_t seed = 0;
  uint32_t runs = 1;
  double deadline_seconds = 0;
  uint64_t exact_budget = 0;
  int threads = 0;
  bool posterior = false;
  bool json = false;
  std::string stats;  ///< json: a line of statistics per output on standard error
};
int run_generate(const GenerateVerb& verb);

}  // namespace tokrail::cli
