#include "tokenizers/training/stem_selection.h"

#include <algorithm>
#include <cmath>

#include "base/utf8.h"

namespace tokrail {
namespace {

struct Candidate {
  StemToken token;
  double saving;
};

/// Tokens that a stem takes without an id, beyond one.
double fallback_cost(double letters) {
  return 1.0 + letters / 6.0;
}

StemUses expected_uses(const StemForm& form, double letters, const StemUses& counted,
                       const StemSelectionOptions& options) {
  StemUses uses = counted;
  const double unseen = options.unseen_weight * std::exp(-options.unseen_decay * (letters - 5.0));
  if (form.upper) {
    uses[2] += unseen * options.unseen_proper;
  } else if (form.proper) {
    uses[1] += unseen * options.unseen_proper;
  } else {
    uses[0] += unseen;
    uses[1] += unseen * options.capital_share;
  }
  return uses;
}

}  // namespace

std::vector<StemToken> choose_stems(const Language& language, std::span<const StemUses> uses,
                                    const StemSelectionOptions& options) {
  std::vector<Candidate> candidates;
  for (FormId id = 0; id < language.form_count(); ++id) {
    const StemForm form = language.form(id);
    const double letters = static_cast<double>(count_code_points(form.text));
    StemUses expected = expected_uses(form, letters, uses[id], options);
    const double fallback = fallback_cost(letters);
    if (options.case_ids == CaseIds::kMarks) {
      const double all = expected[0] + expected[1] + expected[2];
      candidates.push_back({{id, StemCase::kLower}, all * fallback});
      continue;
    }
    // Behind marks, a stem in lower case also writes the other cases.
    const double names = expected[1] + expected[2];
    const bool has_lower = expected[0] >= 0.02 * names;
    if (has_lower) {
      const double marked = names * (fallback - 1.0);
      candidates.push_back({{id, StemCase::kLower}, expected[0] * fallback + marked});
    }
    const double other = has_lower ? 1.0 : fallback;
    candidates.push_back({{id, StemCase::kCapital}, expected[1] * other});
    candidates.push_back({{id, StemCase::kUpper}, expected[2] * other});
  }
  std::erase_if(candidates, [](const Candidate& candidate) { return candidate.saving <= 0; });
  const auto before = [](const Candidate& a, const Candidate& b) {
    if (a.saving != b.saving) return a.saving > b.saving;
    if (a.token.form != b.token.form) return a.token.form < b.token.form;
    return a.token.letter_case < b.token.letter_case;
  };
  std::sort(candidates.begin(), candidates.end(), before);
  if (candidates.size() > options.limit) candidates.resize(options.limit);
  std::vector<StemToken> chosen;
  for (const Candidate& candidate : candidates) chosen.push_back(candidate.token);
  return chosen;
}

}  // namespace tokrail
