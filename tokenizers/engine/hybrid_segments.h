// Segments of a text for hybrid tokenizers: words with the space before them, and what is between.
//
//   "  Ankara'da 3,5 derece!\n"   ->   " " | " Ankara'da" | " 3,5" | " derece" | "!" | "\n"
//
//   word   an optional space, then letters and marks (L*, M*), ASCII digits, apostrophes (' and ’)
//          between two of those, and points and commas between two digits
//   space  a run of white space, without the one space that belongs to what follows
//   other  an optional space, then a run of everything else: punctuation, signs, ill-formed UTF-8
//
// Segments have at most kMaxHybridSegment bytes; longer runs are cut between characters. Where a
// segment ends depends on the text from its beginning to some characters behind its end.
//
// Complexity: O(bytes), about 1 ns per byte of Latin text. Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {

inline constexpr size_t kMaxHybridSegment = 256;

namespace detail {

enum class SegmentByte : uint8_t {
  kOther,       ///< ASCII punctuation and controls
  kLetter,      ///< ASCII
  kDigit,       ///< ASCII
  kSpace,       ///< U+0020
  kWhite,       ///< other white space of ASCII
  kApostrophe,  ///< '
  kPoint,       ///< . and ,
  kLatin,       ///< the first byte of U+00C0 to U+017F, which are letters but for × and ÷
  kMany,        ///< any other byte that is not ASCII
};

struct SegmentBytes {
  SegmentByte of[256];
  constexpr SegmentBytes() : of() {
    for (int byte = 0; byte < 256; ++byte) of[byte] = classify(byte);
  }
  static constexpr SegmentByte classify(int byte) {
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')) return SegmentByte::kLetter;
    if (byte >= '0' && byte <= '9') return SegmentByte::kDigit;
    if (byte == ' ') return SegmentByte::kSpace;
    if (byte >= '\t' && byte <= '\r') return SegmentByte::kWhite;
    if (byte == '\'') return SegmentByte::kApostrophe;
    if (byte == '.' || byte == ',') return SegmentByte::kPoint;
    if (byte >= 0xC3 && byte <= 0xC5) return SegmentByte::kLatin;
    return byte < 0x80 ? SegmentByte::kOther : SegmentByte::kMany;
  }
};
inline constexpr SegmentBytes kSegmentBytes;

inline SegmentByte segment_byte(const char* p) noexcept {
  return kSegmentBytes.of[static_cast<unsigned char>(*p)];
}

/// What a character is to segments.
enum class SegmentKind : uint8_t { kWord, kSpace, kOther };

struct SegmentCharacter {
  SegmentKind kind;
  uint32_t length;
};

inline SegmentCharacter segment_character_slow(const char* p, const char* end) noexcept {
  const Utf8Unit unit = decode_utf8(p, end);
  if (!unit.valid) return {SegmentKind::kOther, unit.length};
  if (is_in(unit.code_point, kLetterCategories | kMarkCategories)) {
    return {SegmentKind::kWord, unit.length};
  }
  const bool white = is_white_space(unit.code_point);
  return {white ? SegmentKind::kSpace : SegmentKind::kOther, unit.length};
}

inline SegmentCharacter segment_character(const char* p, const char* end) noexcept {
  switch (segment_byte(p)) {
    case SegmentByte::kLetter:
    case SegmentByte::kDigit: return {SegmentKind::kWord, 1};
    case SegmentByte::kSpace:
    case SegmentByte::kWhite: return {SegmentKind::kSpace, 1};
    case SegmentByte::kLatin:
    case SegmentByte::kMany: return segment_character_slow(p, end);
    default: return {SegmentKind::kOther, 1};
  }
}

/// Bytes of the apostrophe at p, or 0.
inline uint32_t apostrophe_length(const char* p, const char* end) noexcept {
  if (*p == '\'') return 1;
  return end - p >= 3 && p[0] == '\xE2' && p[1] == '\x80' && p[2] == '\x99' ? 3 : 0;
}

/// The character at p, which is no letter or digit, as part of a word that p is inside of: its
/// bytes, or 0 where the word ends.
uint32_t word_joint(const char* word, const char* p, const char* end) noexcept;

/// End of the word that begins at `word`; at most `limit`, which may be inside of a character.
inline const char* word_end(const char* word, const char* limit, const char* end) noexcept {
  for (const char* p = word; p < limit;) {
    uint32_t length = 1;
    switch (segment_byte(p)) {
      case SegmentByte::kLetter:
      case SegmentByte::kDigit: ++p; continue;
      case SegmentByte::kSpace:
      case SegmentByte::kWhite:
      case SegmentByte::kOther: return p;
      case SegmentByte::kLatin:
        // Not × (C3 97) or ÷ (C3 B7), nor others with such a second byte.
        if (end - p >= 2 && is_utf8_continuation(p[1]) &&
            (static_cast<unsigned char>(p[1]) & 0xDF) != 0x97) {
          length = 2;
          break;
        }
        [[fallthrough]];
      default: length = word_joint(word, p, end);
    }
    if (length == 0 || length > static_cast<size_t>(limit - p)) return p;
    p += length;
  }
  return limit;
}

}  // namespace detail

/// End of the segment of `text` that begins at `from`, which must be below text.size().
size_t hybrid_segment_end(std::string_view text, size_t from) noexcept;

}  // namespace tokrail
