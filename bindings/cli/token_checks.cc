#include "bindings/cli/token_checks.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "bindings/cli/estimator_law.h"
#include "bindings/cli/id_set_constraint.h"
#include "decoding/rejection/step_sampler.h"

namespace tokrail::cli {
namespace {

struct Way {
  std::string name;
  StepOptions options;
  Estimator estimator;   ///< whose exact law it has; empty for masks and mixtures
  bool endless = false;  ///< geometric without a limit
};

std::vector<Way> all_ways() {
  std::vector<Way> ways;
  const auto add = [&](std::string name, StepOptions options, Estimator estimator) {
    ways.push_back({std::move(name), options, std::move(estimator)});
  };
  StepOptions options;
  options.mode = StepMode::kRejectWeighted;
  add("des_raj", options, [](Proposals& p, TokenTest& t) { return des_raj(p, t); });
  options.des_raj = kThorough;
  add("des_raj thorough", options,
      [](Proposals& p, TokenTest& t) { return des_raj(p, t, kThorough); });
  options.des_raj = {};
  options.estimator = WeightEstimator::kRecursive;
  add("recursive", options, [](Proposals& p, TokenTest& t) { return recursive(p, t); });
  options.estimator = WeightEstimator::kTwoLoop;
  add("two_loop", options, two_loop);
  options.estimator = WeightEstimator::kGeometric;
  add("geometric", options, {});
  ways.back().endless = true;
  options = {};
  options.mode = StepMode::kMask;
  add("mask", options, {});
  options.order = ConstraintOrder::kFirst;
  add("mask before filters", options, {});
  options = {};
  add("adaptive", options, {});
  options.mask_cost = 2;
  add("adaptive, mask after 2 tests", options, {});
  return ways;
}

/// Sums over steps.
struct Tally {
  std::vector<double> joint;
  std::vector<double> squares;
  double sum = 0;
  double sum_of_squares = 0;
  double tests = 0;
  uint64_t positive = 0;
};

class TokenChecks {
 public:
  TokenChecks(const TokenCase& token_case, const CheckSizes& sizes)
      : case_(token_case),
        sizes_(sizes),
        constraint_(token_case.accepted),
        mass_(accepted_mass(token_case.p, token_case.accepted)),
        logits_(token_case.p.size()) {
    std::transform(case_.p.begin(), case_.p.end(), logits_.begin(),
                   [](double p) { return static_cast<float>(std::log(p)); });
    report_.id = case_.id;
  }

  CaseReport run() {
    for (const LawCheck& check : check_token_laws(case_)) {
      report_.checks.push_back(
          {"exact law: " + check.what, check.got, check.expected, 1e-12, false, check.ok});
    }
    report_.lines.push_back("Z " + short_number(mass_, 6) + "; by " + std::to_string(sizes_.draws) +
                            " steps each:");
    for (const Way& way : all_ways()) sample(way);
    sample_unweighted();
    return std::move(report_);
  }

 private:
  StepResult step(StepSampler& sampler, uint64_t stream) const {
    PreparedRow row{.logits = {.data = logits_.data(),
                               .rows = 1,
                               .vocab = logits_.size(),
                               .row_stride = logits_.size()},
                    .adjustments = {},
                    .parameters = {}};
    row.parameters.seed = sizes_.seed;
    row.parameters.stream = stream;
    return sampler.sample(row, &constraint_);
  }

  Tally tally(const StepOptions& options) const {
    Tally result;
    result.joint.assign(case_.p.size(), 0);
    result.squares.assign(case_.p.size(), 0);
    StepSampler sampler(options);
    for (uint64_t i = 0; i < sizes_.draws; ++i) {
      if (i % 8 == 0) sampler.reset();  // a past of up to eight steps
      const StepResult one = step(sampler, i);
      result.tests += one.report.tests;
      if (one.status != StepStatus::kOk) continue;
      const double weight = std::exp(one.log_weight);
      result.positive += weight > 0 ? 1 : 0;
      result.joint[one.token] += weight;
      result.squares[one.token] += weight * weight;
      result.sum += weight;
      result.sum_of_squares += weight * weight;
    }
    return result;
  }

  /// Within 4 standard errors. Rows are floats, which moves probabilities by up to 2e-6 of
  /// themselves.
  void mean(const std::string& what, double got, double expected, double second_moment) {
    const double variance = std::max(second_moment - expected * expected, 0.0);
    report_.near(what, got, expected,
                 4 * std::sqrt(variance / static_cast<double>(sizes_.draws)) + 2e-6 * expected);
  }

  std::optional<WeightLaw> exact(const Way& way) const {
    if (case_.family || case_.p.size() > 8) return std::nullopt;
    if (way.endless) return exact_geometric_law(case_.p, case_.accepted, 2);
    if (!way.estimator) return std::nullopt;
    return exact_law(case_.p, case_.accepted, way.estimator);
  }

  void sample(const Way& way) {
    const Tally seen = tally(way.options);
    const auto n = static_cast<double>(sizes_.draws);
    const std::optional<WeightLaw> law = exact(way);
    const double z = seen.sum / n;
    const double variance = std::max(seen.sum_of_squares / n - z * z, 0.0);
    report_.lines.push_back("  " + way.name + ": Z-hat " + short_number(z, 6) + ", variance " +
                            short_number(variance, 3) + ", tests " +
                            short_number(seen.tests / n, 4));
    // Too few steps with weight would not show the variance.
    if (mass_ > 0 && seen.positive < 400) return;
    mean(way.name + ": mean weight", z, mass_, law ? law->second_moment : seen.sum_of_squares / n);
    for (size_t id = 0; id < case_.p.size(); ++id) {
      const double expected = case_.accepted[id] != 0 ? case_.p[id] : 0;
      const std::string what = way.name + ": weight of id " + std::to_string(id);
      if (expected == 0) {
        if (seen.joint[id] != 0) report_.near(what, seen.joint[id] / n, 0, 0);
      } else if (law ? expected / mass_ * n >= 50 : expected * n >= 400) {
        // Without its law the weight's variance is seen only where large weights are frequent.
        mean(what, seen.joint[id] / n, expected,
             law ? law->joint_squares[id] : seen.squares[id] / n);
      }
    }
    if (law && law->variance() > 1e-15 && n * mass_ > 20000)
      report_.near(way.name + ": variance", variance, law->variance(), 0.05 * law->variance());
    if (law) {
      report_.near(way.name + ": tests per step", seen.tests / n, law->tests, 0.01 * law->tests);
    }
  }

  /// The first accepted token: its law, and how many tests it took.
  void sample_unweighted() {
    StepOptions options;
    options.mode = StepMode::kReject;
    const Tally seen = tally(options);
    const auto n = static_cast<double>(sizes_.draws);
    if (mass_ <= 0) return report_.near("reject: steps with a token", seen.sum, 0, 0);
    for (size_t id = 0; id < case_.p.size(); ++id) {
      const double expected = case_.accepted[id] != 0 ? case_.p[id] / mass_ : 0;
      if (expected * n < 50) continue;
      mean("reject: id " + std::to_string(id), seen.joint[id] / n, expected, expected);
    }
    report_.near("reject: tests per step", seen.tests / n,
                 expected_first_tests(case_.p, case_.accepted),
                 0.02 * expected_first_tests(case_.p, case_.accepted));
  }

  const TokenCase& case_;
  CheckSizes sizes_;
  IdSetConstraint constraint_;
  double mass_;
  std::vector<float> logits_;
  CaseReport report_;
};

}  // namespace

CaseReport check_token_case(const TokenCase& token_case, const CheckSizes& sizes) {
  return TokenChecks(token_case, sizes).run();
}

}  // namespace tokrail::cli
