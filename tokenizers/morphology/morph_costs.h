// MorphCosts: how likely stems and sequences of morphs are, as integers.
//
// Costs are -ln p in units of 1/64 nat, learnt from raw text (training/morph_estimation.h) and kept
// with the tokenizer, so that its ids do not move when a lexicon does. A morph's *class* is what
// the next morph's cost depends on: the part of speech of a stem, or a suffix.
//
//   class of a stem of pos p: p            (pos_count of them)
//   class of a stem in no lexicon: pos_count       ("unknown")
//   class of a number: pos_count + 1
//   class of a suffix s: pos_count + 2 + s
//   end of the word (as a next class only): class_count - 1
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/language.h"

namespace tokrail {

using MorphClass = uint16_t;
using MorphCost = uint32_t;

/// Classes of a language.
struct MorphClasses {
  explicit MorphClasses(const Language& language)
      : pos_count(static_cast<MorphClass>(language.pos_count())),
        count(static_cast<MorphClass>(language.pos_count() + 2 + language.suffix_count() + 1)) {}
  MorphClass of_pos(PosId pos) const noexcept { return pos; }
  MorphClass unknown() const noexcept { return pos_count; }
  MorphClass number() const noexcept { return static_cast<MorphClass>(pos_count + 1); }
  MorphClass of_suffix(SuffixId suffix) const noexcept {
    return static_cast<MorphClass>(pos_count + 2 + suffix);
  }
  MorphClass end() const noexcept { return static_cast<MorphClass>(count - 1); }

  MorphClass pos_count;
  MorphClass count;
};

struct MorphCosts {
  static constexpr MorphCost kUnit = 64;  ///< one nat

  std::vector<uint16_t> lexemes;  ///< by LexemeId: of beginning a word with it
  /// [from * class_count + to]: of the next morph, or of the end, behind a morph.
  std::vector<uint16_t> steps;
  uint16_t unknown_stem = 0;    ///< of beginning a word with a stem in no lexicon
  uint16_t unknown_letter = 0;  ///< of each of its characters
  /// Of each state in Language::unknown_states(), added to unknown_stem.
  std::vector<uint16_t> unknown_states;
  uint16_t number = 0;  ///< of beginning a word with digits
  uint16_t join = 0;    ///< of a second stem behind a stem, added to the stem's own cost

  /// What does not fit the language ("a cost for each lexeme"); empty where all does.
  std::string_view misfit(const Language& language) const noexcept;
  /// Costs before anything was learnt: lexemes and steps alike.
  static MorphCosts flat(const Language& language);
};

}  // namespace tokrail
