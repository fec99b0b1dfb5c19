// EndDistances: about how many terminals a text still needs to its end, to search in a good order.
//
// A number per position (terminals to the end of its machine, at least) and per stack (the least
// over its items). Counted repetition and distinct entries count as if nothing more were needed of
// them, so numbers are never too large. Found when first asked for. Internal to the module.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "grammar/recogniser/rule_automaton.h"

namespace tokrail::recogniser {

class EndDistances {
 public:
  /// Always of the same automaton. stacks[id] are the items of a stack (position, below); those
  /// below have smaller numbers.
  template <typename Stacks>
  uint32_t to_end(uint32_t stack, const Stacks& stacks, const RuleAutomaton& automaton) {
    if (positions_.empty()) find_positions(automaton);
    while (stacks_.size() <= stack) {
      uint32_t least = stacks_.empty() ? 0 : kFar;
      for (const auto& item : stacks[static_cast<uint32_t>(stacks_.size())]) {
        least = std::min(least, positions_[item.position] + stacks_[item.below]);
      }
      stacks_.push_back(std::min(least, kFar));
    }
    return stacks_[stack];
  }
  size_t memory() const noexcept {
    return (positions_.capacity() + stacks_.capacity()) * sizeof(uint32_t);
  }

 private:
  static constexpr uint32_t kFar = uint32_t{1} << 30;
  void find_positions(const RuleAutomaton& automaton);

  std::vector<uint32_t> positions_, stacks_;
};

}  // namespace tokrail::recogniser
