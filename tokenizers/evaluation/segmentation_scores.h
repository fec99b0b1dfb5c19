// SegmentationScores: how well a tokenizer's cuts agree with a gold segmentation.
//
// Gold words are fed with one leading space. A *cut* is a place strictly inside the word where a
// token ends; tokens that spell nothing there cut nothing. Precision, recall and F1 are over cuts,
// summed over words; exact: all cuts right; pure in context: share of the pieces between predicted
// cuts that are exactly one gold morph; MorphScore: among words with a gold and a predicted cut,
// share where the first gold cut is predicted (Arnett, Bergen 2025: MorphScore).
//
//   const GoldFile gold = read_gold("gold_types.tsv");
//   score_segmentation(tokenizer, half_of(gold.words, GoldHalf::kB)).f1();
//
// Thread safety: values. Complexity: O(words), on all threads. Errors: read_gold throws
// Error(kInvalidFile) with file and line.
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
/// (tokens of sentences, `_`: not segmented), and `word TAB morph @@morph [TAB class]` (SIGMORPHON
/// 2022, also sentences of such words; words whose morphs do not concatenate are left out and
/// counted). Found by content.
struct GoldFile {
  std::vector<GoldWord> words;
  std::vector<std::string> sentences;  ///< `# text` lines, or the sentences of SIGMORPHON
  uint64_t left_out = 0;               ///< morphs do not concatenate to the word
  uint64_t unsegmented = 0;            ///< `_`
  bool by_type = true;
};
GoldFile read_gold(const std::filesystem::path& path);

/// The places between the morphs, in bytes of `word`, ascending. Character by character the morphs
/// must be the word but for case (Turkish or not); else nothing.
std::vector<uint32_t> gold_cuts(const GoldWord& gold);
bool concatenates(const GoldWord& gold);

/// What is tuned on (A) and what is held out (B): the low bit of the FNV-1a hash (64 bits) of the
/// concatenated morphs.
enum class GoldHalf : uint8_t { kA, kB };
GoldHalf half_of(const GoldWord& gold) noexcept;
std::vector<GoldWord> half_of(std::span<const GoldWord> gold, GoldHalf half);

/// Where tokens end strictly inside `word`, which is encoded with one leading space: bytes of the
/// word, ascending.
std::vector<uint32_t> predicted_cuts(const Tokenizer& tokenizer, std::string_view word);

struct SegmentationScores {
  uint64_t words = 0, exact = 0;
  uint64_t gold_cuts = 0, predicted_cuts = 0, right_cuts = 0;
  uint64_t pieces = 0, pure_pieces = 0;
  uint64_t morphscore_words = 0, morphscore_right = 0;

  /// All shares are 0 where there is nothing to count.
  double precision() const, recall() const, f1() const;
  double exact_share() const, pure_share() const, morphscore() const;

  /// Counts one word, given its length in bytes, `times` over.
  void add_word(std::span<const uint32_t> gold, std::span<const uint32_t> predicted,
                uint32_t length, uint64_t times = 1);
  void add(const SegmentationScores& other);
};

SegmentationScores score_segmentation(const Tokenizer& tokenizer, std::span<const GoldWord> gold,
                                      bool weigh_by_count = false);

}  // namespace tokrail
