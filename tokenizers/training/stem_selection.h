// choose_stems: which stems get ids, and in which letter cases.
//
// A stem without an id is written with pieces, about one for every few letters; a stem whose case
// has no id takes a mark more. Ids go where they save the most tokens: as counted in the corpus,
// and as expected of other texts, for which every stem of the lexicon has a small weight that is
// larger for common words and for short stems and smaller for names.
//
// Complexity: O(forms * log forms). Pure function.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tokenizers/morphology/hybrid_spec.h"
#include "tokenizers/training/hybrid_trainer.h"

namespace tokrail {

/// Damped occurrences of a stem by StemCase.
using StemUses = std::array<double, 3>;

struct StemSelectionOptions {
  size_t limit = 24000;
  CaseIds case_ids = CaseIds::kFrequentStems;
  double unseen_weight = 0.5;   ///< of a stem of five letters that the corpus lacks
  double unseen_decay = 0.15;   ///< it shrinks by exp(-this) with each further letter
  double unseen_proper = 0.25;  ///< factor for names
  double capital_share = 0.04;  ///< of words that begin sentences
};

/// `uses` by FormId. Most useful first.
std::vector<StemToken> choose_stems(const Language& language, std::span<const StemUses> uses,
                                    const StemSelectionOptions& options);

}  // namespace tokrail
