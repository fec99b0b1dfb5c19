#include "grammar/recogniser/rule_automaton.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "grammar/recogniser/left_recursion.h"
#include "grammar/recogniser/machine_builder.h"
#include "grammar/recogniser/regex_forms.h"

namespace tokrail::recogniser {
namespace {

/// Which machines can match something that is not empty, from below; and what that leaves of each.
class Productivity {
 public:
  Productivity(MachineGraph& graph, RegexSet& regexes, const CompileLimits& limits)
      : graph_(graph), regexes_(regexes), limits_(limits) {
    productive_.assign(graph.machines.size(), false);
    terminal_works_.reserve(graph.terminals.size());
    for (const Terminal& terminal : graph.terminals) {
      terminal_works_.push_back(!regexes.transitions(terminal.regex).empty());
    }
  }

  /// Drops what cannot come to an end. Returns whether machine `start` can.
  bool prune(MachineId start) {
    find_productive();
    for (MachineId m = 0; m < graph_.machines.size(); ++m) {
      if (graph_.machines[m].kind == Machine::Kind::kRule) prune_states(m);
    }
    for (DistinctMachine& distinct : graph_.distinct) prune_entries(distinct);
    return productive_[start];
  }

 private:
  bool works(const Edge& edge) const {
    switch (edge.kind) {
      case Edge::Kind::kTerminal: return terminal_works_[edge.value];
      case Edge::Kind::kCall: return productive_[edge.value];
      case Edge::Kind::kTokens: return true;
    }
    return false;
  }
  bool entry_works(RegexId key, MachineId rest) const {
    return !regexes_.transitions(key).empty() &&
           (productive_[rest] || graph_.machines[rest].nullable);
  }

  void find_productive() {
    // A machine is looked at again when one that it needs turns out to be productive.
    std::vector<std::vector<MachineId>> needed_by(graph_.machines.size());
    for (MachineId m = 0; m < graph_.machines.size(); ++m) {
      for (const MachineId needs : graph_.called_by(m)) needed_by[needs].push_back(m);
    }
    std::vector<MachineId> work(graph_.machines.size());
    for (MachineId m = 0; m < work.size(); ++m)
      work[m] = static_cast<MachineId>(work.size()) - 1 - m;
    for (size_t looked = 0; !work.empty(); ++looked) {
      if (looked % 256 == 0) graph_.check(limits_);
      const MachineId m = work.back();
      work.pop_back();
      if (productive_[m] || !is_productive(m)) continue;
      productive_[m] = true;
      work.insert(work.end(), needed_by[m].begin(), needed_by[m].end());
    }
  }

  bool is_productive(MachineId m) const {
    const Machine& machine = graph_.machines[m];
    switch (machine.kind) {
      case Machine::Kind::kRule: {
        const auto reaching = states_that_end(m);
        return std::ranges::any_of(graph_.states[machine.start].edges, [&](const Edge& edge) {
          return works(edge) && reaching.contains(edge.to);
        });
      }
      case Machine::Kind::kLoop: return productive_[machine.body];
      case Machine::Kind::kDistinct: return is_productive(graph_.distinct[machine.distinct]);
    }
    return false;
  }
  bool is_productive(const DistinctMachine& distinct) const {
    std::vector<uint32_t> required;
    for (uint32_t i = 0; i < distinct.listed.size(); ++i) {
      if (distinct.listed[i].required) required.push_back(i);
    }
    const auto always = entries_with(distinct, required);
    if (!always || *always > distinct.max) return false;
    const bool has_open = std::ranges::any_of(
        distinct.open, [&](const auto& open) { return entry_works(open.key, open.rest); });
    uint32_t possible = 0;
    for (uint32_t i = 0; i < distinct.listed.size(); ++i) {
      auto with = required;
      with.push_back(i);
      const auto count = entries_with(distinct, with);
      possible += count && *count <= distinct.max ? 1 : 0;
    }
    if (has_open) return possible > 0 || *always < distinct.max;
    return possible > 0 && possible >= distinct.min;
  }
  /// How many entries these ones make necessary, themselves included; nothing if one cannot be.
  std::optional<uint32_t> entries_with(const DistinctMachine& distinct,
                                       std::vector<uint32_t> work) const {
    std::vector<bool> marked(distinct.listed.size(), false);
    uint32_t count = 0;
    while (!work.empty()) {
      const uint32_t entry = work.back();
      work.pop_back();
      if (marked[entry]) continue;
      marked[entry] = true;
      ++count;
      if (!entry_works(distinct.listed[entry].key, distinct.listed[entry].rest)) {
        return std::nullopt;
      }
      const auto& more = distinct.listed[entry].requires_entries;
      work.insert(work.end(), more.begin(), more.end());
    }
    return count;
  }

  /// States of a machine from which a final state is reached.
  std::set<PositionId> states_that_end(MachineId m) const {
    std::map<PositionId, std::vector<PositionId>> before;
    std::set<PositionId> reaching;
    std::vector<PositionId> work;
    for (const PositionId state : graph_.states_of(m)) {
      if (graph_.states[state].is_final) {
        reaching.insert(state);
        work.push_back(state);
      }
      for (const Edge& edge : graph_.states[state].edges) {
        if (works(edge)) before[edge.to].push_back(state);
      }
    }
    while (!work.empty()) {
      const PositionId state = work.back();
      work.pop_back();
      for (const PositionId from : before[state]) {
        if (reaching.insert(from).second) work.push_back(from);
      }
    }
    return reaching;
  }

  void prune_states(MachineId m) {
    const auto reaching = states_that_end(m);
    for (const PositionId state : graph_.states_of(m)) {
      std::erase_if(graph_.states[state].edges,
                    [&](const Edge& edge) { return !works(edge) || !reaching.contains(edge.to); });
    }
  }

  void prune_entries(DistinctMachine& distinct) {
    // An entry that needs an impossible one is impossible too; ids of entries stay.
    std::vector<bool> possible(distinct.listed.size());
    for (size_t i = 0; i < possible.size(); ++i) {
      possible[i] = entry_works(distinct.listed[i].key, distinct.listed[i].rest);
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < possible.size(); ++i) {
        if (possible[i] && std::ranges::any_of(distinct.listed[i].requires_entries,
                                               [&](uint32_t other) { return !possible[other]; })) {
          possible[i] = false;
          changed = true;
        }
      }
    }
    for (size_t i = 0; i < possible.size(); ++i) {
      if (!possible[i]) distinct.listed[i].key = RegexSet::kNothing;
    }
    std::erase_if(distinct.open,
                  [&](const auto& open) { return !entry_works(open.key, open.rest); });
  }

  MachineGraph& graph_;
  RegexSet& regexes_;
  const CompileLimits& limits_;
  std::vector<bool> productive_, terminal_works_;
};

/// Depth of left calls: a machine's rank is above that of everything that calls it at its start.
void assign_ranks(MachineGraph& graph) {
  const size_t count = graph.machines.size();
  std::vector<uint32_t> callers(count, 0);
  for (MachineId m = 0; m < count; ++m) {
    for (const MachineId called : graph.left_calls(m)) ++callers[called];
  }
  std::vector<MachineId> ready;
  for (MachineId m = 0; m < count; ++m) {
    if (callers[m] == 0) ready.push_back(m);
  }
  while (!ready.empty()) {
    const MachineId m = ready.back();
    ready.pop_back();
    for (const MachineId called : graph.left_calls(m)) {
      graph.machines[called].rank =
          std::max(graph.machines[called].rank, graph.machines[m].rank + 1);
      if (--callers[called] == 0) ready.push_back(called);
    }
  }
}

/// What can be reached from the start, numbered densely.
class Packer {
 public:
  explicit Packer(MachineGraph& graph) : graph_(graph) {
    machine_ids_.assign(graph.machines.size(), kNone);
    position_ids_.assign(graph.states.size(), kNone);
  }

  RuleAutomaton pack(MachineId start) {
    result_.start = machine(start);
    while (!open_positions_.empty()) {
      const PositionId from = open_positions_.back();
      open_positions_.pop_back();
      place_edges(from);
    }
    result_.matches_empty = graph_.machines[start].nullable;
    result_.terminals = std::move(graph_.terminals);
    result_.token_sets = std::move(graph_.token_sets);
    return std::move(result_);
  }

 private:
  MachineId machine(MachineId old) {
    if (machine_ids_[old] != kNone) return machine_ids_[old];
    const auto id = static_cast<MachineId>(result_.machines.size());
    machine_ids_[old] = id;
    result_.machines.push_back(graph_.machines[old]);
    const PositionId start = position(graph_.machines[old].start, id);
    result_.machines[id].start = start;
    if (graph_.machines[old].kind == Machine::Kind::kLoop) {
      const MachineId body = machine(graph_.machines[old].body);
      result_.machines[id].body = body;
    }
    if (graph_.machines[old].kind == Machine::Kind::kDistinct) {
      DistinctMachine distinct = graph_.distinct[graph_.machines[old].distinct];
      for (auto& entry : distinct.listed) entry.rest = machine(entry.rest);
      for (auto& entry : distinct.open) entry.rest = machine(entry.rest);
      distinct.after = position(distinct.after, id);
      result_.machines[id].distinct = static_cast<uint32_t>(result_.distinct.size());
      result_.distinct.push_back(std::move(distinct));
    }
    return id;
  }
  PositionId position(PositionId old, MachineId owner) {
    if (position_ids_[old] != kNone) return position_ids_[old];
    const auto id = static_cast<PositionId>(result_.positions.size());
    position_ids_[old] = id;
    Position position;
    position.kind = graph_.states[old].kind;
    position.is_final = graph_.states[old].is_final;
    position.machine = owner;
    result_.positions.push_back(position);
    open_positions_.push_back(old);
    return id;
  }
  void place_edges(PositionId old) {
    const PositionId id = position_ids_[old];
    const MachineId owner = result_.positions[id].machine;
    std::vector<Edge> edges = graph_.states[old].edges;
    for (Edge& edge : edges) {
      if (edge.kind == Edge::Kind::kCall) edge.value = machine(edge.value);
      edge.to = position(edge.to, owner);
    }
    std::ranges::sort(edges);
    result_.positions[id].first_edge = static_cast<uint32_t>(result_.edges.size());
    result_.positions[id].edge_count = static_cast<uint32_t>(edges.size());
    result_.edges.insert(result_.edges.end(), edges.begin(), edges.end());
  }

  MachineGraph& graph_;
  RuleAutomaton result_;
  std::vector<MachineId> machine_ids_;
  std::vector<PositionId> position_ids_;
  std::vector<PositionId> open_positions_;
};

}  // namespace

namespace {

/// Edges on a shortest way through a machine, each of at least one byte.
uint32_t shortest_way(const RuleAutomaton& automaton, MachineId id) {
  const Machine& machine = automaton.machines[id];
  if (machine.nullable) return 0;
  if (machine.kind != Machine::Kind::kRule) return 1;
  std::vector<PositionId> reached = {machine.start};
  std::vector<uint32_t> edges = {0};
  for (size_t i = 0; i < reached.size(); ++i) {
    if (edges[i] > 0 && automaton.positions[reached[i]].is_final) return edges[i];
    for (const Edge& edge : automaton.edges_of(reached[i])) {
      if (std::ranges::count(reached, edge.to) > 0) continue;
      reached.push_back(edge.to);
      edges.push_back(edges[i] + 1);
    }
  }
  return 1;
}

uint32_t bytes_to_next_key(const RuleAutomaton& automaton, const RegexSet& regexes) {
  uint32_t fewest = kNone;
  for (const DistinctMachine& distinct : automaton.distinct) {
    const uint32_t separator = regexes.is_nullable(distinct.separator) ? 0 : 1;
    const bool many = std::ranges::all_of(
        distinct.open, [&](const auto& open) { return has_many_keys(regexes, open.key); });
    // Both quotes of the next key; else already the separator shows whether a key is left.
    const uint32_t of_key = many ? 2 : 0;
    for (const auto& open : distinct.open) {
      fewest = std::min(fewest, shortest_way(automaton, open.rest) + separator + of_key);
    }
  }
  return fewest;
}

}  // namespace

size_t RuleAutomaton::memory() const noexcept {
  return positions.capacity() * sizeof(Position) + edges.capacity() * sizeof(Edge) +
         machines.capacity() * sizeof(Machine) + terminals.capacity() * sizeof(Terminal);
}

RuleAutomaton compile_rules(const Grammar& grammar, RegexSet& regexes,
                            const CompileLimits& limits) {
  grammar.check();
  MachineGraph graph = build_machines(grammar, regexes, limits);
  const MachineId start = 0;
  const bool nullable = graph.machines[start].nullable;
  if (!Productivity(graph, regexes, limits).prune(start) && !nullable) {
    throw Error(ErrorCode::kInvalidArgument,
                "the language of the grammar is empty: no text can ever be complete",
                grammar.rules()[grammar.start()].where);
  }
  remove_left_recursion(graph, grammar, limits);
  loosen_self_calls(graph);
  assign_ranks(graph);
  RuleAutomaton automaton = Packer(graph).pack(start);
  automaton.bytes_to_next_key = bytes_to_next_key(automaton, regexes);
  return automaton;
}

}  // namespace tokrail::recogniser
