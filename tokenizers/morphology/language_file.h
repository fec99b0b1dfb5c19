// The bytes of a compiled language (.tkl): a header, a table of sections, sections that are arrays.
//
//   header 64 B | table: 16 B per section | section | section | ...     at multiples of 8
//
// LanguageFileWriter collects arrays and makes the file. LanguageFile checks bytes and hands out
// its arrays where they lie: magic, byte order, version, sizes, that sections lie inside and behind
// each other, and a hash of all that follows the header. What the arrays hold is for language.cc to
// check. Complexity: O(bytes). Errors: Error(kInvalidFile) for damage, Error(kUnsupported) for
// another version or byte order. Internal to language packs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/stable_hash.h"

namespace tokrail {

enum class LanguageSection : uint32_t {
  kInfo,           ///< one LanguageInfo
  kText,           ///< bytes that TextRange points into
  kLetters,        ///< LetterRecord, in order of code points
  kLetterIndex,    ///< uint16_t per code point below kIndexedLetters: record + 1, or 0
  kPlainEndings,   ///< uint16_t [vowel class][sound class]
  kNumberEndings,  ///< uint16_t: digits 0 to 9, tens 0 to 9
  kZeroEndings,    ///< ZeroRecord, in order of zeros
  kEndings,        ///< EndingRecord
  kCells,          ///< CellRecord [ending][suffix]
  kSuffixes,       ///< SuffixRecord
  kForms,          ///< FormRecord, in order of texts
  kFormIds,        ///< uint32_t 0, 1, 2 ...
  kLexemes,        ///< LexemeRecord
  kPosNames,       ///< TextRange
  kTrieUnits,      ///< TrieUnit
  kTrieForms,      ///< uint32_t per unit and one: where its forms begin in kTrieFormIds
  kTrieFormIds,    ///< uint32_t
  kStates,         ///< StateRecord, and one that only ends the arcs
  kArcs,           ///< MorphArc
  kJoins,          ///< uint64_t [state][pos / 64]
  kTags,           ///< TextRange
  kUnknownStates,  ///< uint16_t
};
inline constexpr size_t kLanguageSections = 22;

struct TextRange {
  uint32_t begin = 0;
  uint32_t size = 0;
};

struct LanguageInfo {
  TextRange code, name;
  uint32_t version = 0;
  uint32_t vowel_classes = 0, sound_classes = 0;
  uint32_t numeral_state = 0;  ///< 0xFFFF: none
};

struct LetterRecord {
  uint32_t code_point = 0, lower = 0, upper = 0;
  uint8_t vowel = 0, sound = 0;
  uint8_t transparent = 0, unused = 0;
  uint32_t name_ending = 0;  ///< behind the letter's name; 0: it has none
};
inline constexpr uint32_t kIndexedLetters = 0x600;

struct ZeroRecord {
  uint32_t zeros = 0;
  uint32_t ending = 0;
};

struct EndingRecord {
  TextRange base_tail, changed_tail;
  uint8_t base[4] = {}, changed[4] = {};  ///< SoundState
  uint32_t changes = 0;
};

struct CellRecord {
  uint32_t text = 0;
  uint16_t end = 0;
  uint8_t size = 0;
  uint8_t bits = 0;
};
inline constexpr uint8_t kChangesLeft = 1, kAllowed = 2;

struct SuffixRecord {
  TextRange name, pattern;
};

struct FormRecord {
  uint32_t text = 0;
  uint8_t size = 0, prefix = 0;
  uint16_t ending = 0;
  uint32_t first_lexeme = 0;
  uint16_t lexeme_count = 0;
  uint16_t bits = 0;
};
inline constexpr uint16_t kProper = 1, kUpper = 2;

struct LexemeRecord {
  uint32_t form = 0;
  uint8_t pos = 0, unused = 0;
  uint16_t state = 0;
};

struct StateRecord {
  TextRange name;
  uint32_t first_arc = 0;
  uint16_t is_final = 0, joins_any = 0;
};

class LanguageFileWriter {
 public:
  template <typename Elements>
  void add(LanguageSection section, const Elements& elements) {
    const std::span span(elements);
    static_assert(std::is_trivially_copyable_v<typename decltype(span)::value_type>);
    parts_[static_cast<size_t>(section)] = {reinterpret_cast<const char*>(span.data()),
                                            span.size_bytes()};
  }
  std::string finish() const;

 private:
  std::string parts_[kLanguageSections];
};

class LanguageFile {
 public:
  /// `bytes` begin at a multiple of 8.
  explicit LanguageFile(std::string_view bytes);

  Hash128 hash() const noexcept { return hash_; }
  template <typename Element>
  std::span<const Element> array(LanguageSection section) const {
    static_assert(std::is_trivially_copyable_v<Element> && alignof(Element) <= 8);
    const std::string_view bytes = whole(section, sizeof(Element));
    return {reinterpret_cast<const Element*>(bytes.data()), bytes.size() / sizeof(Element)};
  }

 private:
  std::string_view whole(LanguageSection section, size_t element_size) const;

  std::string_view parts_[kLanguageSections];
  Hash128 hash_{};
};

/// The bytes with the hash in the header that they should have; for tests. Needs a whole header.
std::string with_language_hash(std::string bytes);

}  // namespace tokrail
