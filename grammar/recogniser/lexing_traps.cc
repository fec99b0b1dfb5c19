#include "grammar/recogniser/lexing_traps.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/bitset.h"
#include "grammar/recogniser/lexer.h"

namespace tokrail::recogniser {
namespace {

constexpr size_t kMostStates = 2000;
constexpr size_t kMostBits = size_t{1} << 22;  // positions * what they may begin with

bool is_longest(const Terminal& terminal) {
  return terminal.lexing == Lexing::kLongest;
}

/// What may be read next at positions: *readings*, terminals with what is ignored before them.
class Follows {
 public:
  explicit Follows(const RuleAutomaton& automaton) : automaton_(automaton) {}

  using Set = std::vector<uint32_t>;  // of readings, a bit each
  struct Reading {
    TerminalId terminal, ignore;
    friend auto operator<=>(const Reading&, const Reading&) = default;
  };

  /// False where that is too much to find.
  bool find() {
    for (const Position& position : automaton_.positions) {
      for (uint32_t i = 0; i < position.edge_count; ++i) {
        const Edge& edge = automaton_.edges[position.first_edge + i];
        if (edge.kind == Edge::Kind::kTerminal) reading(position, edge.value);
      }
    }
    const size_t sets = automaton_.positions.size() + automaton_.machines.size();
    if (sets * readings_.size() > kMostBits) return false;
    const Set none(mask_words(readings_.size()), 0);
    firsts_.assign(automaton_.positions.size(), none);
    after_.assign(automaton_.machines.size(), none);
    for (changed_ = true; changed_;) {
      changed_ = false;
      for (PositionId p = 0; p < automaton_.positions.size(); ++p) look_at(p);
    }
    return true;
  }

  const std::vector<Reading>& readings() const noexcept { return readings_; }

  /// Readings that may come right behind a terminal.
  std::vector<Set> behind_terminals() const {
    std::vector<Set> behind(automaton_.terminals.size(), Set(mask_words(readings_.size()), 0));
    for (const Edge& edge : automaton_.edges) {
      if (edge.kind != Edge::Kind::kTerminal || ends_text(edge.to)) continue;
      mask_or(behind[edge.value], firsts_[edge.to]);
    }
    for (size_t r = 0; r < readings_.size(); ++r) {
      const TerminalId ignore = readings_[r].ignore;
      if (ignore != Grammar::kUndefined) mask_set(behind[ignore], r);
    }
    return behind;
  }

 private:
  /// Nothing has to follow.
  bool ends_text(PositionId p) const {
    const Position& position = automaton_.positions[p];
    return position.machine == automaton_.start && position.is_final &&
           !mask_any(after_[automaton_.start]);
  }
  size_t reading(const Position& position, TerminalId terminal) {
    const Reading r = {terminal, automaton_.machines[position.machine].ignore};
    const auto [known, is_new] = index_.try_emplace(r, readings_.size());
    if (is_new) readings_.push_back(r);
    return known->second;
  }
  void add(Set& to, const Set& from) {
    for (size_t word = 0; word < from.size(); ++word) {
      changed_ |= (from[word] & ~to[word]) != 0;
      to[word] |= from[word];
    }
  }
  void add_call(PositionId p, MachineId callee, PositionId behind) {
    const Machine& machine = automaton_.machines[callee];
    add(firsts_[p], firsts_[machine.start]);
    if (machine.nullable) add(firsts_[p], firsts_[behind]);
    add(after_[callee], firsts_[behind]);
  }
  void look_at(PositionId p) {
    const Position& position = automaton_.positions[p];
    const Machine& machine = automaton_.machines[position.machine];
    for (uint32_t i = 0; i < position.edge_count; ++i) {
      const Edge& edge = automaton_.edges[position.first_edge + i];
      if (edge.kind == Edge::Kind::kCall) add_call(p, edge.value, edge.to);
      if (edge.kind != Edge::Kind::kTerminal) continue;
      const size_t r = reading(position, edge.value);
      changed_ |= !mask_test(firsts_[p], r);
      mask_set(firsts_[p], r);
    }
    if (position.kind == Position::Kind::kLoop) add_call(p, machine.body, p);
    if (position.kind == Position::Kind::kDistinctAfter) {
      // Keys and separators count every match; what is read by their rest may not.
      for (const auto& one : automaton_.distinct[machine.distinct].listed) {
        add(after_[one.rest], after_[position.machine]);
      }
      for (const auto& one : automaton_.distinct[machine.distinct].open) {
        add(after_[one.rest], after_[position.machine]);
      }
    }
    if (position.is_final || position.kind != Position::Kind::kPlain) {
      add(firsts_[p], after_[position.machine]);
    }
  }

  const RuleAutomaton& automaton_;
  std::vector<Reading> readings_;
  std::map<Reading, size_t> index_;
  std::vector<Set> firsts_, after_;
  bool changed_ = false;
};

/// Which bytes can close a terminal, whatever has been read of it.
class Closings {
 public:
  Closings(const RuleAutomaton& automaton, const RegexSet& regexes)
      : automaton_(automaton), lexer_(regexes) {}

  /// False beyond kMostStates.
  bool find() {
    std::vector<OriginId> origins;
    for (const Terminal& terminal : automaton_.terminals) {
      if (is_longest(terminal)) {
        origins.push_back(lexer_.origin(
            {terminal.regex, static_cast<uint32_t>(terminal.lexing), terminal.priority, 0}));
      }
    }
    if (!find_states(lexer_.start(origins))) return false;
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = items_.size(); i-- > 0;) changed |= close_more(items_[i]);
    }
    for (const Item& item : items_) {
      const auto [known, is_new] = closing_.try_emplace(item.origin, item.closing);
      if (!is_new) known->second &= item.closing;
      ends_.try_emplace(item.origin, true).first->second &= item.ends;
    }
    return true;
  }
  /// Bytes that close the terminal in all its states; whether it can always be brought to an end.
  std::pair<ByteSet, bool> of(const Terminal& terminal) {
    const OriginId origin = lexer_.origin(
        {terminal.regex, static_cast<uint32_t>(terminal.lexing), terminal.priority, 0});
    const auto known = closing_.find(origin);
    if (known == closing_.end()) return {ByteSet::all(), true};
    return {known->second, ends_[origin]};
  }
  const ByteSet& first_bytes(const Terminal& terminal) {
    return lexer_.regexes().first_bytes(terminal.regex);
  }

 private:
  struct Item {
    OriginId origin;
    ByteSet closing;  ///< found so far
    bool ends = false;
    std::vector<uint32_t> next;  ///< items of the same terminal one byte on
  };

  /// States of the raw automaton: an item stays although its terminal has ended.
  bool find_states(LexId start) {
    std::map<std::vector<LexItem>, uint32_t> index;
    std::vector<const std::vector<LexItem>*> states;
    std::vector<uint32_t> first_item;
    const auto state_of = [&](std::vector<LexItem> items) {
      const auto [known, is_new] =
          index.try_emplace(std::move(items), static_cast<uint32_t>(states.size()));
      if (is_new) {
        states.push_back(&known->first);
        first_item.push_back(static_cast<uint32_t>(items_.size()));
        for (const LexItem& item : known->first) items_.push_back({item.origin, {}, false, {}});
      }
      return known->second;
    };
    const auto origins = lexer_.items(start);
    state_of({origins.begin(), origins.end()});
    for (uint32_t s = 0; s < states.size(); ++s) {
      if (states.size() > kMostStates) return false;
      const std::vector<LexItem> items = *states[s];
      if (s > 0) note_ends(items, first_item[s]);
      ByteSet done;
      ByteSet first;
      for (const LexItem& item : items) first |= lexer_.regexes().first_bytes(item.rest);
      first.for_each([&](uint8_t byte) {
        if (done.contains(byte)) return;
        std::vector<uint32_t> from;
        std::vector<LexItem> next = step(items, byte, first, done, from);
        const std::vector<LexItem> sorted = sorted_unique(next);
        const uint32_t to = state_of(sorted);
        for (size_t i = 0; i < next.size(); ++i) {
          const auto at = std::ranges::lower_bound(sorted, next[i]) - sorted.begin();
          items_[first_item[s] + from[i]].next.push_back(first_item[to] +
                                                         static_cast<uint32_t>(at));
        }
      });
    }
    return true;
  }
  static std::vector<LexItem> sorted_unique(std::vector<LexItem> items) {
    std::ranges::sort(items);
    items.erase(std::unique(items.begin(), items.end()), items.end());
    return items;
  }
  /// The items after a byte, where each came from, and in `done` all bytes that do the same.
  std::vector<LexItem> step(const std::vector<LexItem>& items, uint8_t byte, const ByteSet& first,
                            ByteSet& done, std::vector<uint32_t>& from) {
    ByteSet alike = first;
    std::vector<LexItem> next;
    for (uint32_t i = 0; i < items.size(); ++i) {
      bool found = false;
      for (const RegexTransition& t : lexer_.regexes().transitions(items[i].rest)) {
        if (!t.bytes.contains(byte)) continue;
        alike &= t.bytes;
        next.push_back({items[i].origin, t.next});
        from.push_back(i);
        found = true;
        break;
      }
      if (!found) alike = alike - lexer_.regexes().first_bytes(items[i].rest);
    }
    done |= alike;
    return next;
  }
  void note_ends(const std::vector<LexItem>& items, uint32_t first_item) {
    ByteSet longer;
    int32_t best = INT32_MIN;
    for (const LexItem& item : items) {
      longer |= lexer_.regexes().first_bytes(item.rest);
      if (lexer_.regexes().is_nullable(item.rest)) {
        best = std::max(best, lexer_.origin(item.origin).priority);
      }
    }
    for (uint32_t i = 0; i < items.size(); ++i) {
      if (!lexer_.regexes().is_nullable(items[i].rest)) continue;
      if (lexer_.origin(items[i].origin).priority != best) continue;
      items_[first_item + i].closing = ByteSet::all() - longer;
      items_[first_item + i].ends = true;
    }
  }
  bool close_more(Item& item) {
    const ByteSet before = item.closing;
    const bool ended = item.ends;
    for (const uint32_t next : item.next) {
      item.closing |= items_[next].closing;
      item.ends |= items_[next].ends;
    }
    return item.closing != before || item.ends != ended;
  }

  const RuleAutomaton& automaton_;
  Lexer lexer_;
  std::vector<Item> items_;
  std::map<OriginId, ByteSet> closing_;
  std::map<OriginId, bool> ends_;
};

}  // namespace

bool may_trap(const RuleAutomaton& automaton, const RegexSet& regexes) {
  if (std::ranges::none_of(automaton.terminals, is_longest)) return false;
  Follows follows(automaton);
  Closings closings(automaton, regexes);
  if (!follows.find() || !closings.find()) return false;
  const auto behind = follows.behind_terminals();
  const auto closes = [&](TerminalId t, TerminalId next) {
    const ByteSet closing = closings.of(automaton.terminals[t]).first;
    return !(closing & closings.first_bytes(automaton.terminals[next])).empty();
  };
  for (TerminalId t = 0; t < automaton.terminals.size(); ++t) {
    if (!is_longest(automaton.terminals[t])) continue;
    if (!closings.of(automaton.terminals[t]).second) return true;
    for (size_t r = 0; r < follows.readings().size(); ++r) {
      if (!mask_test(behind[t], r)) continue;
      const auto& [next, ignore] = follows.readings()[r];
      if (!closes(t, next) &&
          (ignore == Grammar::kUndefined || ignore == t || !closes(t, ignore))) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace tokrail::recogniser
