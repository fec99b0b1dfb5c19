// Grammar: a language over bytes and special tokens, as rules over regular terminals.
//
// Every notation (grammar/frontends) is read into this, and everything else is compiled from it. It
// can be built without any notation:
//
//   Grammar grammar;
//   RegexSet& regex = grammar.regexes();
//   ExprId digits = grammar.terminal({.regex = regex.repeat(
//       regex.bytes(ByteSet::range('0', '9')), 1, RegexSet::kUnbounded)});
//   RuleId sum = grammar.add_rule("sum");
//   grammar.define(sum, grammar.choice({digits, grammar.sequence({grammar.rule(sum),
//                                       grammar.literal("+"), digits})}));
//   grammar.set_start(sum);
//
// What it means. A rule stands for its expression; a terminal matches the strings of its regular
// expression. With Lexing::kEvery (the default) every way to cut a text into terminals counts, as
// in a context-free grammar over bytes. Terminals with kLongest and kShortest are lexed: at a place
// where some of them may stand, the longest string that any of those kLongest matches is taken
// (falling back to a shorter match where a longer one cannot be finished; no other cut of the text
// counts), equal lengths are decided by priority, and equal priorities all count; a kShortest
// terminal ends at its first match. (Terminals lexed in other ways neither win nor lose against
// kLongest ones. Where they let different cuts of a text reach the same place, it is left open
// whether the kLongest terminals behind one cut compete with those behind another.) `ignore` of a
// rule is a terminal that may stand before every terminal of the rule's own expression, any number
// of times.
//
// Plain data with checks: a value type, not thread safe while it is built. Ids belong to one
// grammar. Errors: Error(kInvalidArgument) for ids and bounds out of range, undefined rules (from
// check()).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/regex/regex_set.h"

namespace tokrail {

using ExprId = uint32_t;
using RuleId = uint32_t;
using TerminalId = uint32_t;

enum class Lexing : uint8_t { kEvery, kLongest, kShortest };

/// A regular terminal. The name is for messages and printing.
struct Terminal {
  std::string name = {};
  RegexId regex = RegexSet::kEmpty;
  Lexing lexing = Lexing::kEvery;
  int32_t priority = 0;
  /// Carried through for the caller: text of the terminal is captured under this name.
  std::string capture = {};
  /// Carried through: most tokens, and temperature, while in this terminal.
  std::optional<uint32_t> max_tokens = std::nullopt;
  std::optional<float> temperature = std::nullopt;
};

/// Special tokens by id or by name ("<|eot|>"); resolved against a vocabulary when compiled.
struct TokenSet {
  struct Range {
    uint32_t first, last;
  };
  std::vector<Range> ids = {};
  std::vector<std::string> names = {};
  bool negated = false;  ///< any one token, special or not, that is not among these
};

/// How the texts of two keys or items are told to be equal.
enum class Sameness : uint8_t {
  kBytes,       ///< equal bytes
  kJsonString,  ///< equal strings after unescaping; the texts include their quotes
  kJsonScalar,  ///< equal JSON strings, numbers by value (1 = 1.0 = 10e-1), literals
};

/// Entries with separators in between, no two alike: the members of an object in any or in one
/// order, the items of an array of unique scalars.
struct DistinctEntries {
  struct Listed {
    RegexId key;  ///< all spellings of the key, quotes and all
    ExprId rest;  ///< what follows the key: colon and value
    bool required = false;
    /// Entries (by index) that must be there too if this one is.
    std::vector<uint32_t> requires_entries = {};
  };
  /// Entries with other keys; the key languages are disjoint from each other and from the listed.
  struct Open {
    RegexId key;
    ExprId rest;
  };
  std::vector<Listed> listed = {};
  std::vector<Open> open = {};
  /// Listed entries come in this order and before all open ones; else any order, mixed.
  bool ordered = false;
  /// No two open entries have the same key.
  bool distinct_open = true;
  Sameness sameness = Sameness::kBytes;
  RegexId separator = RegexSet::kEmpty;
  uint32_t min = 0, max = RegexSet::kUnbounded;  ///< number of entries, listed and open
};

class Grammar {
 public:
  static constexpr uint32_t kUnbounded = RegexSet::kUnbounded;

  enum class Kind : uint8_t {
    kEmpty,     ///< the empty string
    kNothing,   ///< no string
    kTerminal,  ///< terminals()[value]
    kRule,      ///< rule `value`
    kSequence,  ///< children in order
    kChoice,    ///< one of the children
    kRepeat,    ///< the child min to max times
    kTokens,    ///< one special token of token_sets()[value]
    kDistinct,  ///< distinct_entries()[value]
  };
  struct Expression {
    Kind kind;
    uint32_t value = 0;
    uint32_t min = 0, max = 0;
    std::vector<ExprId> children = {};
  };
  struct Rule {
    std::string name;
    ExprId body = kUndefined;
    /// Terminal that may stand before each terminal of the body; kUndefined: none.
    TerminalId ignore = kUndefined;
    /// Where it was defined, for messages: "line:column" or a JSON pointer.
    std::string where = {};
    std::string capture = {};
    std::optional<uint32_t> max_tokens = std::nullopt;
    std::optional<float> temperature = std::nullopt;
  };
  static constexpr uint32_t kUndefined = 0xFFFFFFFF;

  Grammar();

  RegexSet& regexes() noexcept { return regexes_; }
  const RegexSet& regexes() const noexcept { return regexes_; }

  // Building. Equal terminals and literals are one; expressions are simplified where that is
  // obvious (a sequence of one, a choice without nothing).
  ExprId empty();
  ExprId nothing();
  ExprId terminal(Terminal terminal);
  ExprId terminal(TerminalId id);
  /// A terminal that matches these bytes.
  ExprId literal(std::string_view bytes, Lexing lexing = Lexing::kEvery);
  ExprId regex(RegexId regex) { return terminal(Terminal{.regex = regex}); }
  ExprId rule(RuleId id);
  ExprId sequence(std::span<const ExprId> parts);
  ExprId sequence(std::initializer_list<ExprId> parts) {
    return sequence(std::span<const ExprId>(parts.begin(), parts.size()));
  }
  ExprId choice(std::span<const ExprId> choices);
  ExprId choice(std::initializer_list<ExprId> choices) {
    return choice(std::span<const ExprId>(choices.begin(), choices.size()));
  }
  ExprId repeat(ExprId what, uint32_t min, uint32_t max);
  ExprId optional(ExprId what) { return repeat(what, 0, 1); }
  ExprId tokens(TokenSet set);
  ExprId distinct(DistinctEntries entries);

  TerminalId add_terminal(Terminal terminal);
  RuleId add_rule(std::string name, std::string where = {});
  void define(RuleId rule, ExprId body);
  void set_ignore(RuleId rule, TerminalId ignore);
  void set_start(RuleId rule);
  Rule& rule_data(RuleId rule) { return rules_[rule]; }

  // Reading.
  RuleId start() const noexcept { return start_; }
  const std::vector<Rule>& rules() const noexcept { return rules_; }
  const std::vector<Expression>& expressions() const noexcept { return expressions_; }
  const std::vector<Terminal>& terminals() const noexcept { return terminals_; }
  const std::vector<TokenSet>& token_sets() const noexcept { return token_sets_; }
  const std::vector<DistinctEntries>& distinct_entries() const noexcept { return distinct_; }

  /// Throws unless there is a start, every rule is defined, and all ids and bounds make sense.
  void check() const;
  /// Bytes held, about.
  size_t memory() const noexcept;
  /// The canonical text of the grammar, deterministic, one rule a line; for people and for tests.
  std::string to_string() const;

  /// Takes another grammar's rules in, under `prefix` + their names, and gives its start rule.
  RuleId embed(const Grammar& other, std::string_view prefix);

 private:
  ExprId add(Expression expression);

  /// Terminals by a hash of their fields, so that equal ones are found.
  std::unordered_multimap<uint64_t, TerminalId> terminal_index_;
  std::unordered_map<TerminalId, ExprId> terminal_expressions_;
  std::unordered_map<RuleId, ExprId> rule_expressions_;
  RegexSet regexes_;
  std::vector<Rule> rules_;
  std::vector<Expression> expressions_;
  std::vector<Terminal> terminals_;
  std::vector<TokenSet> token_sets_;
  std::vector<DistinctEntries> distinct_;
  RuleId start_ = kUndefined;
};

}  // namespace tokrail
