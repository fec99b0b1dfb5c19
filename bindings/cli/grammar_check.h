// tokrail grammar check and print: whether a grammar can be read and compiled, and what it is.
#pragma once

#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

struct GrammarCheckVerb {
  GrammarChoice grammar;
  TokenizerChoice tokenizer;  ///< path empty: for single bytes
  bool json = false;
};
int run_grammar_check(const GrammarCheckVerb& verb);

struct GrammarPrintVerb {
  GrammarChoice grammar;
};
int run_grammar_print(const GrammarPrintVerb& verb);

}  // namespace tokrail::cli
