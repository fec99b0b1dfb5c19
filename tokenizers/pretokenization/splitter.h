// Splitter: cuts text into pieces by a known pre-tokenizer pattern, without a regex engine.
//
// The patterns of nearly all byte-level BPE models (SplitRules, split_rules.h) are run here in two
// ways that give the same pieces: a scalar scanner that follows the regular expression alternative
// by alternative, and a SIMD scanner that reads 64 bytes at a time into one bit plane per character
// class and finds the piece boundaries of the block with some thirty bit operations. A block always
// begins at a piece boundary, so no state is carried between blocks.
//
//   auto splitter = Splitter::for_pattern(regex);       // nullptr when the pattern is not known
//   uint32_t ends[512];
//   for (size_t at = 0; at < text.size();) {
//     size_t n = splitter->split(text, at, ends, 512);  // ends are relative to `at`
//     ...
//     at += ends[n - 1];
//   }
//
// Every byte of the text belongs to exactly one piece. Invalid UTF-8: each maximal ill-formed part
// is one character that is neither letter, number nor space.
//
// Complexity: O(bytes), about 1 ns per byte for ASCII. Thread safety: immutable. Errors: a piece
// of 4 GiB or more throws Error(kUnsupported).
// The bit-plane method follows G. Langdale and D. Lemire, "Parsing Gigabytes of JSON per Second"
// (2019), section 3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "tokenizers/pretokenization/segmenter.h"
#include "tokenizers/pretokenization/split_rules.h"
#include "tokenizers/pretokenization/split_watch.h"

namespace tokrail {

class Splitter : public Segmenter {
 public:
  /// The splitter of a regular expression (as text), or nullptr when it is not a known one.
  static std::unique_ptr<const Splitter> for_pattern(std::string_view regex);
  /// Whether Oniguruma reads a known expression like Splitter, which reads it like Rust's engine.
  /// Not those with "$", the end of any line to Oniguruma, nor with a count followed by "+", as in
  /// "\d{1,3}+": possessive to one, a repeated group to the other.
  static bool reads_like_oniguruma(std::string_view regex) noexcept;
  /// The splitter of some rules, or nullptr when that combination is not compiled in.
  static std::unique_ptr<const Splitter> for_rules(const SplitRules& rules);

  // split(), from Segmenter: a capacity of 128 or more lets the SIMD scanner work.

  /// The same pieces by the scalar scanner alone, for tests and benchmarks.
  virtual size_t split_scalar(std::string_view text, size_t from, uint32_t* ends,
                              size_t capacity) const = 0;

  /// The end of the piece that starts at `from`, and what that depends on, in `watch`. Requires
  /// from < text.size(). A watch that has seen a text before (longer, shorter or the same, equal as
  /// far as both go) makes long runs cheap: they are not read again.
  virtual size_t piece_end(std::string_view text, size_t from, PieceWatch& watch) const = 0;

  const SplitRules& rules() const noexcept { return rules_; }

 protected:
  explicit Splitter(const SplitRules& rules) : rules_(rules) {}

 private:
  SplitRules rules_;
};

}  // namespace tokrail
