// Grammars written in other notations: GBNF for llama.cpp, Lark for llguidance.
//
//   JsonSchemaResult schema = read_json_schema(text);
//   WrittenGrammar gbnf = write_gbnf(schema.grammar);
//
// What is written means the same language. Objects become a rule for each set of keys that may have
// been seen; an expression that cannot be written as it is becomes its automaton over characters,
// one rule a state. What a notation cannot say is an error that names the rule: open keys that must
// differ from each other (with `lenient` a warning, and they may repeat), strings that are not
// UTF-8, sets of special tokens, and where a notation has no lexer, terminals that are lexed, or
// where it has one, terminals that are not, unless it is plain that the longest match is the only
// one that can count. Captures, temperatures and limits of tokens are left out with a warning.
//
// Complexity: O(grammar) plus the automata, up to max_states. Thread safety: pure functions.
// Errors: Error(kUnsupported), where() = the place of the rule; Error(kInvalidArgument) from
// check().
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "grammar/grammar.h"

namespace tokrail {

struct NotationOptions {
  bool lenient = false;
  size_t max_states = 4096;  ///< of one expression, and of one set of entries
};

struct WrittenGrammar {
  std::string text;
  std::vector<std::string> warnings;
};

WrittenGrammar write_gbnf(const Grammar& grammar, const NotationOptions& options = {});
/// In the dialect of llguidance, with & and ~ in terminals.
WrittenGrammar write_lark(const Grammar& grammar, const NotationOptions& options = {});

}  // namespace tokrail
