// Whether taking the longest match of a terminal and counting every match are the same in a
// grammar, so that it can be written in a notation with a lexer as well as in one without.
//
// They are if no terminal can be followed by a byte with which what was matched could go on to be a
// match of some terminal: then at each place of a text only one length is possible at all. That is
// enough, and not needed: grammars beyond it are told as conflicts although some have none.
// Internal to the module.
#pragma once

#include <optional>
#include <string>

#include "grammar/grammar.h"

namespace tokrail {

/// What stands against it, for people; nothing if they are the same. Distinct entries must have
/// been expanded.
std::optional<std::string> find_lexing_conflict(const Grammar& grammar);

}  // namespace tokrail
