// The exact law of a weight estimator on one distribution: mean, variance, tests, joint law of
// token and weight, by taking every random path (exhaustive_proposals.h).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "bindings/cli/sampling_cases.h"
#include "decoding/rejection/weight_estimators.h"

namespace tokrail::cli {

struct WeightLaw {
  double mean = 0;
  double second_moment = 0;
  double tests = 0;
  double zero_probability = 0;
  std::vector<double> joint;          ///< per id: E[w [token = id]]
  std::vector<double> joint_squares;  ///< per id: E[w^2 [token = id]]

  double variance() const noexcept { return second_moment - mean * mean; }
};

using Estimator = std::function<WeightedToken(Proposals&, TokenTest&)>;

/// For estimators that ask for no repeats, or for a limited number.
WeightLaw exact_law(std::span<const double> p, std::span<const uint8_t> accepted,
                    const Estimator& estimator);
/// geometric without a limit of rejections: the repeats are integrated.
WeightLaw exact_geometric_law(std::span<const double> p, std::span<const uint8_t> accepted,
                              uint32_t max_accepts);

/// Z, and what is known of it in closed form.
double accepted_mass(std::span<const double> p, std::span<const uint8_t> accepted);
/// Tests until the first acceptance, of draws without replacement.
double expected_first_tests(std::span<const double> p, std::span<const uint8_t> accepted);
/// Different tokens tested until `accepts` acceptances, of draws with replacement.
double expected_geometric_tests(std::span<const double> p, std::span<const uint8_t> accepted,
                                int accepts);
/// Variance of geometric with two acceptances and no limit; a function of Z alone.
double geometric_variance(double mass);

/// One number held against another.
struct LawCheck {
  std::string what;
  double got = 0;
  double expected = 0;
  bool ok = false;
};

/// Everything the case says, and what follows from its p without being said, for every estimator.
/// `tolerance` is relative to 1 for probabilities and tests.
std::vector<LawCheck> check_token_laws(const TokenCase& token_case, double tolerance = 1e-12);

}  // namespace tokrail::cli
