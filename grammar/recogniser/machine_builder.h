// MachineGraph: the machines of a grammar while they are being compiled, and the step from rules to
// it. See rule_automaton.h. Internal to the module.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "grammar/compiled_grammar.h"
#include "grammar/grammar.h"
#include "grammar/recogniser/rule_automaton.h"

namespace tokrail::recogniser {

struct MachineGraph {
  struct State {
    Position::Kind kind = Position::Kind::kPlain;
    bool is_final = false;
    std::vector<Edge> edges;
    std::vector<PositionId> empty;  ///< moves that read nothing, until they are removed
  };
  std::vector<State> states;
  std::vector<Machine> machines;
  std::vector<DistinctMachine> distinct;
  std::vector<Terminal> terminals;
  std::vector<TokenSet> token_sets;
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();

  PositionId add_state() {
    states.emplace_back();
    return static_cast<PositionId>(states.size() - 1);
  }
  /// States reached from the machine's start by its own edges and empty moves, the start first.
  std::vector<PositionId> states_of(MachineId machine) const;
  /// Machines whose language a machine is made of.
  std::vector<MachineId> called_by(MachineId machine) const;
  /// Machines called before anything is read. Empty moves must have been removed.
  std::vector<MachineId> left_calls(MachineId machine) const;
  /// Replaces empty moves of these states by the edges behind them; `over_calls`: calls of machines
  /// that may match nothing are such moves too.
  void remove_empty_moves(const std::vector<PositionId>& of, bool over_calls);
  /// Throws if there are more states than allowed, time is up, or the caller has cancelled.
  void check(const CompileLimits& limits) const;
};

/// Machine 0 is the start. Empty moves are removed, `nullable` is known.
MachineGraph build_machines(const Grammar& grammar, RegexSet& regexes, const CompileLimits& limits);

}  // namespace tokrail::recogniser
