#include "grammar/passes/expand_distinct.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"

namespace tokrail {

namespace {

using Kind = Grammar::Kind;

/// The entries of one DistinctEntries as an automaton over which were seen.
class Expansion {
 public:
  Expansion(const DistinctEntries& entries, size_t max_states)
      : entries_(entries), max_states_(max_states) {}

  struct State {
    std::vector<bool> seen;
    uint32_t next = 0;   ///< ordered: first entry that may come
    uint32_t count = 0;  ///< entries so far, no more than matters
    bool any = false;    ///< whether there was one, so that a separator comes first
    friend auto operator<=>(const State&, const State&) = default;
  };
  struct Move {
    RegexId key;
    ExprId rest;
    size_t to;
  };

  /// False if there are too many.
  bool build() {
    number({.seen = std::vector<bool>(entries_.listed.size(), false)});
    for (size_t i = 0; i < states_.size(); ++i) {
      if (states_.size() > max_states_) return false;
      moves_.emplace_back();
      add_moves(i);
    }
    find_useful();
    return true;
  }

  size_t size() const { return states_.size(); }
  const std::vector<Move>& moves(size_t state) const { return moves_[state]; }
  bool is_useful(size_t state) const { return useful_[state]; }
  bool has_entry(size_t state) const { return states_[state].any; }

  bool is_complete(size_t index) const {
    const State& state = states_[index];
    if (state.count < entries_.min) return false;
    for (size_t i = 0; i < entries_.listed.size(); ++i) {
      const auto& one = entries_.listed[i];
      if (one.required && !state.seen[i]) return false;
      if (!state.seen[i]) continue;
      for (const uint32_t other : one.requires_entries) {
        if (!state.seen[other]) return false;
      }
    }
    return true;
  }

 private:
  size_t number(State state) {
    const auto [at, is_new] = numbers_.try_emplace(std::move(state), states_.size());
    if (is_new) states_.push_back(at->first);
    return at->second;
  }

  /// Whether a later step asks if the entry was seen.
  bool matters(size_t entry) const {
    const auto& listed = entries_.listed;
    return !entries_.ordered || listed[entry].required || !listed[entry].requires_entries.empty() ||
           std::ranges::any_of(listed, [&](const auto& other) {
             return std::ranges::find(other.requires_entries, entry) !=
                    other.requires_entries.end();
           });
  }

  State after(const State& from) const {
    State to = from;
    to.any = true;
    const bool bounded = entries_.max != RegexSet::kUnbounded;
    to.count = bounded || from.count < entries_.min ? from.count + 1 : from.count;
    return to;
  }

  void add_moves(size_t index) {
    const State from = states_[index];
    if (from.count >= entries_.max) return;
    const auto& listed = entries_.listed;
    for (uint32_t i = from.next; i < listed.size(); ++i) {
      if (from.seen[i]) continue;
      State to = after(from);
      if (matters(i)) to.seen[i] = true;
      if (entries_.ordered) to.next = i + 1;
      moves_[index].push_back({listed[i].key, listed[i].rest, number(std::move(to))});
      if (entries_.ordered && listed[i].required) return;  // it cannot be passed over
    }
    for (const DistinctEntries::Open& one : entries_.open) {
      State to = after(from);
      if (entries_.ordered) to.next = static_cast<uint32_t>(listed.size());
      moves_[index].push_back({one.key, one.rest, number(std::move(to))});
    }
  }

  // From which an end is reached.
  void find_useful() {
    useful_.assign(states_.size(), false);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = states_.size(); i-- > 0;) {
        if (useful_[i]) continue;
        useful_[i] = is_complete(i) || std::ranges::any_of(moves_[i], [&](const Move& move) {
                       return useful_[move.to];
                     });
        changed = changed || useful_[i];
      }
    }
  }

  const DistinctEntries& entries_;
  size_t max_states_;
  std::vector<State> states_;
  std::map<State, size_t> numbers_;
  std::vector<std::vector<Move>> moves_;
  std::vector<bool> useful_;
};

class Expander {
 public:
  Expander(const Grammar& from, const ExpandDistinctOptions& options,
           std::vector<std::string>& warnings)
      : from_(from), options_(options), warnings_(warnings) {}

  Grammar expand() {
    find_owners();
    to_.regexes() = from_.regexes();
    for (const Terminal& terminal : from_.terminals()) to_.add_terminal(terminal);
    for (const Grammar::Rule& rule : from_.rules()) {
      const RuleId id = to_.add_rule(rule.name, rule.where);
      to_.set_ignore(id, rule.ignore);
      to_.rule_data(id).capture = rule.capture;
      to_.rule_data(id).max_tokens = rule.max_tokens;
      to_.rule_data(id).temperature = rule.temperature;
    }
    for (ExprId id = 0; id < from_.expressions().size(); ++id) map_.push_back(copy(id));
    for (RuleId id = 0; id < from_.rules().size(); ++id) {
      to_.define(id, map_[from_.rules()[id].body]);
    }
    to_.set_start(from_.start());
    return std::move(to_);
  }

 private:
  // A rule that each expression belongs to, for its name and for what may be ignored inside.
  void find_owners() {
    const auto& all = from_.expressions();
    owners_.assign(all.size(), Grammar::kUndefined);
    torn_.assign(all.size(), false);
    for (RuleId id = 0; id < from_.rules().size(); ++id) owners_[from_.rules()[id].body] = id;
    for (size_t id = all.size(); id-- > 0;) {
      if (owners_[id] == Grammar::kUndefined) continue;
      const auto own = [&](ExprId child) {
        const bool differs = owners_[child] != Grammar::kUndefined &&
                             ignored(owners_[child]) != ignored(owners_[id]);
        if (differs || torn_[id]) torn_[child] = true;
        owners_[child] = owners_[id];
      };
      for (const ExprId child : all[id].children) own(child);
      if (all[id].kind != Kind::kDistinct) continue;
      const DistinctEntries& entries = from_.distinct_entries()[all[id].value];
      for (const auto& one : entries.listed) own(one.rest);
      for (const auto& one : entries.open) own(one.rest);
    }
  }

  TerminalId ignored(RuleId rule) const { return from_.rules()[rule].ignore; }

  ExprId copy(ExprId id) {
    const Grammar::Expression& of = from_.expressions()[id];
    std::vector<ExprId> children;
    for (const ExprId child : of.children) children.push_back(map_[child]);
    switch (of.kind) {
      case Kind::kEmpty: return to_.empty();
      case Kind::kNothing: return to_.nothing();
      case Kind::kTerminal: return to_.terminal(TerminalId{of.value});
      case Kind::kRule: return to_.rule(of.value);
      case Kind::kSequence: return to_.sequence(children);
      case Kind::kChoice: return to_.choice(children);
      case Kind::kRepeat: return to_.repeat(children[0], of.min, of.max);
      case Kind::kTokens: return to_.tokens(from_.token_sets()[of.value]);
      case Kind::kDistinct: break;
    }
    if (owners_[id] == Grammar::kUndefined) return to_.nothing();  // nobody uses it
    if (torn_[id])
      refuse(from_.rules()[owners_[id]], "entries in rules that ignore different things");
    return distinct(from_.distinct_entries()[of.value], from_.rules()[owners_[id]]);
  }

  [[noreturn]] static void refuse(const Grammar::Rule& owner, const std::string& what) {
    throw Error(ErrorCode::kUnsupported, "rule '" + owner.name + "': " + what, owner.where);
  }

  ExprId distinct(const DistinctEntries& entries, const Grammar::Rule& owner) {
    if (!entries.open.empty() && entries.distinct_open && entries.max > 1) {
      const std::string what =
          "entries with any key must differ from each other, which rules "
          "cannot say";
      if (!options_.lenient) refuse(owner, what);
      warnings_.push_back("rule '" + owner.name + "': " + what + "; they may repeat");
    }
    Expansion expansion(entries, options_.max_rules);
    if (!expansion.build()) {
      refuse(owner, std::to_string(entries.listed.size()) + " entries need more than " +
                        std::to_string(options_.max_rules) + " rules");
    }
    if (!expansion.is_useful(0)) return to_.nothing();
    std::vector<RuleId> rules(expansion.size(), Grammar::kUndefined);
    for (size_t i = 0; i < rules.size(); ++i) {
      if (!expansion.is_useful(i)) continue;
      rules[i] = to_.add_rule(owner.name + "-entries-" + std::to_string(i), owner.where);
      to_.set_ignore(rules[i], owner.ignore);
    }
    const ExprId separator = to_.regex(entries.separator);
    for (size_t i = 0; i < rules.size(); ++i) {
      if (rules[i] == Grammar::kUndefined) continue;
      std::vector<ExprId> choices;
      for (const Expansion::Move& move : expansion.moves(i)) {
        if (!expansion.is_useful(move.to)) continue;
        choices.push_back(
            to_.sequence({expansion.has_entry(i) ? separator : to_.empty(), to_.regex(move.key),
                          map_[move.rest], to_.rule(rules[move.to])}));
      }
      if (expansion.is_complete(i)) choices.push_back(to_.empty());
      to_.define(rules[i], to_.choice(choices));
    }
    return to_.rule(rules[0]);
  }

  const Grammar& from_;
  const ExpandDistinctOptions& options_;
  std::vector<std::string>& warnings_;
  Grammar to_;
  std::vector<ExprId> map_;
  std::vector<RuleId> owners_;
  std::vector<bool> torn_;  ///< belongs to rules that ignore different things
};

}  // namespace

Grammar expand_distinct(const Grammar& grammar, const ExpandDistinctOptions& options,
                        std::vector<std::string>& warnings) {
  grammar.check();
  return Expander(grammar, options, warnings).expand();
}

}  // namespace tokrail
