// SegmentationScores: how well a tokenizer's cuts agree with a gold segmentation.
//
// Gold words are fed with one leading space. A *cut* is a place strictly inside the word where a
// token ends; tokens that spell nothing there cut nothing. Precision, recall and F1 are over cuts,
// summed over words; exact: all cuts right; pure in context: share of the pieces between predicted
// cuts that are exactly one gold morph; MorphScore: among words with a gold and a predicted cut,
// share where the first gold cut is predicted (Arnett, Bergen 2025: MorphScore).
// Thread safety: values. Complexity: O(words).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/tokenizer.h"

namespace tokrail {

struct GoldWord {
  std::string word;                 ///< as written
  std::vector<std::string> morphs;  ///< in order; their concatenation is the (lower-cased) word
  uint64_t count = 1;               ///< occurrences
};

/// Formats: `form TAB morphs TAB count` (types), `form TAB morphs|_ TAB UPOS` with `# text` lines
/// (tokens of sentences, `_`: not segmented), and `word TAB morph @@morph TAB class` (SIGMORPHON
/// 2022; words whose morphs do not concatenate are left out and counted). Found by content.
struct GoldFile {
  std::vector<GoldWord> words;
  std::vector<std::string> sentences;  ///< `# text` lines
  uint64_t left_out = 0;
  bool by_type = true;
};
GoldFile read_gold(const std::filesystem::path& path);

struct SegmentationScores {
  uint64_t words = 0, exact = 0;
  uint64_t gold_cuts = 0, predicted_cuts = 0, right_cuts = 0;
  uint64_t pieces = 0, pure_pieces = 0;
  uint64_t morphscore_words = 0, morphscore_right = 0;

  double precision() const, recall() const, f1() const;
  double exact_share() const, pure_share() const, morphscore() const;
};

SegmentationScores score_segmentation(const Tokenizer& tokenizer, std::span<const GoldWord> gold,
                                      bool weigh_by_count = false);

}  // namespace tokrail
