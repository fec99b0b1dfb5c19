#include "grammar/recogniser/left_recursion.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"

namespace tokrail::recogniser {
namespace {

/// Strongly connected components of the left calls, by R. E. Tarjan's algorithm without recursion.
class Cycles {
 public:
  explicit Cycles(const MachineGraph& graph) : graph_(graph) {
    const size_t count = graph.machines.size();
    calls_.resize(count);
    for (MachineId m = 0; m < count; ++m) calls_[m] = graph.left_calls(m);
    index_.assign(count, kNone);
    low_.assign(count, 0);
    on_stack_.assign(count, false);
    for (MachineId m = 0; m < count; ++m) {
      if (index_[m] == kNone) visit(m);
    }
  }
  /// Components that call themselves.
  const std::vector<std::vector<MachineId>>& found() const noexcept { return found_; }

 private:
  struct Frame {
    MachineId machine;
    size_t next_call;
  };
  void enter(MachineId m, std::vector<Frame>& frames) {
    index_[m] = low_[m] = next_index_++;
    stack_.push_back(m);
    on_stack_[m] = true;
    frames.push_back({m, 0});
  }
  void visit(MachineId root) {
    std::vector<Frame> frames;
    enter(root, frames);
    while (!frames.empty()) {
      Frame& frame = frames.back();
      const MachineId m = frame.machine;
      if (frame.next_call < calls_[m].size()) {
        const MachineId called = calls_[m][frame.next_call++];
        if (index_[called] == kNone) {
          enter(called, frames);
        } else if (on_stack_[called]) {
          low_[m] = std::min(low_[m], index_[called]);
        }
        continue;
      }
      if (low_[m] == index_[m]) take_component(m);
      frames.pop_back();
      if (!frames.empty()) {
        low_[frames.back().machine] = std::min(low_[frames.back().machine], low_[m]);
      }
    }
  }
  void take_component(MachineId root) {
    std::vector<MachineId> members;
    do {
      members.push_back(stack_.back());
      on_stack_[stack_.back()] = false;
      stack_.pop_back();
    } while (members.back() != root);
    const bool is_cycle = members.size() > 1 || std::ranges::count(calls_[root], root) > 0;
    if (is_cycle) found_.push_back(std::move(members));
  }

  const MachineGraph& graph_;
  std::vector<std::vector<MachineId>> calls_;
  std::vector<uint32_t> index_, low_;
  std::vector<bool> on_stack_;
  std::vector<MachineId> stack_;
  uint32_t next_index_ = 0;
  std::vector<std::vector<MachineId>> found_;
};

/// Solves the machines of one cycle. For each of them, as the target A, a new automaton:
///
///   start ── any non-recursive beginning of a member j ──► the rest of j ──► done(j)
///   done(j) ── what follows a left call of j in a member k ──► the rest of k ──► done(k)
///   done(A) is final
class CycleSolver {
 public:
  CycleSolver(MachineGraph& graph, const std::vector<MachineId>& members)
      : graph_(graph), members_(members), is_member_(members.begin(), members.end()) {
    for (const MachineId m : members) states_.emplace(m, graph.states_of(m));
  }

  void solve() {
    std::vector<std::pair<MachineId, PositionId>> starts;
    for (const MachineId target : members_) starts.push_back({target, automaton_of(target)});
    for (const auto& [machine, start] : starts) graph_.machines[machine].start = start;
  }

 private:
  bool is_left_call(const Edge& edge) const {
    return edge.kind == Edge::Kind::kCall && is_member_.contains(edge.value);
  }

  PositionId automaton_of(MachineId target) {
    std::unordered_map<PositionId, PositionId> copy;  // states belong to one machine each
    std::unordered_map<MachineId, PositionId> done;
    std::vector<PositionId> fresh;
    const auto add = [&] {
      fresh.push_back(graph_.add_state());
      return fresh.back();
    };
    const PositionId start = add();
    for (const MachineId m : members_) {
      done.emplace(m, add());
      for (const PositionId state : states_.at(m)) copy.emplace(state, add());
    }
    graph_.states[done.at(target)].is_final = true;
    for (const MachineId m : members_) {
      for (const PositionId state : states_.at(m)) {
        const auto edges = graph_.states[state].edges;
        for (Edge edge : edges) {
          edge.to = copy.at(edge.to);
          graph_.states[copy.at(state)].edges.push_back(edge);
        }
        if (graph_.states[state].is_final) {
          graph_.states[copy.at(state)].empty.push_back(done.at(m));
        }
      }
      const auto first_edges = graph_.states[graph_.machines[m].start].edges;
      for (Edge edge : first_edges) {
        const MachineId called = edge.value;
        const bool left = is_left_call(edge);
        edge.to = copy.at(edge.to);
        if (left) {
          graph_.states[done.at(called)].empty.push_back(edge.to);
        } else {
          graph_.states[start].edges.push_back(edge);
        }
      }
    }
    graph_.remove_empty_moves(fresh, false);  // calls were seen to before
    graph_.states[start].is_final = false;
    keep_what_ends(start);
    return start;
  }

  /// Drops edges to states from which no final state is reached.
  void keep_what_ends(PositionId start) {
    std::vector<PositionId> states = {start};
    std::unordered_map<PositionId, std::vector<PositionId>> before;
    std::unordered_set<PositionId> seen = {start}, ending;
    std::vector<PositionId> work;
    for (size_t i = 0; i < states.size(); ++i) {
      const PositionId state = states[i];
      if (graph_.states[state].is_final && ending.insert(state).second) work.push_back(state);
      for (const Edge& edge : graph_.states[state].edges) {
        before[edge.to].push_back(state);
        if (seen.insert(edge.to).second) states.push_back(edge.to);
      }
    }
    while (!work.empty()) {
      const PositionId state = work.back();
      work.pop_back();
      for (const PositionId from : before[state]) {
        if (ending.insert(from).second) work.push_back(from);
      }
    }
    for (const PositionId state : states) {
      std::erase_if(graph_.states[state].edges,
                    [&](const Edge& edge) { return !ending.contains(edge.to); });
    }
  }

  MachineGraph& graph_;
  const std::vector<MachineId>& members_;
  std::unordered_set<MachineId> is_member_;
  std::unordered_map<MachineId, std::vector<PositionId>> states_;
};

}  // namespace

void remove_left_recursion(MachineGraph& graph, const Grammar& grammar,
                           const CompileLimits& limits) {
  const Cycles cycles(graph);
  for (const auto& members : cycles.found()) {
    for (const MachineId m : members) {
      if (graph.machines[m].kind == Machine::Kind::kRule) continue;
      const RuleId rule = graph.machines[m].rule;
      throw Error(ErrorCode::kUnsupported,
                  "rule " + (rule < grammar.rules().size() ? grammar.rules()[rule].name : "?") +
                      " calls itself at its beginning through a counted repetition",
                  rule < grammar.rules().size() ? grammar.rules()[rule].where : "");
    }
    CycleSolver(graph, members).solve();
    graph.check(limits);
  }
}

void loosen_self_calls(MachineGraph& graph) {
  for (MachineId m = 0; m < graph.machines.size(); ++m) {
    if (graph.machines[m].kind != Machine::Kind::kRule) continue;
    const auto states = graph.states_of(m);
    // The edges that every end of the machine has. The start is no end: what is called reads.
    std::vector<Edge> everywhere;
    bool first = true, calls_itself = false;
    for (const PositionId state : states) {
      const auto& edges = graph.states[state].edges;
      for (const Edge& edge : edges) {
        calls_itself |= edge.kind == Edge::Kind::kCall && edge.value == m;
      }
      const bool is_entered =
          state != states[0] || std::ranges::any_of(states, [&](PositionId s) {
            return std::ranges::any_of(graph.states[s].edges,
                                       [&](const Edge& edge) { return edge.to == state; });
          });
      if (!graph.states[state].is_final || !is_entered) continue;
      std::vector<Edge> sorted = edges, both;
      std::ranges::sort(sorted);
      if (first) {
        both = sorted;
      } else {
        std::ranges::set_intersection(everywhere, sorted, std::back_inserter(both));
      }
      everywhere = std::move(both);
      first = false;
    }
    if (!calls_itself || first) continue;
    PositionId returns = kNone;
    for (const PositionId state : states) {
      for (size_t i = 0; i < graph.states[state].edges.size(); ++i) {
        const Edge edge = graph.states[state].edges[i];
        if (edge.kind != Edge::Kind::kCall || edge.value != m) continue;
        const auto& after = graph.states[edge.to];
        const bool adds_nothing =
            after.is_final && std::ranges::all_of(after.edges, [&](const Edge& further) {
              return std::ranges::binary_search(everywhere, further);
            });
        if (!adds_nothing) continue;
        if (returns == kNone) {
          returns = graph.add_state();
          graph.states[returns].is_final = true;
        }
        graph.states[state].edges[i].to = returns;
      }
    }
  }
}

}  // namespace tokrail::recogniser
