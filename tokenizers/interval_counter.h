// IntervalCounter: how many tokens any part of a text has, without encoding it again.
//
// For cutting documents into chunks of so many tokens, for token budgets and for counting what a
// selection costs. The text is encoded once; a question about an interval then reads only what its
// two ends cut: pieces of the whole text that lie inside, and do not depend on what is outside, are
// counted by a prefix sum. Inside a long piece the encodings of all its prefixes form a tree, and
// the encoding that starts at the interval's beginning soon comes upon a node of that tree from
// which on the two are the same.
//
//   IntervalCounter counter(tokenizer, text);
//   counter.count(100, 2000);   // tokenizer.encode(text.substr(100, 1900)).size(), no template
//
// Complexity, for byte-level BPE with a known splitter: building O(bytes), about as encoding;
// count O(log pieces), typically 1 to 2 microseconds. Where the encoding inside a long piece
// never meets that of the whole (one letter repeated, out of step) the interval is encoded: 2
// ms per megabyte. For tokenizers of other kinds, texts of 4 GiB and more, and texts that their
// normalizer changes, every interval is encoded; is_indexed() tells. Memory: the text, 12 bytes per
// piece, 16 bytes per byte of pieces of 512 bytes and more. Thread safety: immutable. Shares the
// tokenizer's engine, owns the text. Errors: count throws Error(kInvalidArgument) for an interval
// that is not in the text, and what encode throws.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tokenizers/added_tokens.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

class IntervalCounter {
 public:
  /// `special_text`: as in EncodeOptions; unset is the default of the format.
  IntervalCounter(const Tokenizer& tokenizer, std::string text,
                  std::optional<SpecialText> special_text = std::nullopt);
  ~IntervalCounter();
  IntervalCounter(IntervalCounter&&) noexcept;
  IntervalCounter& operator=(IntervalCounter&&) noexcept;

  /// Tokens of the bytes [begin, end) as a text of their own.
  size_t count(size_t begin, size_t end) const;

  const std::string& text() const noexcept;
  /// Whether intervals are counted without encoding them.
  bool is_indexed() const noexcept;

 private:
  struct Index;
  size_t count_by_encoding(std::string_view part) const;

  std::shared_ptr<const TokenizerEngine> engine_;
  SpecialText policy_;
  std::unique_ptr<const std::string> text_;  // moves with the counter, its bytes do not
  std::unique_ptr<const Index> index_;       // null: not indexed
};

}  // namespace tokrail
