#include "tokenizers/morphology/pack_alphabet.h"

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

constexpr size_t kMaxVowelClasses = 15, kMaxSoundClasses = 31, kMaxFlags = 8;

std::string in_quotes(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

}  // namespace

void fail_in_pack(const SourcePlace& place, const std::string& expected) {
  throw Error(ErrorCode::kInvalidFile, "expected " + expected, place.str());
}

char32_t first_letter(std::string_view text) noexcept {
  return text.empty() ? 0 : decode_utf8(text.data(), text.data() + text.size()).code_point;
}

PackAlphabet::PackAlphabet(const LanguageSource& source) {
  add_vowel_classes(source);
  add_sound_classes(source);
  const SourcePlace header{source.code, 0};
  if (source.flags.size() > kMaxFlags) fail_in_pack(header, "no more than 8 flags");
  for (size_t i = 0; i < source.flags.size(); ++i) {
    add_name(source.flags[i], {PackFeature::Kind::kFlag, static_cast<uint8_t>(1u << i)}, header);
  }
  for (const std::string& text : source.transparent) {
    const auto found = letters_.find(first_letter(text));
    if (found == letters_.end() || found->second.vowel == 0) {
      fail_in_pack(header, "a vowel as transparent letter, found " + in_quotes(text));
    }
    found->second.transparent = true;
  }
  for (const SourcePair& pair : source.opposites) {
    uint8_t& opposite = opposites_[vowel_class(pair.first, pair.place)];
    if (opposite != 0) fail_in_pack(pair.place, "one opposite of " + in_quotes(pair.first));
    opposite = vowel_class(pair.second, pair.place);
  }
  for (const SourcePair& pair : source.variants) {
    for (const std::string* letter : {&pair.first, &pair.second}) {
      if (find(first_letter(*letter)) == nullptr) {
        fail_in_pack(pair.place, "letters of the alphabet, found " + in_quotes(*letter));
      }
    }
  }
  add_case_pairs(source);
}

void PackAlphabet::add_name(const std::string& name, PackFeature feature,
                            const SourcePlace& place) {
  if (!features_.emplace(name, feature).second) {
    fail_in_pack(place, "one class or flag of the name " + in_quotes(name));
  }
}

void PackAlphabet::add_vowel_classes(const LanguageSource& source) {
  for (const SourceClass& vowels : source.vowel_classes) {
    if (++vowel_classes_ > kMaxVowelClasses) {
      fail_in_pack(vowels.place, "no more than 15 vowel classes");
    }
    const auto number = static_cast<uint8_t>(vowel_classes_);
    add_name(vowels.name, {PackFeature::Kind::kVowel, number}, vowels.place);
    for (const std::string& text : vowels.letters) {
      PackLetter& letter = letters_[first_letter(text)];
      if (letter.vowel != 0) {
        fail_in_pack(vowels.place, in_quotes(text) + " in one vowel class, not in two");
      }
      letter.vowel = number;
    }
  }
}

void PackAlphabet::add_sound_classes(const LanguageSource& source) {
  for (const SourceClass& sounds : source.sound_classes) {
    if (++sound_classes_ > kMaxSoundClasses) {
      fail_in_pack(sounds.place, "no more than 31 sound classes");
    }
    const auto number = static_cast<uint8_t>(sound_classes_);
    add_name(sounds.name, {PackFeature::Kind::kSound, number}, sounds.place);
    for (const std::string& text : sounds.letters) {
      PackLetter& letter = letters_[first_letter(text)];
      if (letter.sound != 0) {
        fail_in_pack(sounds.place, in_quotes(text) + " in one sound class, not in two");
      }
      letter.sound = number;
    }
  }
  for (const SourceClass& vowels : source.vowel_classes) {
    for (const std::string& text : vowels.letters) {
      if (letters_[first_letter(text)].sound == 0) {
        fail_in_pack(vowels.place, "a sound class with the letter " + in_quotes(text));
      }
    }
  }
}

void PackAlphabet::add_case_pairs(const LanguageSource& source) {
  for (const auto& [letter, what] : letters_) {
    if (simple_lowercase(letter) != letter) {
      std::string text;
      append_utf8(letter, text);
      fail_in_pack({source.code, 0}, "letters in lower case, found " + in_quotes(text));
    }
  }
  for (const SourcePair& pair : source.uppers) {
    const char32_t lower = first_letter(pair.first), upper = first_letter(pair.second);
    if (!upper_of_.emplace(lower, upper).second || !lower_of_.emplace(upper, lower).second) {
      fail_in_pack(pair.place, "one upper case of a letter, found " + in_quotes(pair.first) +
                                   " or " + in_quotes(pair.second) + " again");
    }
  }
}

const PackLetter* PackAlphabet::find(char32_t letter) const noexcept {
  const auto found = letters_.find(letter);
  return found == letters_.end() ? nullptr : &found->second;
}

bool PackAlphabet::is_vowel(char32_t letter) const noexcept {
  const PackLetter* const found = find(letter);
  return found != nullptr && found->vowel != 0;
}

SoundState PackAlphabet::after(SoundState state, char32_t letter) const noexcept {
  const PackLetter* const found = find(letter);
  if (found == nullptr) return state;
  state.sound = found->sound;
  if (found->vowel != 0 && (!found->transparent || state.vowel == 0)) state.vowel = found->vowel;
  return state;
}

SoundState PackAlphabet::after(SoundState state, std::string_view text) const noexcept {
  for (const auto [position, unit] : utf8_units(text)) state = after(state, unit.code_point);
  return state;
}

std::string PackAlphabet::foreign_letter(std::string_view text) const {
  for (const auto [position, unit] : utf8_units(text)) {
    if (!unit.valid || find(unit.code_point) == nullptr) {
      return std::string(text.substr(position, unit.length));
    }
  }
  return {};
}

std::string PackAlphabet::lower(std::string_view text) const {
  std::string out;
  for (const auto [position, unit] : utf8_units(text)) {
    if (!unit.valid) {
      out += text.substr(position, unit.length);
      continue;
    }
    const auto found = lower_of_.find(unit.code_point);
    append_utf8(found != lower_of_.end() ? found->second : simple_lowercase(unit.code_point), out);
  }
  return out;
}

PackFeature PackAlphabet::feature(std::string_view name, const SourcePlace& place) const {
  const auto found = features_.find(name);
  if (found == features_.end()) {
    fail_in_pack(place, "the name of a class or flag, found " + in_quotes(name));
  }
  return found->second;
}

uint8_t PackAlphabet::vowel_class(std::string_view name, const SourcePlace& place) const {
  const auto found = features_.find(name);
  if (found == features_.end() || found->second.kind != PackFeature::Kind::kVowel) {
    fail_in_pack(place, "the name of a vowel class, found " + in_quotes(name));
  }
  return found->second.value;
}

uint8_t PackAlphabet::flags(const std::vector<std::string>& names, const SourcePlace& place) const {
  uint8_t bits = 0;
  for (const std::string& name : names) {
    const auto found = features_.find(name);
    if (found == features_.end() || found->second.kind != PackFeature::Kind::kFlag) {
      fail_in_pack(place, "the name of a flag, found " + in_quotes(name));
    }
    bits |= found->second.value;
  }
  return bits;
}

}  // namespace tokrail
