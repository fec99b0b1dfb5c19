// tokrail grammar enumerate: strings of a grammar's language, shortest first.
#pragma once

#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

struct GrammarEnumerateVerb {
  GrammarChoice grammar;
  size_t count = 20;
  size_t max_bytes = 0;           ///< of a string; 0: no limit
  size_t max_prefixes = 1000000;  ///< looked at before the search is given up
  bool json = false;
};

/// kNo if the search ended before `count` strings without having seen the whole language.
int run_grammar_enumerate(const GrammarEnumerateVerb& verb);

}  // namespace tokrail::cli
