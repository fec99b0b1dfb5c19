// Lark grammars, in the dialect of llguidance, to Grammar.
//
//   Grammar grammar = read_lark("start: \"a\" NUMBER\n%import common.NUMBER\n%ignore / /\n");
//
// Rules and terminals with priorities, EBNF operators, string flags, regular expressions with their
// flags, `&` and `~` in terminals, %ignore, %import common.*, %declare, %override, %extend, %json,
// %lark, %regex, nested grammars @name, special tokens <name> <[id]>, attributes [capture, lazy,
// stop, suffix, max_tokens, temperature], templates, parametric rules, %llguidance {...} options.
// Terminals are lexed (Lexing::kLongest): see grammar.h for what that means as a language.
//
// What attributes and statements mean, as languages:
//   NAME.2             of terminals that match equally long, the highest priority counts; equal
//                      priorities all count, and literals have priority 0 like other terminals
//   rule[lazy]         a match of the body that has no shorter match as a prefix (kShortest)
//   rule[suffix=S]     the same of the body with S behind it
//   rule[stop=S]       a text of the body in which no match of body and S ends; what comes behind
//                      is not read, and stop="" stands for the end of the text
//   rule[max_tokens=0] the empty string
//   %ignore X          X may stand before every terminal and token, and at the end of the text
//   name::expression   a copy of the rule for each value of the parameter that is reached
// max_tokens, temperature, capture and stop_capture are carried through. Priorities of rules,
// `?rule`, `!rule` and `-> alias` are about parse trees; they are read and mean nothing here.
//
// Complexity: O(text). Thread safety: pure function (the loader is called on the same thread).
// Errors: Error(kInvalidArgument) or Error(kUnsupported), where() = "line:column", the message with
// what was expected, the line and a caret.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "grammar/frontends/json_schema.h"
#include "grammar/grammar.h"

namespace tokrail {

struct LarkOptions {
  /// The text of the grammar that @name refers to; throws if there is none. Empty: all are refused.
  std::function<std::string(std::string_view name)> loader = {};
  /// For %json. As in llguidance, a pattern sees characters and not their escapes.
  JsonSchemaOptions json = {.escapes_in_patterns = false};
  /// Every way to cut text into terminals counts, instead of the longest.
  bool lex_every = false;
};

Grammar read_lark(std::string_view text, const LarkOptions& options = {});

}  // namespace tokrail
