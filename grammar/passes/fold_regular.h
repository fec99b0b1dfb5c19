// fold_regular: what is regular in a grammar becomes few large terminals.
//
//   number ::= "-"? [0-9]+ ("." [0-9]+)?      number ::= NUMBER      (one terminal)
//   list ::= "[" ws number ws ("," ...)       list ::= /\[ *-?[0-9]+.../ ...
//
// Runs of terminals, and rules that are not recursive, are joined into one regular expression each
// where nothing but a regular expression stands, up to `max_nodes` nodes; rules that are no longer
// reached go. The language stays the same, because with Lexing::kEvery every way to cut a text into
// terminals counts: other terminals, rules with `ignore`, captures and the like are left as they
// are. Recognising costs one step of the parser for each terminal, so large terminals are fast.
//
// Complexity: O(grammar + max_nodes * rules). Thread safety: pure function. Errors: those of
// Grammar::check().
#pragma once

#include <cstddef>

#include "grammar/grammar.h"

namespace tokrail {

Grammar fold_regular(const Grammar& grammar, size_t max_nodes = 2000);

}  // namespace tokrail
