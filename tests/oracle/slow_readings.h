// Readings of words straight from their definition: every stem and every suffix is tried at every
// place, one after the other, by recursion. MorphLattice and Analyser are held against this.
//
// Complexity: exponential in the length of the word, and linear in the size of the lexicon.
#pragma once

#include <string_view>
#include <vector>

#include "tokenizers/morphology/analyser.h"

namespace tokrail {

/// All derivations of a word; a reading that leads through several states occurs as often.
std::vector<std::vector<Morph>> slow_readings(const Language& language,
                                              const MorphLattice::Options& options,
                                              std::string_view word);

/// The cost of a reading, from its morphs alone.
MorphCost slow_cost(const Language& language, const MorphCosts& costs, std::string_view word,
                    const std::vector<Morph>& morphs);

/// Different readings with their costs, in the order that Analyser promises.
std::vector<Analysis> slow_ranking(const Language& language, const MorphCosts& costs,
                                   std::string_view word, std::vector<std::vector<Morph>> readings);

}  // namespace tokrail
