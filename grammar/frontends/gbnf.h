// GBNF, the grammar notation of llama.cpp, to Grammar.
//
//   Grammar grammar = read_gbnf("root ::= \"yes\" | \"no\" \" \"? root\n");
//
// Everything llama.cpp reads: rules over characters, literals with escapes, classes, `.`, groups,
// `* + ? {m,n}`, comments, tokens `<[id]>`, `<name>` and their negations with `!`; and left
// recursion, which it refuses. There is no lexer: every derivation counts. The start is `root`.
//
// Complexity: O(text). Thread safety: pure function. Errors: Error(kInvalidArgument), where() =
// "line:column", the message with what was expected, the line and a caret.
#pragma once

#include <string_view>

#include "grammar/grammar.h"

namespace tokrail {

Grammar read_gbnf(std::string_view text);

}  // namespace tokrail
