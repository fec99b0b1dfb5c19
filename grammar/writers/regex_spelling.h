// How an expression over bytes can be spelled in a notation of characters. Internal to the module.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "grammar/constraints/character_steps.h"
#include "grammar/regex/regex_set.h"

namespace tokrail {

class RegexSpelling {
 public:
  enum class Way : uint8_t {
    kClass,      ///< one character of a set
    kStructure,  ///< by its kind, and its operands in their ways
    kAutomaton,  ///< as states that characters lead to
    kNone,       ///< not in characters, or with too many states
  };

  /// kRules: automata may have loops, and there is neither & nor ~. kTerminals: the other way
  /// round.
  enum class Target : uint8_t { kRules, kTerminals };

  RegexSpelling(RegexSet& set, size_t max_states, Target target)
      : set_(set), steps_(set), limit_(max_states), target_(target) {}

  Way way(RegexId id);
  /// The characters of a kClass; else null.
  const CodePointRanges* as_class(RegexId id);
  /// Of a state of a kAutomaton.
  std::vector<CharacterStep> steps(RegexId id) { return *steps_.steps(id); }

 private:
  Way decide(RegexId id);
  bool has_automaton(RegexId id);

  RegexSet& set_;
  CharacterSteps steps_;
  size_t limit_;
  Target target_;
  std::unordered_map<RegexId, Way> ways_;
  std::unordered_map<RegexId, CodePointRanges> classes_;
};

}  // namespace tokrail
