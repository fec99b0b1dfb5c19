// Morphotactics: the graph of a pack with empty arcs compiled away.
//
// States that only empty arcs lead to are gone: what they could do, the states before them do.
// Errors: Error(kInvalidFile) with file:line. Complexity: O(states * arcs). Internal to language
// packs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tokenizers/morphology/language.h"
#include "tokenizers/morphology/language_source.h"

namespace tokrail {

struct Morphotactics {
  struct State {
    std::string name;
    std::vector<MorphArc> arcs;  ///< in order of suffix, state, tag
    std::vector<PosId> joins;    ///< in order
    bool is_final = false;
  };
  std::vector<State> states;
  std::vector<std::string> tags;
  std::vector<std::string> pos_names;
  std::vector<MorphState> pos_states;  ///< by pos
  std::vector<MorphState> unknown;
  MorphState numeral = 0xFFFF;  ///< Language::kNoState
};

Morphotactics compile_morphotactics(const LanguageSource& source);

}  // namespace tokrail
