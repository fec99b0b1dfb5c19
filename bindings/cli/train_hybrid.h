// tokrail train hybrid: a language and text to a tokenizer of stems and suffixes.
#pragma once

#include <string>
#include <vector>

#include "bindings/cli/command_parts.h"
#include "bindings/cli/language_choice.h"
#include "tokenizers/training/hybrid_trainer.h"

namespace tokrail::cli {

struct TrainHybridVerb {
  LanguageChoice language;
  std::vector<std::string> files;
  std::string out;
  std::string letter_case = "stems";
  std::string numbers = "right3";
  std::vector<std::string> priors;  ///< NAME=VALUE, of the estimation
  HybridTrainerOptions options;
  bool no_learn_roots = false;
  bool no_progress = false;
};
int run_train_hybrid(const TrainHybridVerb& verb);

void add_train_hybrid(CLI::App& train, Chosen& chosen);

}  // namespace tokrail::cli
