#include "bindings/cli/estimator_law.h"

#include <algorithm>
#include <cmath>

#include "bindings/cli/exhaustive_proposals.h"

namespace tokrail::cli {
namespace {

void add(WeightLaw& law, double probability, const WeightedToken& step, double mean,
         double second_moment) {
  law.mean += probability * mean;
  law.second_moment += probability * second_moment;
  law.tests += probability * step.tests;
  if (mean == 0) law.zero_probability += probability;
  if (!step.found) return;
  law.joint[step.token] += probability * mean;
  law.joint_squares[step.token] += probability * second_moment;
}

/// Mean and second moment of (a - 1) / (c + N), N a sum of independent geometric numbers with
/// success probabilities `left`, as integrals of the generating function of N:
/// 1 / (c + N) = integral over (0, 1) of t^(c + N - 1), 1 / (c + N)^2 the same with -ln t.
/// The rule is tanh-sinh, which puts its points where t is close to 0 and to 1.
struct Moments {
  double first = 0;
  double second = 0;
};
Moments integrate_repeats(double c, std::span<const double> left, double numerator) {
  constexpr double kStep = 1.0 / 64;
  Moments moments;
  for (int i = -6 * 64; i <= 6 * 64; ++i) {
    const double s = kStep * i;
    const double u = M_PI * std::sinh(s);  // t = 1 / (1 + exp(-u))
    const double t = 1 / (1 + std::exp(-u));
    const double rest = 1 / (1 + std::exp(u));  // 1 - t
    const double log_t = u > 0 ? std::log1p(-rest) : u - std::log1p(std::exp(u));
    const double weight = kStep * M_PI * std::cosh(s) * t * rest;
    if (!(weight > 0)) continue;
    double value = std::exp((c - 1) * log_t);
    for (const double part : left) value *= part / (rest + part * t);
    moments.first += weight * value;
    moments.second += weight * value * -log_t;
  }
  moments.first *= numerator;
  moments.second *= numerator * numerator;
  return moments;
}

}  // namespace

WeightLaw exact_law(std::span<const double> p, std::span<const uint8_t> accepted,
                    const Estimator& estimator) {
  ExhaustiveProposals paths(p, accepted);
  WeightLaw law;
  law.joint.assign(p.size(), 0);
  law.joint_squares.assign(p.size(), 0);
  do {
    const WeightedToken step = estimator(paths, paths);
    add(law, paths.probability(), step, step.weight, step.weight * step.weight);
  } while (paths.advance());
  return law;
}

WeightLaw exact_geometric_law(std::span<const double> p, std::span<const uint8_t> accepted,
                              uint32_t max_accepts) {
  ExhaustiveProposals paths(p, accepted, ExhaustiveProposals::Repeats::kNone);
  WeightLaw law;
  law.joint.assign(p.size(), 0);
  law.joint_squares.assign(p.size(), 0);
  do {
    const WeightedToken step = geometric(paths, paths, {.max_accepts = max_accepts});
    Moments moments;
    if (step.weight > 0) {
      const double numerator = max_accepts - 1;
      moments = integrate_repeats(numerator / step.weight, paths.repeats_left(), numerator);
    }
    add(law, paths.probability(), step, moments.first, moments.second);
  } while (paths.advance());
  return law;
}

double accepted_mass(std::span<const double> p, std::span<const uint8_t> accepted) {
  double mass = 0;
  for (size_t i = p.size(); i-- > 0;) mass += accepted[i] != 0 ? p[i] : 0;
  return mass;
}

double expected_first_tests(std::span<const double> p, std::span<const uint8_t> accepted) {
  const double mass = accepted_mass(p, accepted);
  double tests = mass > 0 ? 1 : 0;
  for (size_t i = 0; i < p.size(); ++i)
    if (accepted[i] == 0 && p[i] > 0) tests += p[i] / (p[i] + mass);
  return tests;
}

double expected_geometric_tests(std::span<const double> p, std::span<const uint8_t> accepted,
                                int accepts) {
  const double mass = accepted_mass(p, accepted);
  double tests = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] <= 0) continue;
    tests += accepted[i] == 0 ? 1 - std::pow(mass / (p[i] + mass), accepts)
                              : 1 - std::pow(1 - p[i] / mass, accepts);
  }
  return tests;
}

double geometric_variance(double mass) {
  if (mass <= 0 || mass >= 1) return 0;
  return mass * mass * (-std::log(mass) / (1 - mass) - 1);
}

namespace {

/// Collects the checks of one case.
class LawChecks {
 public:
  LawChecks(const TokenCase& token_case, double tolerance)
      : case_(token_case),
        tolerance_(tolerance),
        mass_(accepted_mass(token_case.p, token_case.accepted)) {}

  void number(const std::string& what, double got, std::optional<double> expected) {
    if (!expected) return;
    // Small numbers (a mass of 4e-6) have to be right too, not only small.
    const double difference = std::fabs(got - *expected);
    const bool ok = difference <= tolerance_ * std::max(1.0, std::fabs(*expected)) &&
                    difference <= 1e-7 * std::fabs(*expected) + 1e-13;
    checks_.push_back({what, got, *expected, ok});
  }

  /// Mean Z and joint p a are what makes an estimator proper; the rest is what the file says.
  void law(const std::string& name, const WeightLaw& law, const ExpectedLaw& expected) {
    number(name + ": mean", law.mean, mass_);
    number(name + ": mean in the file", law.mean, expected.mean);
    number(name + ": variance", law.variance(), expected.variance);
    number(name + ": tests", law.tests, expected.tests);
    number(name + ": probability of weight 0", law.zero_probability, expected.zero_probability);
    double worst = 0;
    for (size_t i = 0; i < case_.p.size(); ++i)
      worst = std::max(worst, std::fabs(law.joint[i] - (case_.accepted[i] != 0 ? case_.p[i] : 0)));
    number(name + ": joint law, largest difference", worst, 0);
  }

  void closed_forms() {
    number("Z", mass_, case_.mass);
    for (size_t i = 0; i < case_.target.size(); ++i)
      number("p a of id " + std::to_string(i), case_.accepted[i] != 0 ? case_.p[i] : 0,
             case_.target[i]);
    if (mass_ <= 0) return;
    number("tests until the first acceptance", expected_first_tests(case_.p, case_.accepted),
           case_.tests_first);
    number("tests of geometric, 2 acceptances",
           expected_geometric_tests(case_.p, case_.accepted, 2), case_.tests_geometric_2);
    number("tests of geometric, 3 acceptances",
           expected_geometric_tests(case_.p, case_.accepted, 3), case_.tests_geometric_3);
    number("variance of geometric, 2 acceptances", geometric_variance(mass_),
           case_.variance_geometric_2);
    number("variance of one draw", mass_ * (1 - mass_), case_.variance_one_draw);
  }

  void estimators();

  std::vector<LawCheck> take() { return std::move(checks_); }

 private:
  void check(const std::string& name, const Estimator& estimator, const ExpectedLaw& expected) {
    law(name, exact_law(case_.p, case_.accepted, estimator), expected);
  }

  const TokenCase& case_;
  double tolerance_;
  double mass_;
  std::vector<LawCheck> checks_;
};

void LawChecks::estimators() {
  check("des_raj", [](Proposals& p, TokenTest& t) { return des_raj(p, t); }, {});
  check("des_raj thorough", [](Proposals& p, TokenTest& t) { return des_raj(p, t, kThorough); },
        {});
  check(
      "recursive", [](Proposals& p, TokenTest& t) { return recursive(p, t); },
      case_.recursive.value_or(ExpectedLaw{}));
  check("two_loop", two_loop, case_.two_loop.value_or(ExpectedLaw{}));
  for (const ExpectedLaw& expected : case_.recursive_capped) {
    const auto cap = static_cast<uint32_t>(expected.max_rejections);
    check(
        "recursive, at most " + std::to_string(cap) + " rejections",
        [cap](Proposals& p, TokenTest& t) { return recursive(p, t, cap); }, expected);
  }
  for (const ExpectedLaw& expected : case_.further) {
    const DesRajOptions options{.delta = 0,
                                .further_tests = static_cast<uint32_t>(expected.further_tests)};
    check(
        "des_raj, " + std::to_string(expected.further_tests) + " further tests",
        [options](Proposals& p, TokenTest& t) { return des_raj(p, t, options); }, expected);
  }
  for (const ExpectedLaw& expected : case_.geometric_capped) {
    const GeometricOptions options{.max_accepts = static_cast<uint32_t>(expected.max_accepts),
                                   .max_rejections = expected.max_rejections};
    check(
        "geometric, " + std::to_string(options.max_accepts) + " acceptances, at most " +
            std::to_string(options.max_rejections) + " rejections",
        [options](Proposals& p, TokenTest& t) { return geometric(p, t, options); }, expected);
  }
  for (const uint32_t accepts : {2U, 3U}) {
    ExpectedLaw expected;
    if (mass_ > 0) {
      expected.tests = expected_geometric_tests(case_.p, case_.accepted, static_cast<int>(accepts));
      if (accepts == 2) expected.variance = geometric_variance(mass_);
    }
    law("geometric, " + std::to_string(accepts) + " acceptances",
        exact_geometric_law(case_.p, case_.accepted, accepts), expected);
  }
}

}  // namespace

std::vector<LawCheck> check_token_laws(const TokenCase& token_case, double tolerance) {
  LawChecks checks(token_case, tolerance);
  checks.closed_forms();
  if (!token_case.family && token_case.p.size() <= 8) checks.estimators();
  return checks.take();
}

}  // namespace tokrail::cli
