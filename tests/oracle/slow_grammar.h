// The language of a Grammar by its definition: a table over (expression, begin, end), filled until
// nothing changes. Only for grammars whose terminals are all Lexing::kEvery, without token sets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grammar/grammar.h"

namespace tokrail::oracle {

/// Whether `text` is in the language. O(expressions * text^3) per round.
bool slow_matches(const Grammar& grammar, std::string_view text);

/// All strings over `alphabet` of at most `length` bytes that are in the language.
std::vector<std::string> slow_language(const Grammar& grammar, std::string_view alphabet,
                                       size_t length);

}  // namespace tokrail::oracle
