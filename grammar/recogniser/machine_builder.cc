#include "grammar/recogniser/machine_builder.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.h"

namespace tokrail::recogniser {

std::vector<PositionId> MachineGraph::states_of(MachineId machine) const {
  std::vector<PositionId> found = {machines[machine].start};
  std::unordered_set<PositionId> seen(found.begin(), found.end());
  for (size_t i = 0; i < found.size(); ++i) {
    const State& state = states[found[i]];
    for (const Edge& edge : state.edges) {
      if (seen.insert(edge.to).second) found.push_back(edge.to);
    }
    for (const PositionId to : state.empty) {
      if (seen.insert(to).second) found.push_back(to);
    }
  }
  return found;
}

std::vector<MachineId> MachineGraph::called_by(MachineId machine) const {
  std::vector<MachineId> called;
  const Machine& m = machines[machine];
  if (m.kind == Machine::Kind::kLoop) called.push_back(m.body);
  if (m.kind == Machine::Kind::kDistinct) {
    for (const auto& entry : distinct[m.distinct].listed) called.push_back(entry.rest);
    for (const auto& entry : distinct[m.distinct].open) called.push_back(entry.rest);
  }
  if (m.kind == Machine::Kind::kRule) {
    for (const PositionId state : states_of(machine)) {
      for (const Edge& edge : states[state].edges) {
        if (edge.kind == Edge::Kind::kCall) called.push_back(edge.value);
      }
    }
  }
  std::ranges::sort(called);
  called.erase(std::unique(called.begin(), called.end()), called.end());
  return called;
}

std::vector<MachineId> MachineGraph::left_calls(MachineId machine) const {
  const Machine& m = machines[machine];
  if (m.kind == Machine::Kind::kLoop) return {m.body};
  std::vector<MachineId> called;
  for (const Edge& edge : states[m.start].edges) {
    if (edge.kind == Edge::Kind::kCall) called.push_back(edge.value);
  }
  std::ranges::sort(called);
  called.erase(std::unique(called.begin(), called.end()), called.end());
  return called;
}

void MachineGraph::remove_empty_moves(const std::vector<PositionId>& of, bool over_calls) {
  struct Closed {
    std::vector<Edge> edges;
    bool is_final = false;
  };
  std::vector<Closed> closed(of.size());
  std::vector<PositionId> reached;
  std::unordered_set<PositionId> seen;
  for (size_t i = 0; i < of.size(); ++i) {
    reached.assign(1, of[i]);
    seen.clear();
    seen.insert(of[i]);
    for (size_t k = 0; k < reached.size(); ++k) {
      const State& state = states[reached[k]];
      closed[i].is_final |= state.is_final;
      for (const PositionId to : state.empty) {
        if (seen.insert(to).second) reached.push_back(to);
      }
      for (const Edge& edge : state.edges) {
        closed[i].edges.push_back(edge);
        if (over_calls && edge.kind == Edge::Kind::kCall && machines[edge.value].nullable &&
            seen.insert(edge.to).second) {
          reached.push_back(edge.to);
        }
      }
    }
    auto& edges = closed[i].edges;
    std::ranges::sort(edges);
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  }
  for (size_t i = 0; i < of.size(); ++i) {
    states[of[i]].edges = std::move(closed[i].edges);
    states[of[i]].is_final = closed[i].is_final;
    states[of[i]].empty.clear();
  }
}

void MachineGraph::check(const CompileLimits& limits) const {
  if (states.size() > limits.positions) {
    throw Error(
        ErrorCode::kBudgetExhausted,
        "the grammar needs more than " + std::to_string(limits.positions) + " automaton states");
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
  if (passed.count() > limits.seconds) {
    throw Error(ErrorCode::kBudgetExhausted,
                "compiling the grammar took longer than its limit of " +
                    std::to_string(limits.seconds) + " seconds");
  }
  if (limits.cancel && limits.cancel->load(std::memory_order_relaxed)) {
    throw Error(ErrorCode::kCancelled, "compiling the grammar was cancelled");
  }
}

namespace {

constexpr uint32_t kMaxCopies = 8;  // repetitions that are written out

class Builder {
 public:
  Builder(const Grammar& grammar, RegexSet& regexes, const CompileLimits& limits)
      : grammar_(grammar), regexes_(regexes), limits_(limits) {
    graph_.terminals = grammar.terminals();
    graph_.token_sets = grammar.token_sets();
    for (TerminalId i = 0; i < graph_.terminals.size(); ++i) {
      plain_terminals_.emplace(graph_.terminals[i].regex, kNone);
      if (is_plain(graph_.terminals[i])) plain_terminals_[graph_.terminals[i].regex] = i;
    }
  }

  MachineGraph build() {
    const MachineId start = rule_machine(grammar_.start());
    graph_.machines[start].ignore_at_end = graph_.machines[start].ignore != Grammar::kUndefined;
    // The start is called by nobody, so that its end is the end of the text.
    for (size_t i = 0; i < todo_.size(); ++i) {
      build_body(todo_[i].machine, todo_[i].body);
      graph_.check(limits_);
    }
    separate_start(start);
    find_nullable();
    for (Machine& machine : graph_.machines) {
      const bool may_skip =
          machine.kind == Machine::Kind::kLoop && graph_.machines[machine.body].nullable;
      if (may_skip) machine.min = 0;  // rounds that read nothing are not made
    }
    for (MachineId m = 0; m < graph_.machines.size(); ++m) {
      if (graph_.machines[m].kind == Machine::Kind::kRule) {
        graph_.remove_empty_moves(graph_.states_of(m), true);
      }
      graph_.check(limits_);
    }
    return std::move(graph_);
  }

 private:
  struct Todo {
    MachineId machine;
    ExprId body;
  };
  struct Part {
    ExprId expression;
    PositionId from, to;
  };

  static bool is_plain(const Terminal& terminal) {
    return terminal.lexing == Lexing::kEvery && terminal.capture.empty() && !terminal.max_tokens &&
           !terminal.temperature;
  }

  MachineId add_machine(Machine::Kind kind, TerminalId ignore, RuleId rule) {
    Machine machine;
    machine.kind = kind;
    machine.ignore = ignore;
    machine.rule = rule;
    machine.start = graph_.add_state();
    graph_.machines.push_back(machine);
    return static_cast<MachineId>(graph_.machines.size() - 1);
  }
  MachineId rule_machine(RuleId rule) {
    const auto [at, is_new] = rules_.try_emplace(rule, kNone);
    if (is_new) {
      at->second = add_machine(Machine::Kind::kRule, grammar_.rules()[rule].ignore, rule);
      todo_.push_back({at->second, grammar_.rules()[rule].body});
    }
    return at->second;
  }
  /// A machine for a part of a rule.
  MachineId part_machine(ExprId body, MachineId of) {
    const Machine owner = graph_.machines[of];
    const auto [at, is_new] = parts_.try_emplace({body, owner.ignore}, kNone);
    if (is_new) {
      at->second = add_machine(Machine::Kind::kRule, owner.ignore, owner.rule);
      todo_.push_back({at->second, body});
    }
    return at->second;
  }

  /// The start machine must be no one's callee: its end means the end of the text.
  void separate_start(MachineId start) {
    bool is_called = false;
    for (const auto& state : graph_.states) {
      for (const Edge& edge : state.edges) {
        is_called |= edge.kind == Edge::Kind::kCall && edge.value == start;
      }
    }
    for (const auto& distinct : graph_.distinct) {
      for (const auto& entry : distinct.listed) is_called |= entry.rest == start;
      for (const auto& entry : distinct.open) is_called |= entry.rest == start;
    }
    for (const Machine& machine : graph_.machines) is_called |= machine.body == start;
    if (!is_called) return;
    // Machine `start` gets a new body that calls a copy; all old calls go to the copy.
    const auto copy = static_cast<MachineId>(graph_.machines.size());
    graph_.machines.push_back(graph_.machines[start]);
    graph_.machines[copy].ignore_at_end = false;
    for (auto& state : graph_.states) {
      for (Edge& edge : state.edges) {
        if (edge.kind == Edge::Kind::kCall && edge.value == start) edge.value = copy;
      }
    }
    for (auto& distinct : graph_.distinct) {
      for (auto& entry : distinct.listed) entry.rest = entry.rest == start ? copy : entry.rest;
      for (auto& entry : distinct.open) entry.rest = entry.rest == start ? copy : entry.rest;
    }
    for (Machine& machine : graph_.machines) {
      if (machine.body == start) machine.body = copy;
    }
    const PositionId first = graph_.add_state();
    const PositionId last = graph_.add_state();
    graph_.states[last].is_final = true;
    graph_.states[first].edges.push_back({Edge::Kind::kCall, copy, last});
    graph_.machines[start].start = first;
    graph_.machines[start].kind = Machine::Kind::kRule;
  }

  void build_body(MachineId machine, ExprId body) {
    const PositionId end = graph_.add_state();
    graph_.states[end].is_final = true;
    parts_to_build_.push_back({body, graph_.machines[machine].start, end});
    while (!parts_to_build_.empty()) {
      const Part part = parts_to_build_.back();
      parts_to_build_.pop_back();
      build_part(machine, part);
      if (graph_.states.size() % 1024 == 0) graph_.check(limits_);
    }
  }

  void build_part(MachineId machine, const Part& part) {
    const Grammar::Expression& e = grammar_.expressions()[part.expression];
    switch (e.kind) {
      case Grammar::Kind::kEmpty: graph_.states[part.from].empty.push_back(part.to); break;
      case Grammar::Kind::kNothing: break;
      case Grammar::Kind::kTerminal: build_terminal(e.value, part.from, part.to); break;
      case Grammar::Kind::kRule: {
        const MachineId called = rule_machine(e.value);
        graph_.states[part.from].edges.push_back({Edge::Kind::kCall, called, part.to});
        break;
      }
      case Grammar::Kind::kSequence: build_sequence(e.children, part.from, part.to); break;
      case Grammar::Kind::kChoice:
        for (const ExprId child : e.children) {
          parts_to_build_.push_back({child, part.from, part.to});
        }
        break;
      case Grammar::Kind::kRepeat: build_repeat(machine, e, part.from, part.to); break;
      case Grammar::Kind::kTokens:
        graph_.states[part.from].edges.push_back({Edge::Kind::kTokens, e.value, part.to});
        break;
      case Grammar::Kind::kDistinct: {
        const MachineId called = distinct_machine(machine, e.value);
        graph_.states[part.from].edges.push_back({Edge::Kind::kCall, called, part.to});
        break;
      }
    }
  }

  void build_terminal(TerminalId terminal, PositionId from, PositionId to) {
    graph_.states[from].edges.push_back({Edge::Kind::kTerminal, terminal, to});
    if (regexes_.is_nullable(graph_.terminals[terminal].regex)) {
      graph_.states[from].empty.push_back(to);
    }
  }

  void build_sequence(const std::vector<ExprId>& children, PositionId from, PositionId to) {
    if (children.empty()) {
      graph_.states[from].empty.push_back(to);
      return;
    }
    for (size_t i = 0; i < children.size(); ++i) {
      const PositionId next = i + 1 == children.size() ? to : graph_.add_state();
      parts_to_build_.push_back({children[i], from, next});
      from = next;
    }
  }

  void build_repeat(MachineId machine, const Grammar::Expression& e, PositionId from,
                    PositionId to) {
    const ExprId child = e.children[0];
    const Grammar::Expression& inner = grammar_.expressions()[child];
    if (e.max == 0) {
      graph_.states[from].empty.push_back(to);
      return;
    }
    if (inner.kind == Grammar::Kind::kTerminal && is_plain(graph_.terminals[inner.value]) &&
        e.max > 1) {
      const RegexId repeated = regexes_.repeat(graph_.terminals[inner.value].regex, e.min, e.max);
      build_terminal(plain_terminal(repeated, graph_.terminals[inner.value].name), from, to);
      return;
    }
    const bool unbounded = e.max == Grammar::kUnbounded;
    if (e.min > kMaxCopies || (!unbounded && e.max > kMaxCopies)) {
      const MachineId called = loop_machine(machine, child, e.min, e.max);
      graph_.states[from].edges.push_back({Edge::Kind::kCall, called, to});
      return;
    }
    for (uint32_t i = 0; i < e.min; ++i) {
      const PositionId next = graph_.add_state();
      parts_to_build_.push_back({child, from, next});
      from = next;
    }
    if (unbounded) {
      const PositionId loop = graph_.add_state();
      graph_.states[from].empty.push_back(loop);
      graph_.states[loop].empty.push_back(to);
      parts_to_build_.push_back({child, loop, loop});
      return;
    }
    graph_.states[from].empty.push_back(to);
    for (uint32_t i = e.min; i < e.max; ++i) {
      const PositionId next = graph_.add_state();
      parts_to_build_.push_back({child, from, next});
      graph_.states[next].empty.push_back(to);
      from = next;
    }
  }

  TerminalId plain_terminal(RegexId regex, const std::string& name) {
    const auto [at, is_new] = plain_terminals_.try_emplace(regex, kNone);
    if (at->second == kNone) {
      at->second = static_cast<TerminalId>(graph_.terminals.size());
      graph_.terminals.push_back(Terminal{.name = name, .regex = regex});
    }
    return at->second;
  }

  MachineId loop_machine(MachineId owner, ExprId child, uint32_t min, uint32_t max) {
    const MachineId body = part_machine(child, owner);
    const auto [at, is_new] = loops_.try_emplace({body, min, max}, kNone);
    if (!is_new) return at->second;
    const Machine from = graph_.machines[owner];
    const MachineId loop = add_machine(Machine::Kind::kLoop, from.ignore, from.rule);
    graph_.machines[loop].body = body;
    graph_.machines[loop].min = min;
    graph_.machines[loop].max = max;
    graph_.states[graph_.machines[loop].start].kind = Position::Kind::kLoop;
    return at->second = loop;
  }

  MachineId distinct_machine(MachineId owner, uint32_t index) {
    const Machine from = graph_.machines[owner];
    const auto [at, is_new] = distinct_.try_emplace({index, from.ignore}, kNone);
    if (!is_new) return at->second;
    const MachineId id = add_machine(Machine::Kind::kDistinct, from.ignore, from.rule);
    at->second = id;
    const DistinctEntries& entries = grammar_.distinct_entries()[index];
    DistinctMachine distinct;
    for (const auto& listed : entries.listed) {
      distinct.listed.push_back(
          {listed.key, part_machine(listed.rest, owner), listed.required, listed.requires_entries});
    }
    for (const auto& open : entries.open) {
      distinct.open.push_back({open.key, part_machine(open.rest, owner)});
    }
    distinct.ordered = entries.ordered;
    distinct.distinct_open = entries.distinct_open;
    distinct.sameness = entries.sameness;
    distinct.separator = entries.separator;
    distinct.min = entries.min;
    distinct.max = entries.max;
    distinct.after = graph_.add_state();
    graph_.states[distinct.after].kind = Position::Kind::kDistinctAfter;
    graph_.states[graph_.machines[id].start].kind = Position::Kind::kDistinctKey;
    graph_.machines[id].distinct = static_cast<uint32_t>(graph_.distinct.size());
    graph_.distinct.push_back(std::move(distinct));
    return id;
  }

  void find_nullable() {
    std::vector<std::vector<MachineId>> needed_by(graph_.machines.size());
    for (MachineId m = 0; m < graph_.machines.size(); ++m) {
      for (const MachineId needs : graph_.called_by(m)) needed_by[needs].push_back(m);
    }
    std::vector<MachineId> work(graph_.machines.size());
    for (MachineId m = 0; m < work.size(); ++m) work[m] = m;
    while (!work.empty()) {
      const MachineId m = work.back();
      work.pop_back();
      if (graph_.machines[m].nullable || !is_nullable(m)) continue;
      graph_.machines[m].nullable = true;
      work.insert(work.end(), needed_by[m].begin(), needed_by[m].end());
    }
  }
  bool is_nullable(MachineId m) const {
    const Machine& machine = graph_.machines[m];
    if (machine.kind == Machine::Kind::kLoop) {
      return machine.min == 0 || graph_.machines[machine.body].nullable;
    }
    if (machine.kind == Machine::Kind::kDistinct) {
      const DistinctMachine& distinct = graph_.distinct[machine.distinct];
      return distinct.min == 0 &&
             std::ranges::none_of(distinct.listed, [](const auto& e) { return e.required; });
    }
    std::vector<PositionId> reached = {machine.start};
    std::unordered_set<PositionId> seen(reached.begin(), reached.end());
    for (size_t i = 0; i < reached.size(); ++i) {
      const auto& state = graph_.states[reached[i]];
      if (state.is_final) return true;
      for (const PositionId to : state.empty) {
        if (seen.insert(to).second) reached.push_back(to);
      }
      for (const Edge& edge : state.edges) {
        if (edge.kind == Edge::Kind::kCall && graph_.machines[edge.value].nullable &&
            seen.insert(edge.to).second) {
          reached.push_back(edge.to);
        }
      }
    }
    return false;
  }

  const Grammar& grammar_;
  RegexSet& regexes_;
  const CompileLimits& limits_;
  MachineGraph graph_;
  std::vector<Todo> todo_;
  std::vector<Part> parts_to_build_;
  std::map<RuleId, MachineId> rules_;
  std::map<std::pair<ExprId, TerminalId>, MachineId> parts_;
  std::map<std::tuple<MachineId, uint32_t, uint32_t>, MachineId> loops_;
  std::map<std::pair<uint32_t, TerminalId>, MachineId> distinct_;
  std::unordered_map<RegexId, TerminalId> plain_terminals_;
};

}  // namespace

MachineGraph build_machines(const Grammar& grammar, RegexSet& regexes,
                            const CompileLimits& limits) {
  return Builder(grammar, regexes, limits).build();
}

}  // namespace tokrail::recogniser
