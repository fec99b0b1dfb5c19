// Properties of code points and grapheme clusters, pinned to Unicode 16.0.
//
// Pre-tokenizers cut text by these properties, so ids depend on them; they come from tables in
// this library and never from the system's ICU, whose Unicode version differs between machines.
// The tables are two-stage (block index, then block): one property is two dependent loads. What is
// not a code point (above U+10FFFF) has the properties of an unassigned one.
//
//   general_category(U'a') == GeneralCategory::kLowercaseLetter
//   is_letter(U'\u0E01')                      // \p{L}
//   std::string lower; append_lowercase(0x130, lower);   // "i̇": U+0069 U+0307
//   for (size_t at = 0; at < text.size();) { size_t next = next_grapheme(text, at); ... }
//
// Complexity: O(1) per code point; next_grapheme is O(bytes of the cluster).
// Thread safety: all functions are pure. Errors: none.
// Standard: The Unicode Standard 16.0 (UAX #44, UAX #24, UAX #29 extended grapheme clusters).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unicode_scripts.h"

namespace tokrail {

inline constexpr int kUnicodeMajorVersion = 16;

/// General_Category, grouped so that each major class is a range.
enum class GeneralCategory : uint8_t {
  kUppercaseLetter,       // Lu
  kLowercaseLetter,       // Ll
  kTitlecaseLetter,       // Lt
  kModifierLetter,        // Lm
  kOtherLetter,           // Lo
  kNonspacingMark,        // Mn
  kSpacingMark,           // Mc
  kEnclosingMark,         // Me
  kDecimalNumber,         // Nd
  kLetterNumber,          // Nl
  kOtherNumber,           // No
  kConnectorPunctuation,  // Pc
  kDashPunctuation,       // Pd
  kOpenPunctuation,       // Ps
  kClosePunctuation,      // Pe
  kInitialPunctuation,    // Pi
  kFinalPunctuation,      // Pf
  kOtherPunctuation,      // Po
  kMathSymbol,            // Sm
  kCurrencySymbol,        // Sc
  kModifierSymbol,        // Sk
  kOtherSymbol,           // So
  kSpaceSeparator,        // Zs
  kLineSeparator,         // Zl
  kParagraphSeparator,    // Zp
  kControl,               // Cc
  kFormat,                // Cf
  kSurrogate,             // Cs
  kPrivateUse,            // Co
  kUnassigned,            // Cn
};
inline constexpr int kGeneralCategories = 30;

/// Grapheme_Cluster_Break.
enum class GraphemeBreak : uint8_t {
  kOther,
  kCr,
  kLf,
  kControl,
  kExtend,
  kZwj,
  kRegionalIndicator,
  kPrepend,
  kSpacingMark,
  kL,
  kV,
  kT,
  kLv,
  kLvt,
};

/// Indic_Conjunct_Break.
enum class ConjunctBreak : uint8_t { kNone, kLinker, kConsonant, kExtend };

namespace detail {

// A two-stage table of bytes: blocks[index[code point >> 7] << 7 | code point & 127]. Every table
// covers exactly U+0000 to U+10FFFF; blocks that are equal are stored once.
inline constexpr int kUnicodeBlockBits = 7;
inline constexpr size_t kUnicodeIndexSize = 0x110000 >> kUnicodeBlockBits;
extern const uint16_t kCategoryIndex[kUnicodeIndexSize];
extern const uint8_t kCategoryBlocks[];  // category | white space 0x20 | lower 0x40 | upper 0x80
extern const uint16_t kScriptIndex[kUnicodeIndexSize];
extern const uint8_t kScriptBlocks[];
extern const uint16_t kBreakIndex[kUnicodeIndexSize];
extern const uint8_t kBreakBlocks[];  // grapheme break | pictographic 0x10 | conjunct break << 5

inline constexpr uint8_t kWhiteSpaceBit = 0x20;
inline constexpr uint8_t kLowercaseBit = 0x40;
inline constexpr uint8_t kUppercaseBit = 0x80;

inline uint8_t unicode_table(const uint16_t* index, const uint8_t* blocks,
                             char32_t code_point) noexcept {
  const size_t block = index[code_point >> kUnicodeBlockBits];
  return blocks[block << kUnicodeBlockBits | (code_point & ((1 << kUnicodeBlockBits) - 1))];
}

inline uint8_t category_byte(char32_t code_point) noexcept {
  if (code_point > 0x10FFFF) return static_cast<uint8_t>(GeneralCategory::kUnassigned);
  return unicode_table(kCategoryIndex, kCategoryBlocks, code_point);
}

inline uint8_t break_byte(char32_t code_point) noexcept {
  return code_point > 0x10FFFF ? 0 : unicode_table(kBreakIndex, kBreakBlocks, code_point);
}

constexpr uint32_t category_bit(GeneralCategory category) noexcept {
  return 1u << static_cast<int>(category);
}

constexpr uint32_t category_range(GeneralCategory first, GeneralCategory last) noexcept {
  return (category_bit(last) << 1) - category_bit(first);
}

}  // namespace detail

/// A set of categories: bit c for GeneralCategory c.
using CategorySet = uint32_t;
inline constexpr CategorySet kLetterCategories =
    detail::category_range(GeneralCategory::kUppercaseLetter, GeneralCategory::kOtherLetter);
inline constexpr CategorySet kMarkCategories =
    detail::category_range(GeneralCategory::kNonspacingMark, GeneralCategory::kEnclosingMark);
inline constexpr CategorySet kNumberCategories =
    detail::category_range(GeneralCategory::kDecimalNumber, GeneralCategory::kOtherNumber);
inline constexpr CategorySet kPunctuationCategories = detail::category_range(
    GeneralCategory::kConnectorPunctuation, GeneralCategory::kOtherPunctuation);
inline constexpr CategorySet kSymbolCategories =
    detail::category_range(GeneralCategory::kMathSymbol, GeneralCategory::kOtherSymbol);
inline constexpr CategorySet kSeparatorCategories =
    detail::category_range(GeneralCategory::kSpaceSeparator, GeneralCategory::kParagraphSeparator);
inline constexpr CategorySet kOtherCategories =
    detail::category_range(GeneralCategory::kControl, GeneralCategory::kUnassigned);

inline GeneralCategory general_category(char32_t code_point) noexcept {
  return static_cast<GeneralCategory>(detail::category_byte(code_point) & 0x1F);
}

inline bool is_in(char32_t code_point, CategorySet categories) noexcept {
  return (categories >> (detail::category_byte(code_point) & 0x1F) & 1) != 0;
}

inline bool is_letter(char32_t c) noexcept {
  return is_in(c, kLetterCategories);
}  // L
inline bool is_mark(char32_t c) noexcept {
  return is_in(c, kMarkCategories);
}  // M
inline bool is_number(char32_t c) noexcept {
  return is_in(c, kNumberCategories);
}  // N
inline bool is_punctuation(char32_t c) noexcept {
  return is_in(c, kPunctuationCategories);
}  // P
inline bool is_symbol(char32_t c) noexcept {
  return is_in(c, kSymbolCategories);
}  // S

/// White_Space: what \s means in Unicode-aware regular expressions.
inline bool is_white_space(char32_t code_point) noexcept {
  return (detail::category_byte(code_point) & detail::kWhiteSpaceBit) != 0;
}
/// Lowercase (derived property: Ll and Other_Lowercase).
inline bool is_lowercase(char32_t code_point) noexcept {
  return (detail::category_byte(code_point) & detail::kLowercaseBit) != 0;
}
/// Uppercase (derived property: Lu and Other_Uppercase).
inline bool is_uppercase(char32_t code_point) noexcept {
  return (detail::category_byte(code_point) & detail::kUppercaseBit) != 0;
}

/// Script (not Script_Extensions). Unassigned, private and surrogate code points: kUnknown.
inline Script script(char32_t code_point) noexcept {
  if (code_point > 0x10FFFF) return Script::kUnknown;
  return static_cast<Script>(
      detail::unicode_table(detail::kScriptIndex, detail::kScriptBlocks, code_point));
}

inline GraphemeBreak grapheme_break(char32_t code_point) noexcept {
  return static_cast<GraphemeBreak>(detail::break_byte(code_point) & 0x0F);
}
inline bool is_extended_pictographic(char32_t code_point) noexcept {
  return (detail::break_byte(code_point) & 0x10) != 0;
}
inline ConjunctBreak conjunct_break(char32_t code_point) noexcept {
  return static_cast<ConjunctBreak>(detail::break_byte(code_point) >> 5);
}

/// The two-letter name of a category ("Lu") or a script's long name ("Old_Italic").
std::string_view category_name(GeneralCategory category) noexcept;
std::string_view script_name(Script script) noexcept;

/// The categories named by \p{name}: one or two letters ("L", "Lu"), "LC", or a long name
/// ("Letter", "Uppercase_Letter"). Case, '_', '-' and spaces are ignored (UAX #44-LM3).
std::optional<CategorySet> find_categories(std::string_view name) noexcept;
/// The script of that long name ("Greek"), matched as loosely.
std::optional<Script> find_script(std::string_view name) noexcept;

/// Simple case mappings (one code point to one); the code point itself where there is none.
char32_t simple_lowercase(char32_t code_point) noexcept;
char32_t simple_uppercase(char32_t code_point) noexcept;

/// Appends the full default mapping as UTF-8: SpecialCasing.txt without conditions, so no final
/// sigma and no locale. U+0130 lower-cases to two code points, U+00DF upper-cases to "SS".
void append_lowercase(char32_t code_point, std::string& out);
void append_uppercase(char32_t code_point, std::string& out);

/// The mapping of append_* for a whole text; ill-formed bytes are kept as they are.
std::string to_lowercase(std::string_view text);
std::string to_uppercase(std::string_view text);

/// The end of the extended grapheme cluster that starts at byte `position`, which must be a
/// cluster boundary; text.size() when position is at or past the end. An ill-formed unit behaves
/// like U+FFFD.
size_t next_grapheme(std::string_view text, size_t position) noexcept;

/// Number of extended grapheme clusters.
size_t count_graphemes(std::string_view text) noexcept;

}  // namespace tokrail
