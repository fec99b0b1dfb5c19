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

std::string_view MorphCosts::misfit(const Language& language) const noexcept {
  const size_t classes = MorphClasses(language).count;
  if (lexemes.size() != language.lexeme_count()) return "a cost for each lexeme";
  if (steps.size() != classes * classes) return "a cost for each pair of classes";
  if (unknown_states.size() != language.unknown_states().size()) {
    return "a cost for each state of unknown stems";
  }
  return {};
}

}  // namespace tokrail
