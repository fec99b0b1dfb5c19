#include "grammar/grammar.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <unordered_set>
#include <utility>

#include "base/error.h"

namespace tokrail {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message));
}

uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9E3779B97F4A7C15 + (hash << 6) + (hash >> 2);
  return hash * 0xBF58476D1CE4E5B9;
}

uint64_t hash_of(const Terminal& terminal) {
  const std::hash<std::string> text;
  uint64_t hash = mix(text(terminal.name), terminal.regex);
  hash = mix(hash, static_cast<uint64_t>(terminal.lexing));
  hash = mix(hash, static_cast<uint32_t>(terminal.priority));
  return mix(hash, text(terminal.capture));
}

bool are_equal(const Terminal& a, const Terminal& b) {
  return a.regex == b.regex && a.lexing == b.lexing && a.priority == b.priority &&
         a.name == b.name && a.capture == b.capture && a.max_tokens == b.max_tokens &&
         a.temperature == b.temperature;
}

}  // namespace

Grammar::Grammar() {
  add({.kind = Kind::kEmpty});
  add({.kind = Kind::kNothing});
}

ExprId Grammar::add(Expression expression) {
  expressions_.push_back(std::move(expression));
  return static_cast<ExprId>(expressions_.size() - 1);
}

ExprId Grammar::empty() {
  return 0;
}
ExprId Grammar::nothing() {
  return 1;
}

TerminalId Grammar::add_terminal(Terminal terminal) {
  if (terminal.regex >= regexes_.size()) {
    refuse("terminal '" + terminal.name + "' has a regular expression that is not of this grammar");
  }
  const uint64_t hash = hash_of(terminal);
  const auto [first, last] = terminal_index_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    if (are_equal(terminals_[it->second], terminal)) return it->second;
  }
  const auto id = static_cast<TerminalId>(terminals_.size());
  terminals_.push_back(std::move(terminal));
  terminal_index_.emplace(hash, id);
  return id;
}

ExprId Grammar::terminal(Terminal terminal) {
  return this->terminal(add_terminal(std::move(terminal)));
}

ExprId Grammar::terminal(TerminalId id) {
  if (id >= terminals_.size()) refuse("there is no terminal " + std::to_string(id));
  const auto [it, is_new] = terminal_expressions_.try_emplace(id, kUndefined);
  if (is_new) it->second = add({.kind = Kind::kTerminal, .value = id});
  return it->second;
}

ExprId Grammar::literal(std::string_view bytes, Lexing lexing) {
  if (bytes.empty()) return empty();
  return terminal(Terminal{.regex = regexes_.literal(bytes), .lexing = lexing});
}

ExprId Grammar::rule(RuleId id) {
  if (id >= rules_.size()) refuse("there is no rule " + std::to_string(id));
  const auto [it, is_new] = rule_expressions_.try_emplace(id, kUndefined);
  if (is_new) it->second = add({.kind = Kind::kRule, .value = id});
  return it->second;
}

ExprId Grammar::sequence(std::span<const ExprId> parts) {
  Expression sequence{.kind = Kind::kSequence};
  for (const ExprId part : parts) {
    if (part >= expressions_.size()) refuse("there is no expression " + std::to_string(part));
    if (expressions_[part].kind == Kind::kNothing) return nothing();
    if (expressions_[part].kind != Kind::kEmpty) sequence.children.push_back(part);
  }
  if (sequence.children.empty()) return empty();
  if (sequence.children.size() == 1) return sequence.children[0];
  return add(std::move(sequence));
}

ExprId Grammar::choice(std::span<const ExprId> choices) {
  Expression choice{.kind = Kind::kChoice};
  std::unordered_set<ExprId> seen;
  for (const ExprId one : choices) {
    if (one >= expressions_.size()) refuse("there is no expression " + std::to_string(one));
    if (expressions_[one].kind != Kind::kNothing && seen.insert(one).second) {
      choice.children.push_back(one);
    }
  }
  if (choice.children.empty()) return nothing();
  if (choice.children.size() == 1) return choice.children[0];
  return add(std::move(choice));
}

ExprId Grammar::repeat(ExprId what, uint32_t min, uint32_t max) {
  if (what >= expressions_.size()) refuse("there is no expression " + std::to_string(what));
  if (min > max || min == kUnbounded) {
    refuse("a repetition needs min <= max, not " + std::to_string(min) + " and " +
           std::to_string(max));
  }
  const Kind kind = expressions_[what].kind;
  if (max == 0 || kind == Kind::kEmpty) return empty();
  if (kind == Kind::kNothing) return min == 0 ? empty() : nothing();
  if (min == 1 && max == 1) return what;
  return add({.kind = Kind::kRepeat, .min = min, .max = max, .children = {what}});
}

ExprId Grammar::tokens(TokenSet set) {
  for (const TokenSet::Range& range : set.ids) {
    if (range.first > range.last) {
      refuse("a range of token ids needs first <= last, not " + std::to_string(range.first) +
             " and " + std::to_string(range.last));
    }
  }
  if (set.ids.empty() && set.names.empty() && !set.negated) return nothing();
  const auto id = static_cast<uint32_t>(token_sets_.size());
  token_sets_.push_back(std::move(set));
  return add({.kind = Kind::kTokens, .value = id});
}

ExprId Grammar::distinct(DistinctEntries entries) {
  if (entries.min > entries.max) refuse("distinct entries need min <= max");
  const auto check_one = [&](RegexId key, ExprId rest) {
    if (key >= regexes_.size()) refuse("a key is not of this grammar");
    if (rest >= expressions_.size()) refuse("there is no expression " + std::to_string(rest));
  };
  for (const DistinctEntries::Listed& one : entries.listed) {
    check_one(one.key, one.rest);
    for (const uint32_t other : one.requires_entries) {
      if (other >= entries.listed.size()) refuse("there is no entry " + std::to_string(other));
    }
  }
  for (const DistinctEntries::Open& one : entries.open) check_one(one.key, one.rest);
  if (entries.separator >= regexes_.size()) refuse("the separator is not of this grammar");
  const auto id = static_cast<uint32_t>(distinct_.size());
  distinct_.push_back(std::move(entries));
  return add({.kind = Kind::kDistinct, .value = id});
}

RuleId Grammar::add_rule(std::string name, std::string where) {
  rules_.push_back({.name = std::move(name), .where = std::move(where)});
  return static_cast<RuleId>(rules_.size() - 1);
}

void Grammar::define(RuleId rule, ExprId body) {
  if (rule >= rules_.size()) refuse("there is no rule " + std::to_string(rule));
  if (body >= expressions_.size()) refuse("there is no expression " + std::to_string(body));
  rules_[rule].body = body;
}

void Grammar::set_ignore(RuleId rule, TerminalId ignore) {
  if (rule >= rules_.size()) refuse("there is no rule " + std::to_string(rule));
  if (ignore != kUndefined && ignore >= terminals_.size()) {
    refuse("there is no terminal " + std::to_string(ignore));
  }
  rules_[rule].ignore = ignore;
}

void Grammar::set_start(RuleId rule) {
  if (rule >= rules_.size()) refuse("there is no rule " + std::to_string(rule));
  start_ = rule;
}

// Ids and bounds are looked at where expressions are made; what can still be missing is looked at
// here.
void Grammar::check() const {
  if (start_ == kUndefined) refuse("the grammar has no start rule");
  for (const Rule& rule : rules_) {
    if (rule.body == kUndefined) {
      throw Error(ErrorCode::kInvalidArgument, "rule '" + rule.name + "' is not defined",
                  rule.where);
    }
    if (rule.body >= expressions_.size()) refuse("rule '" + rule.name + "' has no such body");
    if (rule.ignore != kUndefined && rule.ignore >= terminals_.size()) {
      refuse("rule '" + rule.name + "' ignores a terminal that does not exist");
    }
  }
}

RuleId Grammar::embed(const Grammar& other, std::string_view prefix) {
  if (&other == this) return embed(Grammar(other), prefix);
  other.check();
  const auto first_rule = static_cast<RuleId>(rules_.size());
  for (const Rule& rule : other.rules_) {
    rules_.push_back(rule);
    rules_.back().name.insert(0, prefix);
    rules_.back().body = kUndefined;
  }
  std::vector<TerminalId> terminal_map;
  terminal_map.reserve(other.terminals_.size());
  for (Terminal terminal : other.terminals_) {
    terminal.regex = regexes_.import(other.regexes_, terminal.regex);
    terminal_map.push_back(add_terminal(std::move(terminal)));
  }
  std::vector<ExprId> expression_map;
  expression_map.reserve(other.expressions_.size());
  for (const Expression& from : other.expressions_) {
    ExprId to = from.kind == Kind::kEmpty ? empty() : nothing();
    switch (from.kind) {
      case Kind::kEmpty:
      case Kind::kNothing: break;
      case Kind::kTerminal: to = terminal(terminal_map[from.value]); break;
      case Kind::kRule: to = rule(first_rule + from.value); break;
      case Kind::kTokens: to = tokens(other.token_sets_[from.value]); break;
      case Kind::kDistinct: {
        DistinctEntries entries = other.distinct_[from.value];
        for (auto& one : entries.listed) {
          one.key = regexes_.import(other.regexes_, one.key);
          one.rest = expression_map[one.rest];
        }
        for (auto& one : entries.open) {
          one.key = regexes_.import(other.regexes_, one.key);
          one.rest = expression_map[one.rest];
        }
        entries.separator = regexes_.import(other.regexes_, entries.separator);
        to = distinct(std::move(entries));
        break;
      }
      case Kind::kSequence:
      case Kind::kChoice:
      case Kind::kRepeat: {
        Expression copy = from;
        for (ExprId& child : copy.children) child = expression_map[child];
        to = add(std::move(copy));
        break;
      }
    }
    expression_map.push_back(to);
  }
  for (RuleId id = 0; id < other.rules_.size(); ++id) {
    Rule& rule = rules_[first_rule + id];
    rule.body = expression_map[other.rules_[id].body];
    if (rule.ignore != kUndefined) rule.ignore = terminal_map[rule.ignore];
  }
  return first_rule + other.start_;
}

size_t Grammar::memory() const noexcept {
  constexpr size_t kHashEntry = 32;
  size_t bytes =
      regexes_.memory() + rules_.capacity() * sizeof(Rule) +
      expressions_.capacity() * sizeof(Expression) + terminals_.capacity() * sizeof(Terminal) +
      distinct_.capacity() * sizeof(DistinctEntries) +
      kHashEntry *
          (terminal_index_.size() + terminal_expressions_.size() + rule_expressions_.size());
  for (const Expression& expression : expressions_) {
    bytes += expression.children.capacity() * sizeof(ExprId);
  }
  for (const Rule& rule : rules_) {
    bytes += rule.name.capacity() + rule.where.capacity();
  }
  for (const DistinctEntries& entries : distinct_) {
    bytes += entries.listed.capacity() * sizeof(DistinctEntries::Listed) +
             entries.open.capacity() * sizeof(DistinctEntries::Open);
    for (const DistinctEntries::Listed& listed : entries.listed) {
      bytes += listed.requires_entries.capacity() * sizeof(uint32_t);
    }
  }
  return bytes;
}

}  // namespace tokrail
