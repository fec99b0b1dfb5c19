// Encoding: the ids of a text with everything that goes beside them, in parallel arrays.
//
// One element per token: id, type id, the span of the original text it covers, the word it belongs
// to, whether it is special, and the attention mask. Sequences of a pair keep their token ranges.
// Truncation puts the pieces that were cut off into `overflowing`.
//
//   Encoding encoding = tokenizer.encode_with_offsets("Hello world");
//   for (size_t i = 0; i < encoding.size(); ++i) use(encoding.ids[i], encoding.offsets[i]);
//
// Spans count bytes while an encoding is built; OffsetConverter turns them into code points or
// UTF-16 units at the end. Plain data: copy, move and edit it freely; not synchronised.
// Complexity: append O(tokens appended) plus the products of overflowing pieces that
// tokenizer.json prescribes. Errors: truncate throws Error kInvalidArgument for a bad stride.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

/// [begin, end) of the original text, in the unit that was asked for.
struct Span {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool operator==(const Span&) const = default;
};

enum class OffsetUnit : uint8_t { kByte, kCodePoint, kUtf16 };

/// word_ids of tokens that belong to no word (special tokens, padding).
inline constexpr uint32_t kNoWord = 0xFFFFFFFFu;

/// Tokens [begin, end) of an encoding that came from sequence `sequence` (0 = A, 1 = B).
struct SequenceRange {
  uint32_t sequence;
  size_t begin;
  size_t end;
  bool operator==(const SequenceRange&) const = default;
};

struct Encoding {
  std::vector<TokenId> ids;
  std::vector<uint32_t> type_ids;
  std::vector<Span> offsets;
  std::vector<uint32_t> word_ids;
  std::vector<uint8_t> special_tokens_mask;  ///< 1: added by the post-processor or padding
  std::vector<uint8_t> attention_mask;       ///< 0: padding
  std::vector<SequenceRange> sequence_ranges;
  std::vector<Encoding> overflowing;

  size_t size() const noexcept { return ids.size(); }
  bool empty() const noexcept { return ids.empty(); }
  void reserve(size_t tokens);

  /// One more token, attended to.
  void push_back(TokenId id, Span offset, uint32_t word = kNoWord, uint32_t type_id = 0,
                 bool special = false);

  /// All tokens (not those of `overflowing`) become one sequence / get one type.
  void set_sequence(uint32_t sequence);
  void set_type_id(uint32_t type_id);

  /// The tokens of a sequence. Without sequence ranges all tokens are sequence 0.
  std::optional<SequenceRange> range_of(uint32_t sequence) const;
  std::optional<uint32_t> sequence_of(size_t token) const;
  /// Tokens [begin, end) of a word of a sequence.
  std::optional<std::pair<size_t, size_t>> tokens_of_word(uint32_t word,
                                                          uint32_t sequence = 0) const;
  /// The token whose span holds a position of a sequence.
  std::optional<size_t> token_at(uint64_t position, uint32_t sequence = 0) const;

  /// Puts `other` behind. Overflowing pieces are combined as tokenizer.json does: every piece of
  /// this with other and with each piece of other, and this with each piece of other.
  void append(const Encoding& other);

  /// Keeps max_length tokens from the start (kRight: cut at the right) or the end (kLeft); the rest
  /// becomes overflowing pieces of at most max_length tokens that share `stride` tokens with their
  /// neighbour. max_length 0 moves everything to one overflowing piece. Sequence ranges are
  /// dropped. Throws Error kInvalidArgument when 0 < max_length <= stride and something is cut.
  void truncate(size_t max_length, size_t stride, TruncationSpec::Direction direction);

  /// Fills up to `length` tokens, in overflowing pieces too. Longer encodings stay as they are.
  void pad(size_t length, TokenId pad_id, uint32_t pad_type_id, PaddingSpec::Direction direction);

  bool operator==(const Encoding&) const = default;

 private:
  Encoding slice(size_t begin, size_t end) const;
};

/// Byte positions of a text as positions in code points or UTF-16 units.
///
/// Units are those of base/utf8.h: every maximal ill-formed part counts one. A position inside a
/// character counts as the position behind it when it ends a span and as the position of the
/// character when it begins one. Begins in ascending order cost O(text) together, and so do ends; a
/// query that goes back costs O(log text) through an index of block counts, built on first need.
/// Refers to the text. A converter belongs to one thread.
class OffsetConverter {
 public:
  OffsetConverter(std::string_view text, OffsetUnit unit) noexcept : text_(text), unit_(unit) {}

  /// Units before the character that holds byte `position` (at most text.size()).
  uint64_t convert_begin(uint64_t position) { return convert(position, false); }
  /// As convert_begin, but a position inside a character counts the character.
  uint64_t convert_end(uint64_t position) { return convert(position, true); }
  Span convert(Span bytes);

  /// Converts all spans of an encoding and of its overflowing pieces, those of `sequence` only
  /// where given; padding and special tokens stay (0, 0).
  void convert(Encoding& encoding, std::optional<uint32_t> sequence = std::nullopt);

 private:
  /// A character boundary and the units before it.
  struct Place {
    uint64_t byte = 0;
    uint64_t count = 0;
  };

  uint64_t convert(uint64_t position, bool up);
  void build_index();
  void read_ascii();
  Place indexed_place_before(uint64_t position);
  void convert(Encoding& encoding, size_t begin, size_t end);

  static constexpr uint64_t kUnknown = static_cast<uint64_t>(-1);

  std::string_view text_;
  OffsetUnit unit_;
  uint64_t ascii_ = kUnknown;  ///< bytes before the first one that is not ASCII
  Place places_[2];            ///< of the last query for a begin and for an end
  std::vector<Place> blocks_;
};

}  // namespace tokrail
