#include "tokenizers/training/stem_selection.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

struct Candidate {
  StemToken token;
  double saving;
};

/// Stems that are so rarely in lower case are taken as names whatever the lexicon says.
constexpr double kTitleShare = 0.05;

/// Tokens that a stem takes without an id, beyond one.
double fallback_cost(double letters) {
  return 1.0 + letters / 6.0;
}

StemUses expected_uses(const StemForm& form, double letters, const StemUses& counted,
                       const StemSelectionOptions& options) {
  StemUses uses = counted;
  const StemWeights& weights = options.weights;
  const double unseen = weights.unseen * std::exp(-weights.unseen_decay * (letters - 5.0));
  if (form.upper) {
    uses[2] += unseen * weights.proper;
  } else if (form.proper) {
    uses[1] += unseen * weights.proper;
  } else {
    uses[0] += unseen;
    uses[1] += unseen * weights.capital_share;
  }
  return uses;
}

}  // namespace

void set_stem_weight(StemWeights& weights, std::string_view name, double value) {
  const std::pair<std::string_view, double StemWeights::*> all[] = {
      {"unseen", &StemWeights::unseen},           {"unseen_decay", &StemWeights::unseen_decay},
      {"proper", &StemWeights::proper},           {"capital_share", &StemWeights::capital_share},
      {"second_case", &StemWeights::second_case},
  };
  for (const auto& [known, member] : all) {
    if (known != name) continue;
    if (!std::isfinite(value) || value < 0) {
      throw Error(ErrorCode::kInvalidArgument, "expected stem weights of 0 or more");
    }
    weights.*member = value;
    return;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "expected unseen, unseen_decay, proper, capital_share or second_case; found " +
                  std::string(name));
}

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
    // The first id of a stem also writes its other cases, behind marks. Texts of other kinds than
    // the corpus have fewer titles: what is not a name is in lower case there.
    const auto most = std::max_element(expected.begin(), expected.end());
    const bool is_name = form.proper || form.upper || expected[0] < kTitleShare * *most;
    const size_t first = is_name ? static_cast<size_t>(most - expected.begin()) : 0;
    for (size_t c = 0; c < expected.size(); ++c) {
      double saving = expected[c] * options.weights.second_case;
      if (c == first) {
        saving = 0;
        for (size_t other = 0; other < expected.size(); ++other) {
          saving += expected[other] * (other == first ? fallback : fallback - 1.0);
        }
      }
      candidates.push_back({{id, static_cast<StemCase>(c)}, saving});
    }
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
