#include "tokenizers/morphology/morph_costs.h"

namespace tokrail {

namespace {

// Roughly what texts show: a lexicon's stem is one of some thousands, a suffix one of some tens,
// and a stem outside the lexicon costs more the longer it is.
constexpr uint16_t kNats = MorphCosts::kUnit;
constexpr uint16_t kStem = 8 * kNats;
constexpr uint16_t kStep = 3 * kNats;
constexpr uint16_t kUnknownStem = 10 * kNats;
constexpr uint16_t kUnknownLetter = 3 * kNats;
constexpr uint16_t kNumber = 4 * kNats;
constexpr uint16_t kJoin = 4 * kNats;

}  // namespace

MorphCosts MorphCosts::flat(const Language& language) {
  const MorphClasses classes(language);
  MorphCosts costs;
  costs.lexemes.assign(language.lexeme_count(), kStem);
  costs.steps.assign(size_t{classes.count} * classes.count, kStep);
  costs.unknown_stem = kUnknownStem;
  costs.unknown_letter = kUnknownLetter;
  costs.unknown_states.assign(language.unknown_states().size(), 0);
  costs.number = kNumber;
  costs.join = kJoin;
  return costs;
}

}  // namespace tokrail
