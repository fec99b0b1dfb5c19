// SplitRules: the family of pre-tokenizer patterns that language models use, as data.
//
// A dozen regular expressions cut the text of nearly all byte-level BPE models. They are variations
// of one scheme: contractions, words with an optional leading character, groups of digits, runs of
// other characters, and white space that leaves its last character to the next word. SplitRules
// names the variations; Splitter (splitter.h) runs them without a regex engine.
//
// Written with possessive quantifiers the scheme is, in order of preference at each position:
//   contraction       '(?i:[sdmt]|ll|ve|re)                      (at the start, or behind a word)
//   word              [^\r\n\p{L}\p{N}]?\p{L}+  |  ?\p{L}+       (prefix, kind of word)
//   digits            \p{N}{1,3} | \p{N} | ?\p{N}+
//   other              ?[^\s\p{L}\p{N}]+[\r\n/]*                 (trailing line ends)
//   line ends         \s*[\r\n]+
//   white space       \s+(?!\S) | \s+
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {

struct SplitRules {
  enum class Words : uint8_t {
    kLetters,       ///< \p{L}+
    kLettersMarks,  ///< [\p{L}\p{M}]+, and marks are not "other"
    kCased,         ///< upper* lower+ | upper+ lower*, where Lm, Lo and M are both
  };
  enum class Prefix : uint8_t {
    kSpace,  ///< " ?"
    kAny,    ///< [^\r\n\p{L}\p{N}]?
  };
  enum class Contractions : uint8_t {
    kNone,
    kStart,             ///< a piece of its own, lower case only
    kStartIgnoreCase,   ///< a piece of its own, any case
    kSuffixIgnoreCase,  ///< the end of the word before it
  };
  enum class Trail : uint8_t {
    kNone,
    kNewlines,       ///< [\r\n]*
    kNewlinesSlash,  ///< [\r\n/]*
  };

  Words words = Words::kLetters;
  Prefix prefix = Prefix::kAny;
  Contractions contractions = Contractions::kStartIgnoreCase;
  uint8_t digits = 3;  ///< the longest group; 0: no limit and an optional leading space
  Trail trail = Trail::kNewlines;
  bool newline_pieces = true;  ///< \s*[\r\n]+ is a piece
  /// \s++$ before the line-end rule: white space at the end of the text is one piece.
  bool whole_final_space = false;
  bool han_apart = false;  ///< [\p{Han}]+ is a piece, and Han is no part of words

  bool operator==(const SplitRules&) const = default;
};

/// The rules a regular expression stands for, if it is one of the known ones (compared as text).
std::optional<SplitRules> known_split_rules(std::string_view regex);

/// Classes of characters the rules speak of, as bits.
enum SplitClass : uint8_t {
  kSplitUpper = 1,     // Lu, Lt
  kSplitLower = 2,     // Ll
  kSplitBoth = 4,      // Lm, Lo: letters that are neither or both
  kSplitMark = 8,      // M
  kSplitNumber = 16,   // N
  kSplitSpace = 32,    // White_Space
  kSplitNewline = 64,  // CR, LF (with kSplitSpace)
  kSplitHan = 128,     // Script=Han, only where the rules ask
};
inline constexpr uint8_t kSplitLetter = kSplitUpper | kSplitLower | kSplitBoth;

/// Class bits without kSplitHan.
inline uint8_t split_class(char32_t code_point) noexcept {
  static constexpr uint8_t kOfCategory[kGeneralCategories] = {kSplitUpper,
                                                              kSplitLower,
                                                              kSplitUpper,
                                                              kSplitBoth,
                                                              kSplitBoth,
                                                              kSplitMark,
                                                              kSplitMark,
                                                              kSplitMark,
                                                              kSplitNumber,
                                                              kSplitNumber,
                                                              kSplitNumber,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              kSplitSpace,
                                                              kSplitSpace,
                                                              kSplitSpace,
                                                              0,
                                                              0,
                                                              0,
                                                              0,
                                                              0};
  if (code_point < 0x80) {
    if (code_point == '\r' || code_point == '\n') return kSplitSpace | kSplitNewline;
    if (code_point - 9 < 5) return kSplitSpace;
  } else if (code_point == 0x85) {
    return kSplitSpace;
  }
  return kOfCategory[static_cast<uint8_t>(general_category(code_point))];
}

/// The character at a position: class bits and bytes. Ill-formed parts have no class bits.
struct SplitCharacter {
  uint8_t bits;
  uint32_t length;
};

template <bool kHan>
inline SplitCharacter split_character(const char* p, const char* end) noexcept {
  const Utf8Unit unit = decode_utf8(p, end);
  if (!unit.valid) return {0, unit.length};
  uint8_t bits = split_class(unit.code_point);
  if constexpr (kHan) {
    if (unit.code_point >= 0x2E80 && script(unit.code_point) == Script::kHan) bits |= kSplitHan;
  }
  return {bits, unit.length};
}

}  // namespace tokrail
