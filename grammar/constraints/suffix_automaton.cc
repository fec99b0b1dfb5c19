#include "grammar/constraints/suffix_automaton.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace tokrail {

/// States with their edges as lists. States with many, which are asked for most, have a table.
struct SuffixAutomaton::Builder {
  struct Edge {
    uint32_t target, after;
    uint16_t symbol;
  };
  struct State {
    uint32_t link, length, bytes_left, edges;
    uint32_t count = 0;      ///< of the edges
    uint32_t table = kNone;  ///< begins at this number times kMark + 1
  };
  static constexpr uint32_t kFew = 6;

  explicit Builder(size_t symbols) {
    states.reserve(symbols * 3 / 2 + 2);
    edges.reserve(symbols * 2 + 2);
    states.push_back({kNone, 0, 0, kNone});
    most_tables = 1024 + symbols / 128;
  }

  uint32_t* find(uint32_t state, uint16_t symbol) noexcept {
    if (const uint32_t table = states[state].table; table != kNone) {
      const uint32_t edge = tables[size_t{table} * (kMark + 1) + symbol];
      return edge == kNone ? nullptr : &edges[edge].target;
    }
    for (uint32_t edge = states[state].edges; edge != kNone; edge = edges[edge].after) {
      if (edges[edge].symbol == symbol) return &edges[edge].target;
    }
    return nullptr;
  }
  void add(uint32_t state, uint16_t symbol, uint32_t target) {
    State& from = states[state];
    const auto edge = static_cast<uint32_t>(edges.size());
    edges.push_back({target, from.edges, symbol});
    from.edges = edge;
    ++from.count;
    if (from.table != kNone) {
      tables[size_t{from.table} * (kMark + 1) + symbol] = edge;
    } else if (from.count > kFew && tables.size() / (kMark + 1) < most_tables) {
      make_table(from);
    }
  }
  void make_table(State& state) {
    state.table = static_cast<uint32_t>(tables.size() / (kMark + 1));
    tables.resize(tables.size() + kMark + 1, kNone);
    uint32_t* const table = &tables[size_t{state.table} * (kMark + 1)];
    for (uint32_t edge = state.edges; edge != kNone; edge = edges[edge].after) {
      table[edges[edge].symbol] = edge;
    }
  }
  uint32_t clone(uint32_t state, uint32_t length) {
    const auto copy = static_cast<uint32_t>(states.size());
    State twin = states[state];
    twin.length = length;
    twin.edges = kNone;
    twin.count = 0;
    twin.table = kNone;
    states.push_back(twin);
    for (uint32_t edge = states[state].edges; edge != kNone; edge = edges[edge].after) {
      const Edge one = edges[edge];
      add(copy, one.symbol, one.target);
    }
    return copy;
  }
  void extend(uint16_t symbol, uint32_t bytes_left) {
    const auto now = static_cast<uint32_t>(states.size());
    states.push_back({kRoot, states[last].length + 1, bytes_left, kNone});
    uint32_t from = last;
    last = now;
    uint32_t* found = nullptr;
    for (; from != kNone && (found = find(from, symbol)) == nullptr; from = states[from].link) {
      add(from, symbol, now);
    }
    if (from == kNone) return;
    const uint32_t target = *found;
    if (states[target].length == states[from].length + 1) {
      states[now].link = target;
      return;
    }
    const uint32_t copy = clone(target, states[from].length + 1);
    states[target].link = copy;
    states[now].link = copy;
    for (; from != kNone; from = states[from].link) {
      uint32_t* const edge = find(from, symbol);
      if (edge == nullptr || *edge != target) break;
      *edge = copy;
    }
  }

  std::vector<State> states;
  std::vector<Edge> edges;
  std::vector<uint32_t> tables;  ///< edges by symbol
  size_t most_tables = 0;
  uint32_t last = kRoot;
};

SuffixAutomaton::SuffixAutomaton(std::string_view text, std::span<const uint32_t> marks) {
  Builder builder(text.size() + marks.size());
  builder.states[kRoot].bytes_left = static_cast<uint32_t>(text.size());
  auto mark = marks.begin();
  for (size_t i = 0; i <= text.size(); ++i) {
    const auto left = static_cast<uint32_t>(text.size() - i);
    if (mark != marks.end() && *mark == i) {
      builder.extend(kMark, left);
      ++mark;
    }
    if (i < text.size()) builder.extend(static_cast<uint8_t>(text[i]), left - 1);
  }
  const size_t count = builder.states.size();
  first_edge_.reserve(count + 1);
  symbols_.reserve(builder.edges.size());
  targets_.reserve(builder.edges.size());
  std::vector<uint32_t> lengths(count);
  std::vector<std::pair<uint16_t, uint32_t>> edges;
  for (uint32_t state = 0; state < count; ++state) {
    edges.clear();
    for (uint32_t edge = builder.states[state].edges; edge != kNone;
         edge = builder.edges[edge].after) {
      edges.emplace_back(builder.edges[edge].symbol, builder.edges[edge].target);
    }
    if (edges.size() > 1) std::ranges::sort(edges);
    first_edge_.push_back(static_cast<uint32_t>(symbols_.size()));
    for (const auto& [symbol, target] : edges) {
      symbols_.push_back(symbol);
      targets_.push_back(target);
    }
    bytes_left_.push_back(builder.states[state].bytes_left);
    lengths[state] = builder.states[state].length;
  }
  first_edge_.push_back(static_cast<uint32_t>(symbols_.size()));
  if (!marks.empty()) find_ways_to_marks(lengths);
}

// Edges lead to longer substrings: the longest first.
void SuffixAutomaton::find_ways_to_marks(std::span<const uint32_t> lengths) {
  const size_t count = lengths.size();
  std::vector<uint32_t> order(count), begin(*std::ranges::max_element(lengths) + 2, 0);
  for (const uint32_t length : lengths) ++begin[length + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  for (uint32_t state = 0; state < count; ++state) order[begin[lengths[state]]++] = state;
  to_mark_.assign(count, kNone);
  for (size_t i = count; i > 0; --i) {
    const uint32_t state = order[i - 1];
    for (uint32_t edge = first_edge_[state]; edge < first_edge_[state + 1]; ++edge) {
      const uint32_t behind = symbols_[edge] == kMark ? 0 : to_mark_[targets_[edge]];
      if (behind == kNone) continue;
      to_mark_[state] = std::min(to_mark_[state], behind + (symbols_[edge] == kMark ? 0 : 1));
    }
    if (to_mark_[state] != kNone) {
      longest_to_mark_ = std::max<size_t>(longest_to_mark_, to_mark_[state]);
    }
  }
}

uint32_t SuffixAutomaton::next(uint32_t state, uint16_t symbol) const noexcept {
  const auto begin = symbols_.begin() + first_edge_[state];
  const auto end = symbols_.begin() + first_edge_[state + 1];
  const auto at = std::lower_bound(begin, end, symbol);
  return at != end && *at == symbol ? targets_[static_cast<size_t>(at - symbols_.begin())] : kNone;
}

ByteSet SuffixAutomaton::next_bytes(uint32_t state) const noexcept {
  ByteSet bytes;
  for (uint32_t edge = first_edge_[state]; edge < first_edge_[state + 1]; ++edge) {
    if (symbols_[edge] != kMark) bytes.add(static_cast<uint8_t>(symbols_[edge]));
  }
  return bytes;
}

size_t SuffixAutomaton::memory() const noexcept {
  return (first_edge_.size() + targets_.size() + bytes_left_.size() + to_mark_.size()) * 4 +
         symbols_.size() * 2;
}

}  // namespace tokrail
