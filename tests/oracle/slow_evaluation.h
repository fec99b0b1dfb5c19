// Scores of segmentations and of running text, counted in the plainest way: characters in sets.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokrail::test {

struct SlowSegmentation {
  uint64_t exact = 0, gold_cuts = 0, predicted_cuts = 0, right_cuts = 0, pieces = 0, pure = 0;
  uint64_t morphscore_words = 0, morphscore_right = 0;
};

/// Pieces and morphs as strings that each concatenate to a word of the same length.
inline void slow_score_word(const std::vector<std::string>& morphs,
                            const std::vector<std::string>& pieces, SlowSegmentation& scores) {
  using Range = std::pair<size_t, size_t>;
  const auto ranges = [](const std::vector<std::string>& parts) {
    std::set<Range> result;
    size_t at = 0;
    for (const std::string& part : parts) {
      result.insert({at, at + part.size()});
      at += part.size();
    }
    return result;
  };
  const auto cuts = [](const std::vector<std::string>& parts) {
    std::set<size_t> result;
    size_t at = 0;
    for (size_t i = 0; i + 1 < parts.size(); ++i) result.insert(at += parts[i].size());
    return result;
  };
  const std::set<size_t> gold = cuts(morphs), predicted = cuts(pieces);
  scores.exact += gold == predicted ? 1 : 0;
  scores.gold_cuts += gold.size();
  scores.predicted_cuts += predicted.size();
  for (const size_t cut : predicted) scores.right_cuts += gold.count(cut);
  const std::set<Range> gold_ranges = ranges(morphs);
  scores.pieces += pieces.size();
  for (const Range& piece : ranges(pieces)) scores.pure += gold_ranges.count(piece);
  if (gold.empty() || predicted.empty()) return;
  ++scores.morphscore_words;
  scores.morphscore_right += predicted.count(*gold.begin());
}

/// For each character of ASCII text cut into pieces: how long its piece is.
inline std::vector<size_t> slow_held_lengths(const std::vector<std::string>& pieces) {
  std::vector<size_t> lengths;
  for (const std::string& piece : pieces) {
    for (size_t i = 0; i < piece.size(); ++i) lengths.push_back(piece.size());
  }
  return lengths;
}

}  // namespace tokrail::test
