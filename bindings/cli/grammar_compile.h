// tokrail grammar compile: a grammar as a .tkg file.
#pragma once

#include <string>

#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

struct GrammarCompileVerb {
  GrammarChoice grammar;
  TokenizerChoice tokenizer;  ///< path empty: for any vocabulary
  std::string output;
};

/// The grammar is compiled, so that what cannot be used is not written.
int run_grammar_compile(const GrammarCompileVerb& verb);

}  // namespace tokrail::cli
