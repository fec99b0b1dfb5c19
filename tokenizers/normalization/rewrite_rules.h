// RewriteRules: what sentencepiece and llama.cpp turn the beginning of a text into.
//
// A user-defined symbol stays as it is; else the longest key of the charsmap that the text starts
// with is replaced; else one code point stays as it is, and an ill-formed byte becomes U+FFFD.
// Also answers where a text may be cut without a rule noticing (see Seam in normalizer_stage.h).
//
// Private to the normalizer. Immutable, thread safe. O(bytes of the longest key) per step.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/byte_trie.h"
#include "tokenizers/normalization/charsmap.h"

namespace tokrail::detail {

/// Which bytes are a code point: llama.cpp also takes overlong forms and surrogates.
enum class Utf8Reading : uint8_t { kStrict, kLlama };

class RewriteRules {
 public:
  struct Step {
    std::string_view replacement;
    size_t consumed;  ///< bytes of the text
  };

  RewriteRules(Charsmap map, std::span<const std::string_view> symbols, Utf8Reading reading);

  /// Requires a text that is not empty.
  Step next(std::string_view text) const noexcept;

  /// Length of the prefix of ASCII characters other than space that stay as they are.
  size_t plain_prefix_length(std::string_view text) const noexcept;

  /// Whether no rule ever changes anything: no charsmap (ill-formed bytes still change).
  bool is_trivial() const noexcept { return map_.empty() && !has_symbols_; }

  /// Whether a text can be cut at all between a code point and a space.
  bool has_seams() const noexcept { return has_seams_; }
  /// Whether it can be cut between this code point and a space, and what is before the space
  /// becomes something that ends in neither White_Space nor "▁".
  bool is_stable_before_space(char32_t code_point) const noexcept;

 private:
  void add_unstable_before_space(std::string_view prefix);
  void add_unstable_end(std::string_view key);
  void find_unstable(std::span<const std::string_view> symbols);
  void find_starts(std::span<const std::string_view> symbols);
  size_t code_point_length(std::string_view text) const noexcept;

  Charsmap map_;
  ByteTrie symbols_;
  bool has_symbols_ = false;
  Utf8Reading reading_;
  bool has_seams_ = true;
  std::vector<char32_t> unstable_;  // sorted: last of a key that ends in space, or before a space
  // What begins with an ASCII byte: kPlain stays; kMaybe stays if the next byte is ASCII too.
  enum class Start : uint8_t { kRule, kMaybe, kPlain };
  std::array<Start, 128> starts_{};
};

}  // namespace tokrail::detail
