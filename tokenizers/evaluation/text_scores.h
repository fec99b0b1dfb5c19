// TextScores: what a tokenizer makes of running text.
//
// Every line is encoded whole, without special tokens. Words are what stands between white space. A
// character (code point; an ill-formed part counts one) is *held* by the token that holds its first
// byte. Digit runs are maximal runs of ASCII digits.
//
//   TextScores scores;
//   for (auto& batch : batches) scores.add(score_text(tokenizer, batch));
//   scores.renyi_efficiency(tokenizer.size());
//
// Rényi efficiency: Zouhar et al. 2023, "Tokenization and the Noiseless Channel": the Rényi entropy
// of order 2.5 of the ids over the logarithm of the vocabulary's size.
// Thread safety: values. Complexity: O(bytes); lines that do not return are read once more, word by
// word. Memory: 8 bytes per id.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/tokenizer.h"

namespace tokrail {

struct TextScores {
  uint64_t lines = 0, words = 0, bytes = 0, characters = 0, tokens = 0;
  uint64_t lines_returned = 0;  ///< decoding gives the same bytes
  uint64_t words_returned = 0;  ///< of lines that return, and of others those that return alone
  std::vector<uint64_t> id_counts;

  /// Characters by the length, in characters, of the token that holds them; the last class is open.
  static constexpr size_t kLengths = 17;
  std::array<uint64_t, kLengths> characters_by_length{};
  uint64_t held_characters = 0;
  uint64_t held_length_sum = 0;    ///< over held characters
  uint64_t parted_characters = 0;  ///< in more than one token

  uint64_t digit_runs = 0, digits = 0;
  uint64_t digit_tokens = 0;  ///< tokens with a digit, counted for each run they touch
  uint64_t long_runs = 0;     ///< of four digits or more
  uint64_t grouped_runs =
      0;  ///< of these, cut at every multiple of three from the right, only there

  void add(const TextScores& other);

  // 0 where there is nothing to count.
  double tokens_per_word() const, bytes_per_token() const, characters_per_token() const;
  double lines_returned_share() const, words_returned_share() const;
  uint64_t unique_tokens() const;
  double renyi_entropy(double alpha = 2.5) const;  ///< in bits
  double renyi_efficiency(size_t vocabulary_size, double alpha = 2.5) const;
  double mean_held_length() const, parted_share() const;
  /// Share of held characters in tokens of first to last characters.
  double held_share(size_t first, size_t last) const;
  double tokens_per_run() const, digits_per_token() const, grouped_share() const;
};

TextScores score_text(const Tokenizer& tokenizer, std::span<const std::string_view> lines);

}  // namespace tokrail
