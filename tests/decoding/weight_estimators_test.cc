// Weight estimators against their exact laws: every random path of small distributions is walked
// and added up, and held against numbers computed in fractions and against closed forms.
#include "decoding/rejection/weight_estimators.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "bindings/cli/estimator_law.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"

namespace tokrail {
namespace {

using cli::check_token_laws;
using cli::exact_law;
using cli::LawCheck;
using cli::TokenCase;
using cli::WeightLaw;

/// Distributions of our own; the laws are held against closed forms alone.
std::vector<TokenCase> own_cases() {
  std::vector<TokenCase> cases;
  const auto add = [&](const char* id, std::vector<double> p, std::vector<uint8_t> accepted) {
    TokenCase one;
    one.id = id;
    one.p = std::move(p);
    one.accepted = std::move(accepted);
    for (const uint64_t cap : {1, 2, 3, 7}) {
      one.recursive_capped.push_back({.max_rejections = cap});
      for (const uint64_t accepts : {2, 3})
        one.geometric_capped.push_back({.max_accepts = accepts, .max_rejections = cap});
    }
    for (const uint64_t further : {1, 2, 3, 5}) one.further.push_back({.further_tests = further});
    cases.push_back(one);
  };
  add("eighths", {0.5, 0.25, 0.125, 0.125}, {1, 0, 0, 1});
  add("behind almost everything", {0.6, 0.39999, 9e-6, 1e-6}, {0, 0, 0, 1});
  add("one in ten million", {0.9999, 0.0000999, 1e-7}, {0, 0, 1});
  add("nothing", {0.5, 0.25, 0.25}, {0, 0, 0});
  add("everything", {0.5, 0.25, 0.25}, {1, 1, 1});
  add("one token", {1}, {1});
  add("no mass", {0.5, 0, 0.5, 0}, {0, 1, 1, 0});
  add("five", {0.3, 0.25, 0.2, 0.15, 0.1}, {0, 1, 0, 0, 1});
  return cases;
}

void expect_all_hold(const TokenCase& token_case) {
  for (const LawCheck& check : check_token_laws(token_case)) {
    EXPECT_TRUE(check.ok) << token_case.id << ", " << check.what << ": " << check.got << " for "
                          << check.expected;
  }
}

TEST(WeightEstimators, LawsOfOwnCases) {
  for (const TokenCase& token_case : own_cases()) expect_all_hold(token_case);
}

TEST(WeightEstimators, LawsOfTheOracleFile) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "controlled/awrs_token.json");
  const auto cases = std::get<std::vector<TokenCase>>(cli::read_sampling_cases(path));
  size_t checks = 0;
  for (const TokenCase& token_case : cases) {
    expect_all_hold(token_case);
    checks += check_token_laws(token_case).size();
  }
  EXPECT_GE(checks, 700U);
}

TEST(WeightEstimators, LawsOfRandomCases) {
  test::Random random(test::property_seed());
  for (int round = 0; round < 60; ++round) {
    TokenCase token_case;
    token_case.id = "random " + std::to_string(round);
    double sum = 0;
    for (size_t i = 0, n = 1 + test::below(random, 6); i < n; ++i) {
      token_case.p.push_back(std::exp(-6 * std::generate_canonical<double, 53>(random)));
      token_case.accepted.push_back(test::below(random, 2) != 0);
      sum += token_case.p.back();
    }
    for (double& p : token_case.p) p /= sum;
    token_case.geometric_capped.push_back({.max_accepts = 3, .max_rejections = 4});
    token_case.recursive_capped.push_back({.max_rejections = 2});
    expect_all_hold(token_case);
  }
}

/// Mean over the cases with 0 < Z < 1 of variance / variance of geometric, and of tests more.
struct Comparison {
  double variance = 0;
  double further_tests = 0;
};
Comparison compare(const std::vector<TokenCase>& cases, const DesRajOptions& options) {
  Comparison mean;
  int counted = 0;
  for (const TokenCase& one : cases) {
    const double mass = cli::accepted_mass(one.p, one.accepted);
    if (one.family || mass <= 0 || mass > 1 - 1e-12) continue;
    const WeightLaw law = exact_law(
        one.p, one.accepted, [&](Proposals& p, TokenTest& t) { return des_raj(p, t, options); });
    mean.variance += law.variance() / cli::geometric_variance(mass);
    mean.further_tests += law.tests - cli::expected_geometric_tests(one.p, one.accepted, 2);
    ++counted;
  }
  mean.variance /= counted;
  mean.further_tests /= counted;
  return mean;
}

TEST(WeightEstimators, DesRajHasSmallVariance) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "controlled/awrs_token.json");
  const auto cases = std::get<std::vector<TokenCase>>(cli::read_sampling_cases(path));
  const Comparison usual = compare(cases, {});
  EXPECT_LE(usual.variance, 0.15);
  EXPECT_LE(usual.further_tests, 0.8);
  const Comparison thorough = compare(cases, kThorough);
  EXPECT_LE(thorough.variance, 0.01);
  EXPECT_LE(thorough.further_tests, 1.3);
}

TEST(WeightEstimators, NothingAcceptedTestsEachTokenOnce) {
  const std::vector<double> p = {0.5, 0.25, 0, 0.25};
  const std::vector<uint8_t> accepted(4, 0);
  const cli::Estimator all[] = {[](Proposals& q, TokenTest& t) { return des_raj(q, t); },
                                [](Proposals& q, TokenTest& t) { return recursive(q, t); },
                                two_loop};
  for (const cli::Estimator& estimator : all) {
    const WeightLaw law = exact_law(p, accepted, estimator);
    EXPECT_EQ(law.mean, 0);
    EXPECT_NEAR(law.tests, 3, 1e-12);
    EXPECT_NEAR(law.zero_probability, 1, 1e-12);
  }
  EXPECT_NEAR(cli::exact_geometric_law(p, accepted, 2).tests, 3, 1e-12);
}

TEST(WeightEstimators, EverythingExploredIsExact) {
  const std::vector<double> p = {0.4, 0.3, 0.2, 0.1};
  const std::vector<uint8_t> accepted = {0, 1, 1, 0};
  const WeightLaw law = exact_law(p, accepted, [](Proposals& q, TokenTest& t) {
    const WeightedToken step = des_raj(q, t, {.delta = 0, .further_tests = 99});
    EXPECT_TRUE(step.exact);
    EXPECT_NEAR(step.weight, 0.5, 1e-15);
    EXPECT_NEAR(step.explored, 1, 1e-15);
    return step;
  });
  EXPECT_NEAR(law.tests, 4, 1e-12);
  EXPECT_NEAR(law.variance(), 0, 1e-15);
}

}  // namespace
}  // namespace tokrail
