#include "grammar/recogniser/end_distances.h"

namespace tokrail::recogniser {

// Sweeps until nothing falls any more: as many as shortest texts are nested deep.
void EndDistances::find_positions(const RuleAutomaton& automaton) {
  positions_.assign(automaton.positions.size(), kFar);
  for (PositionId id = 0; id < automaton.positions.size(); ++id) {
    const Position& position = automaton.positions[id];
    if (position.is_final || position.kind != Position::Kind::kPlain) positions_[id] = 0;
  }
  const auto of_machine = [&](MachineId id) {
    const Machine& machine = automaton.machines[id];
    // Called machines read something.
    return machine.kind == Machine::Kind::kRule ? std::max<uint32_t>(positions_[machine.start], 1)
                                                : uint32_t{1};
  };
  for (bool falls = true; falls;) {
    falls = false;
    for (PositionId id = static_cast<PositionId>(positions_.size()); id-- > 0;) {
      for (const Edge& edge : automaton.edges_of(id)) {
        const uint32_t first = edge.kind == Edge::Kind::kCall ? of_machine(edge.value) : 1;
        const uint32_t through = std::min(first + positions_[edge.to], kFar);
        if (through < positions_[id]) {
          positions_[id] = through;
          falls = true;
        }
      }
    }
  }
}

}  // namespace tokrail::recogniser
