// tokrail grammar accept: which texts a grammar takes.
#pragma once

#include <string>
#include <vector>

#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

struct GrammarAcceptVerb {
  GrammarChoice grammar;
  TokenizerChoice tokenizer;  ///< path empty: texts are taken byte by byte
  std::vector<std::string> files;
  bool whole = false;
  bool null = false;
  bool json = false;
};

/// kNo if a text is refused.
int run_grammar_accept(const GrammarAcceptVerb& verb);

}  // namespace tokrail::cli
