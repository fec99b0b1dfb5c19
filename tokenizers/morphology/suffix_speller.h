// SuffixSpeller: how the suffixes of a pack are spelled behind an ending, from their forms.
//
// This is what is tabulated: slow, and only run while a pack is compiled. Errors:
// Error(kInvalidFile) with file:line. Internal to language packs.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "tokenizers/morphology/pack_alphabet.h"

namespace tokrail {

/// An ending with what decides its future.
struct EndingKey {
  std::string base_tail, changed_tail;
  SoundState base, changed;
  bool changes = false;
  uint8_t trigger = 0;  ///< number of what sets the change off

  bool operator==(const EndingKey&) const = default;
};

/// Moves what both tails begin with, in whole characters, to the end of `text`. Equal tails with
/// equal states do not change.
EndingKey split_tails(std::string& text, const std::string& base_tail,
                      const std::string& changed_tail, SoundState base, SoundState changed,
                      uint8_t trigger);

struct SpelledSuffix {
  std::string text;
  EndingKey end;
  bool changes_left = false;
  bool allowed = false;
};

class SuffixSpeller {
 public:
  SuffixSpeller(const LanguageSource& source, const PackAlphabet& alphabet);

  size_t suffix_count() const noexcept { return suffixes_.size(); }
  SpelledSuffix spell(const EndingKey& left, size_t suffix) const;
  /// Number of a trigger; throws for unknown ones.
  uint8_t trigger(const std::string& name, const SourcePlace& place) const;
  /// "(y)I": the last form, with what another has before it in parentheses.
  std::string pattern(size_t suffix) const;

 private:
  struct Archiphoneme {
    std::vector<std::pair<PackFeature, std::string>> choices;
    std::string otherwise;
  };
  struct Symbol {
    char32_t letter = 0;  ///< where it stands for itself
    const Archiphoneme* archiphoneme = nullptr;
  };
  struct Term {
    PackFeature feature;
    bool negated = false;
  };
  struct Form {
    std::vector<std::vector<Term>> conditions;
    std::vector<Symbol> text, base_tail, changed_tail;
    bool changes = false;
    uint8_t trigger = 0;
  };
  struct Suffix {
    std::vector<Form> forms;
    uint8_t sets = 0, triggers = 0, not_triggers = 0, vowel = 0;
    bool keeps = false;
    SourcePlace place;
  };

  void add_archiphonemes();
  void add_suffix(const SourceSuffix& suffix);
  Form compile(const SourceForm& form, const SourceSuffix& suffix) const;
  std::vector<Term> compile_condition(const std::string& text, const SourcePlace& place) const;
  std::vector<Symbol> symbols(const std::string& text, const SourceSuffix& suffix) const;
  uint8_t trigger_bits(const std::vector<std::string>& names, const SourcePlace& place) const;

  /// The form that is taken in a state, and whether its conditions hold.
  std::pair<const Form*, bool> choose(const Suffix& suffix, SoundState state) const;
  SoundState write(const std::vector<Symbol>& symbols, SoundState state, std::string& out) const;
  bool sets_off(const Suffix& suffix, const EndingKey& left) const;

  const LanguageSource& source_;
  const PackAlphabet& alphabet_;
  std::map<char32_t, Archiphoneme> archiphonemes_;
  std::vector<Suffix> suffixes_;
};

}  // namespace tokrail
