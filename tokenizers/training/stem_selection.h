// choose_stems: which stems get ids, and in which letter cases.
//
// A stem without an id is written with pieces, about one for every few letters; a stem whose case
// has no id, but another one has, takes a mark more. Ids go where they save the most tokens: as
// counted in the corpus, and as expected of other texts, for which every stem of the lexicon has a
// small weight that is larger for common words and for short stems and smaller for names.
//
// Complexity: O(forms * log forms). Pure function.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail {

/// Damped occurrences of a stem by StemCase.
using StemUses = std::array<double, 3>;

/// How words are written in capitals.
enum class CaseIds : uint8_t {
  kMarks,          ///< always stem behind a mark
  kFrequentStems,  ///< frequent capitalised stems have ids of their own, others take marks
};

/// What is expected of texts beyond the corpus, in damped words.
struct StemWeights {
  double unseen = 0.7;          ///< of a stem of five letters
  double unseen_decay = 0.15;   ///< it shrinks by exp(-this) with each further letter
  double proper = 0.4;          ///< factor for names
  double capital_share = 0.04;  ///< of words that begin sentences
  /// What a token counts that another case of a stem saves: it is one mark, while a stem without
  /// any id is written in pieces that cut it anywhere.
  double second_case = 0.5;
};

/// Sets one of the numbers above by its name. Throws Error(kInvalidArgument) for another name.
void set_stem_weight(StemWeights& weights, std::string_view name, double value);

struct StemSelectionOptions {
  size_t limit = 24000;
  CaseIds case_ids = CaseIds::kFrequentStems;
  StemWeights weights;
};

/// `uses` by FormId. Most useful first.
std::vector<StemToken> choose_stems(const Language& language, std::span<const StemUses> uses,
                                    const StemSelectionOptions& options);

}  // namespace tokrail
