// tokrail grammar mask: which tokens may follow a text.
#pragma once

#include <string>

#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

struct GrammarMaskVerb {
  GrammarChoice grammar;
  TokenizerChoice tokenizer;
  std::string prefix;
  std::string ids = "first";  ///< first or all
  size_t show = 20;           ///< how many with first
  bool json = false;
};

/// kNo if the prefix cannot be continued.
int run_grammar_mask(const GrammarMaskVerb& verb);

}  // namespace tokrail::cli
