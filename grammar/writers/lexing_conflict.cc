#include "grammar/writers/lexing_conflict.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace tokrail {

namespace {

using Kind = Grammar::Kind;

constexpr size_t kMostPairs = 200000;

class Analysis {
 public:
  explicit Analysis(const Grammar& grammar)
      : grammar_(grammar),
        regexes_(grammar.regexes()),
        first_(grammar.expressions().size()),
        nullable_(grammar.expressions().size(), false),
        follow_(grammar.expressions().size()),
        rule_follow_(grammar.rules().size()),
        terminal_follow_(grammar.terminals().size()) {}

  std::optional<std::string> find() {
    find_used();
    find_first();
    find_follow();
    return find_conflict();
  }

 private:
  const std::vector<Grammar::Expression>& expressions() const { return grammar_.expressions(); }

  // Terminals that rules reached from the start use, and what is ignored.
  void find_used() {
    used_.assign(grammar_.terminals().size(), false);
    reached_.assign(expressions().size(), false);
    std::vector<bool> rules(grammar_.rules().size(), false);
    std::vector<RuleId> work = {grammar_.start()};
    rules[grammar_.start()] = true;
    std::vector<ExprId> open;
    for (; !work.empty();) {
      const Grammar::Rule& rule = grammar_.rules()[work.back()];
      work.pop_back();
      if (rule.ignore != Grammar::kUndefined) ignored_.insert(rule.ignore);
      open.push_back(rule.body);
      while (!open.empty()) {
        const ExprId id = open.back();
        open.pop_back();
        if (reached_[id]) continue;
        reached_[id] = true;
        const Grammar::Expression& of = expressions()[id];
        if (of.kind == Kind::kTerminal) used_[of.value] = true;
        if (of.kind == Kind::kRule && !rules[of.value]) {
          rules[of.value] = true;
          work.push_back(of.value);
        }
        open.insert(open.end(), of.children.begin(), of.children.end());
      }
    }
    for (const TerminalId id : ignored_) {
      used_[id] = true;
      ignored_first_ |= regexes_.first_bytes(grammar_.terminals()[id].regex);
    }
  }

  void find_first() {
    for (bool changed = true; changed;) {
      changed = false;
      for (ExprId id = 0; id < expressions().size(); ++id) {
        if (!reached_[id]) continue;
        const auto [bytes, nullable] = first_of(expressions()[id]);
        changed = changed || bytes != first_[id] || nullable != nullable_[id];
        first_[id] = bytes;
        nullable_[id] = nullable;
      }
    }
  }

  std::pair<ByteSet, bool> first_of(const Grammar::Expression& of) {
    ByteSet bytes;
    bool nullable = of.kind == Kind::kEmpty || of.kind == Kind::kSequence;
    switch (of.kind) {
      case Kind::kTerminal: {
        const RegexId regex = grammar_.terminals()[of.value].regex;
        return {regexes_.first_bytes(regex) | ignored_first_, regexes_.is_nullable(regex)};
      }
      case Kind::kTokens: return {ignored_first_, false};
      case Kind::kRule: {
        const ExprId body = grammar_.rules()[of.value].body;
        return {first_[body], nullable_[body]};
      }
      case Kind::kSequence:
        for (const ExprId child : of.children) {
          bytes |= first_[child];
          nullable = nullable_[child];
          if (!nullable) break;
        }
        break;
      case Kind::kChoice:
        for (const ExprId child : of.children) {
          bytes |= first_[child];
          nullable = nullable || nullable_[child];
        }
        break;
      case Kind::kRepeat: return {first_[of.children[0]], of.min == 0 || nullable_[of.children[0]]};
      default: break;
    }
    return {bytes, nullable};
  }

  bool add(ByteSet& to, const ByteSet& bytes) {
    const ByteSet before = to;
    to |= bytes;
    return to != before;
  }

  void find_follow() {
    const bool ignores_at_end = grammar_.rules()[grammar_.start()].ignore != Grammar::kUndefined;
    if (ignores_at_end) rule_follow_[grammar_.start()] = ignored_first_;
    for (bool changed = true; changed;) {
      changed = false;
      for (RuleId id = 0; id < grammar_.rules().size(); ++id) {
        const ExprId body = grammar_.rules()[id].body;
        if (reached_[body]) changed = add(follow_[body], rule_follow_[id]) || changed;
      }
      for (size_t id = expressions().size(); id-- > 0;) {
        if (reached_[id]) changed = pass_on(static_cast<ExprId>(id)) || changed;
      }
    }
    ByteSet any = ignored_first_;
    for (ExprId id = 0; id < expressions().size(); ++id) {
      if (reached_[id]) any |= first_[id];
    }
    for (const TerminalId id : ignored_) terminal_follow_[id] |= behind_ignored(id, any);
  }

  /// Two matches, one behind the other, are one match too.
  bool is_closed(TerminalId id) {
    const auto [at, is_new] = closed_.try_emplace(id, false);
    if (is_new) {
      const RegexId regex = grammar_.terminals()[id].regex;
      at->second = regexes_.is_subset(regexes_.concat({regex, regex}), regex);
    }
    return at->second;
  }
  /// A repetition whose matches may as well be one.
  bool may_join(const Grammar::Expression& repeat) {
    const Grammar::Expression& of = expressions()[repeat.children[0]];
    return repeat.min <= 1 && of.kind == Kind::kTerminal && is_closed(of.value);
  }

  // What is ignored may come again, which does not matter where twice is once.
  ByteSet behind_ignored(TerminalId id, const ByteSet& any) {
    if (ignored_.size() != 1 || !is_closed(id)) return any;
    ByteSet bytes;
    for (TerminalId other = 0; other < used_.size(); ++other) {
      if (used_[other] && other != id) {
        bytes |= regexes_.first_bytes(grammar_.terminals()[other].regex);
      }
    }
    return bytes;
  }

  bool pass_on(ExprId id) {
    const Grammar::Expression& of = expressions()[id];
    ByteSet behind = follow_[id];
    bool changed = false;
    switch (of.kind) {
      case Kind::kTerminal: return add(terminal_follow_[of.value], behind);
      case Kind::kRule: return add(rule_follow_[of.value], behind);
      case Kind::kRepeat:
        if (of.max > 1 && !may_join(of)) behind |= first_[of.children[0]];
        return add(follow_[of.children[0]], behind);
      case Kind::kChoice:
        for (const ExprId child : of.children) changed = add(follow_[child], behind) || changed;
        return changed;
      case Kind::kSequence:
        for (size_t i = of.children.size(); i-- > 0;) {
          const ExprId child = of.children[i];
          changed = add(follow_[child], behind) || changed;
          behind = nullable_[child] ? behind | first_[child] : first_[child];
        }
        return changed;
      default: return false;
    }
  }

  /// Bytes with which something that `id` matches goes on to a match of any terminal; nothing if
  /// the search was given up.
  std::optional<ByteSet> continuation(RegexId from, RegexId any) {
    using Pair = std::pair<RegexId, RegexId>;
    std::vector<Pair> open = {{from, any}};
    std::set<Pair> seen = {open[0]};
    ByteSet bytes;
    bool is_first = true;
    while (!open.empty()) {
      const auto [one, all] = open.back();
      open.pop_back();
      if (++pairs_ > kMostPairs) return std::nullopt;
      // Where a terminal may be empty, that is no match of the lexer.
      if (regexes_.is_nullable(one) && !is_first) bytes |= regexes_.first_bytes(all);
      is_first = false;
      const auto span = regexes_.transitions(one);
      const std::vector<RegexTransition> steps(span.begin(), span.end());
      const auto span2 = regexes_.transitions(all);
      const std::vector<RegexTransition> others(span2.begin(), span2.end());
      for (const RegexTransition& step : steps) {
        for (const RegexTransition& other : others) {
          if ((step.bytes & other.bytes).empty()) continue;
          const Pair next(step.next, other.next);
          if (seen.insert(next).second) open.push_back(next);
        }
      }
    }
    return bytes;
  }

  std::optional<std::string> find_conflict() {
    std::vector<RegexId> all;
    for (TerminalId id = 0; id < used_.size(); ++id) {
      if (!used_[id]) continue;
      const Terminal& terminal = grammar_.terminals()[id];
      if (terminal.priority != 0) return "terminal '" + terminal.name + "' has a priority";
      all.push_back(terminal.regex);
    }
    const RegexId any = regexes_.alternate(all);
    for (TerminalId id = 0; id < used_.size(); ++id) {
      if (!used_[id]) continue;
      const RegexId regex = grammar_.terminals()[id].regex;
      const auto bytes = continuation(regex, any);
      const ByteSet both = bytes ? *bytes & terminal_follow_[id] : ByteSet();
      if (bytes && both.empty()) continue;
      const std::string name =
          "what terminal " + regexes_.to_string(regex).substr(0, 60) + " matches may ";
      if (!bytes) return name + "take too many states";
      return name + "either end or go on with " + regexes_.to_string(regexes_.bytes(both));
    }
    return std::nullopt;
  }

  const Grammar& grammar_;
  RegexSet regexes_;
  std::vector<ByteSet> first_;
  std::vector<bool> nullable_;
  std::vector<ByteSet> follow_, rule_follow_, terminal_follow_;
  std::vector<bool> used_, reached_;
  std::set<TerminalId> ignored_;
  std::map<TerminalId, bool> closed_;
  ByteSet ignored_first_;
  size_t pairs_ = 0;
};

}  // namespace

std::optional<std::string> find_lexing_conflict(const Grammar& grammar) {
  return Analysis(grammar).find();
}

}  // namespace tokrail
