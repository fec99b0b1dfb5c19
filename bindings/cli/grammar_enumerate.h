// tokrail grammar enumerate: strings of a grammar's language, shortest first or drawn at random.
#pragma once

#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

struct GrammarEnumerateVerb {
  GrammarChoice grammar;
  size_t count = 20;
  size_t max_bytes = 0;           ///< of a string; 0: no limit
  size_t max_prefixes = 1000000;  ///< looked at before the search is given up
  bool json = false;
  /// Draws strings: each length that has some is as likely as the others, and of each length every
  /// string. They are counted over the states that the grammar has after their beginnings, so
  /// that a string with many derivations counts once.
  bool sample = false;
  uint64_t seed = 0;
};

/// kNo if the search ended before `count` strings without having seen the whole language.
int run_grammar_enumerate(const GrammarEnumerateVerb& verb);

}  // namespace tokrail::cli
