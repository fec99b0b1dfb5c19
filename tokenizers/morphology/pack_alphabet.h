// PackAlphabet: the letters, classes and flags of a pack, by number, while it is compiled.
//
// Checks what a pack says of them: a letter is in one class, a name means one thing, and so on.
// Errors: Error(kInvalidFile) with file:line. Internal to language packs.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/language.h"
#include "tokenizers/morphology/language_source.h"

namespace tokrail {

[[noreturn]] void fail_in_pack(const SourcePlace& place, const std::string& expected);

struct PackLetter {
  uint8_t vowel = 0;  ///< class, 0 for consonants
  uint8_t sound = 0;
  bool transparent = false;
};

/// What a condition or a choice asks for.
struct PackFeature {
  enum class Kind : uint8_t { kVowel, kSound, kFlag };
  Kind kind = Kind::kVowel;
  uint8_t value = 0;  ///< a class, or the bits of a flag

  bool holds(SoundState state) const noexcept {
    if (kind == Kind::kFlag) return (state.flags & value) != 0;
    return (kind == Kind::kVowel ? state.vowel : state.sound) == value;
  }
};

class PackAlphabet {
 public:
  explicit PackAlphabet(const LanguageSource& source);

  size_t vowel_classes() const noexcept { return vowel_classes_; }
  size_t sound_classes() const noexcept { return sound_classes_; }
  const std::map<char32_t, PackLetter>& letters() const noexcept { return letters_; }
  const PackLetter* find(char32_t letter) const noexcept;
  bool is_vowel(char32_t letter) const noexcept;

  /// What stands behind one more letter; others than letters change nothing.
  SoundState after(SoundState state, char32_t letter) const noexcept;
  SoundState after(SoundState state, std::string_view text) const noexcept;

  /// The first character that is no letter of the alphabet; empty: there is none.
  std::string foreign_letter(std::string_view text) const;
  std::string lower(std::string_view text) const;
  const std::map<char32_t, char32_t>& lower_of() const noexcept { return lower_of_; }
  const std::map<char32_t, char32_t>& upper_of() const noexcept { return upper_of_; }

  /// Throw for unknown names.
  PackFeature feature(std::string_view name, const SourcePlace& place) const;
  uint8_t vowel_class(std::string_view name, const SourcePlace& place) const;
  uint8_t flags(const std::vector<std::string>& names, const SourcePlace& place) const;
  /// The vowel class of roots marked `opposite`; 0: none is given.
  uint8_t opposite(uint8_t vowel) const noexcept { return opposites_[vowel]; }

 private:
  void add_name(const std::string& name, PackFeature feature, const SourcePlace& place);
  void add_vowel_classes(const LanguageSource& source);
  void add_sound_classes(const LanguageSource& source);
  void add_case_pairs(const LanguageSource& source);

  std::map<char32_t, PackLetter> letters_;
  std::map<std::string, PackFeature, std::less<>> features_;
  std::map<char32_t, char32_t> lower_of_, upper_of_;
  size_t vowel_classes_ = 0, sound_classes_ = 0;
  uint8_t opposites_[16] = {};
};

/// The first code point of a text that is not empty.
char32_t first_letter(std::string_view text) noexcept;

}  // namespace tokrail
