// StepSampler: the law of every mode through the real code, statuses, and what adaptive steps
// choose.
#include "decoding/rejection/step_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <numeric>
#include <optional>
#include <vector>

#include "bindings/cli/estimator_law.h"
#include "tests/decoding/set_constraint.h"
#include "tests/support/shared_data.h"

namespace {
size_t allocations = 0;
}  // namespace

// g++ takes free() here for a mistake where it sees both.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace tokrail {
namespace {

using cli::TokenCase;
using test::SetConstraint;

std::vector<float> logs(const std::vector<double>& p) {
  std::vector<float> row(p.size());
  std::transform(p.begin(), p.end(), row.begin(),
                 [](double x) { return static_cast<float>(std::log(x)); });
  return row;
}

PreparedRow row_of(const std::vector<float>& logits, uint64_t stream, uint64_t seed = 1) {
  PreparedRow row{.logits = {.data = logits.data(),
                             .rows = 1,
                             .vocab = logits.size(),
                             .row_stride = logits.size()},
                  .adjustments = {},
                  .parameters = {}};
  row.parameters.seed = seed;
  row.parameters.stream = stream;
  return row;
}

struct Named {
  const char* name;
  StepOptions options;
};
std::vector<Named> weighted_ways() {
  const auto reject = [](WeightEstimator estimator) {
    StepOptions options;
    options.mode = StepMode::kRejectWeighted;
    options.estimator = estimator;
    return options;
  };
  std::vector<Named> ways = {{"des_raj", reject(WeightEstimator::kDesRaj)},
                             {"recursive", reject(WeightEstimator::kRecursive)},
                             {"geometric", reject(WeightEstimator::kGeometric)},
                             {"two_loop", reject(WeightEstimator::kTwoLoop)}};
  StepOptions options;
  options.mode = StepMode::kMask;
  ways.push_back({"mask", options});
  options.order = ConstraintOrder::kFirst;
  ways.push_back({"mask first", options});
  options = {};
  ways.push_back({"adaptive", options});
  options.mask_cost = 1;
  ways.push_back({"adaptive, cheap mask", options});
  return ways;
}

/// Sums over draws of weights per token, of weights and of their squares.
struct Tally {
  std::vector<double> joint;
  std::vector<double> joint_squares;
  double sum = 0;
  double squares = 0;
  double tests = 0;
  uint32_t positive = 0;
  uint32_t draws = 0;

  double mean() const { return sum / draws; }
  double variance() const { return std::max(squares / draws - mean() * mean(), 0.0); }
};
Tally tally(const StepOptions& options, const std::vector<float>& logits,
            const Constraint& constraint, uint32_t draws, RowParameters parameters = {}) {
  Tally result;
  result.joint.assign(logits.size(), 0);
  result.joint_squares.assign(logits.size(), 0);
  result.draws = draws;
  StepSampler sampler(options);
  for (uint32_t i = 0; i < draws; ++i) {
    PreparedRow row = row_of(logits, i);
    parameters.seed = 1;
    parameters.stream = i;
    row.parameters = parameters;
    if (i % 8 == 0) sampler.reset();  // a past of up to eight steps
    const StepResult step = sampler.sample(row, &constraint);
    result.tests += step.report.tests;
    if (step.status != StepStatus::kOk) continue;
    const double weight = std::exp(step.log_weight);
    result.positive += weight > 0 ? 1 : 0;
    result.joint[step.token] += weight;
    result.joint_squares[step.token] += weight * weight;
    result.sum += weight;
    result.squares += weight * weight;
  }
  return result;
}

/// Within 4 standard errors of a mean over n draws whose squares have mean `second_moment`, and
/// what rounding of the row's floats makes of it.
void expect_mean(double mean, double second_moment, double n, double expected,
                 const std::string& what) {
  const double variance = std::max(second_moment - expected * expected, 0.0);
  EXPECT_NEAR(mean, expected, 4 * std::sqrt(variance / n) + 2e-6 * expected) << what;
}

/// The exact law of the estimator, where all its paths can be walked. Weights may have tails that a
/// sample does not see, so its own variance would not do.
std::optional<cli::WeightLaw> exact_law_of(const TokenCase& one, const StepOptions& options) {
  if (one.family || options.mode != StepMode::kRejectWeighted) return std::nullopt;
  switch (options.estimator) {
    case WeightEstimator::kDesRaj:
      return cli::exact_law(one.p, one.accepted,
                            [](Proposals& p, TokenTest& t) { return des_raj(p, t); });
    case WeightEstimator::kRecursive:
      return cli::exact_law(one.p, one.accepted,
                            [](Proposals& p, TokenTest& t) { return recursive(p, t); });
    case WeightEstimator::kGeometric: return cli::exact_geometric_law(one.p, one.accepted, 2);
    case WeightEstimator::kTwoLoop: return cli::exact_law(one.p, one.accepted, two_loop);
  }
  return std::nullopt;
}

void expect_proper(const TokenCase& one, const Named& way, uint32_t draws) {
  const SetConstraint constraint(one.accepted);
  const Tally seen = tally(way.options, logs(one.p), constraint, draws);
  const std::string what = one.id + ", " + way.name;
  if (seen.positive < 400) return;
  const std::optional<cli::WeightLaw> law = exact_law_of(one, way.options);
  const double mass = cli::accepted_mass(one.p, one.accepted);
  expect_mean(seen.mean(), law ? law->second_moment : seen.squares / draws, draws, mass, what);
  for (size_t id = 0; id < one.p.size(); ++id) {
    const double expected = one.accepted[id] != 0 ? one.p[id] : 0;
    if (expected == 0) {
      EXPECT_EQ(seen.joint[id], 0) << what << " id " << id;
    } else if (law ? expected / mass * draws >= 50 : expected * draws >= 400) {
      expect_mean(seen.joint[id] / draws,
                  law ? law->joint_squares[id] : seen.joint_squares[id] / draws, draws, expected,
                  what + " id " + std::to_string(id));
    }
  }
}

TokenCase make_case(const char* id, std::vector<double> p, std::vector<uint8_t> accepted) {
  TokenCase one;
  one.id = id;
  one.p = std::move(p);
  one.accepted = std::move(accepted);
  return one;
}

TEST(StepSampler, OracleCasesThroughTheRealCode) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "controlled/awrs_token.json");
  const auto cases = std::get<std::vector<TokenCase>>(cli::read_sampling_cases(path));
  for (const TokenCase& one : cases)
    for (const Named& way : weighted_ways()) {
      // The default in full; `tokrail verify sampling` has all at that length. Weights of masks do
      // not vary.
      const bool usual = way.options.mode == StepMode::kRejectWeighted &&
                         way.options.estimator == WeightEstimator::kDesRaj;
      const bool mask = way.options.mode == StepMode::kMask;
      expect_proper(one, way, usual ? 200000 : mask ? 10000 : 50000);
    }
}

TEST(StepSampler, SmallMassesHaveNoBias) {
  const TokenCase cases[] = {
      make_case("mass 1e-7", {0.7, 0.2999999, 6e-8, 4e-8}, {0, 0, 1, 1}),
      make_case("mass 1e-6 behind 1 - 1e-5", {0.6, 0.39999, 9e-6, 1e-6}, {0, 0, 0, 1}),
      make_case("mass 1e-9", {0.5, 0.5 - 1e-9, 1e-9}, {0, 0, 1}),
  };
  for (const TokenCase& one : cases)
    for (const Named& way : weighted_ways()) expect_proper(one, way, 50000);
}

TEST(StepSampler, VarianceAndTestsAreThoseOfTheEstimator) {
  const TokenCase one =
      make_case("seven", {0.3, 0.25, 0.15, 0.12, 0.09, 0.06, 0.03}, {0, 1, 0, 0, 1, 0, 1});
  const SetConstraint constraint(one.accepted);
  const auto check = [&](const Named& way, const cli::WeightLaw& law) {
    const Tally seen = tally(way.options, logs(one.p), constraint, 200000);
    EXPECT_NEAR(seen.variance() / law.variance(), 1, 0.05) << way.name;
    EXPECT_NEAR(seen.tests / seen.draws / law.tests, 1, 0.01) << way.name;
  };
  const std::vector<Named> ways = weighted_ways();
  const auto exact = [&](const cli::Estimator& estimator) {
    return cli::exact_law(one.p, one.accepted, estimator);
  };
  check(ways[0], exact([](Proposals& p, TokenTest& t) { return des_raj(p, t); }));
  check(ways[1], exact([](Proposals& p, TokenTest& t) { return recursive(p, t); }));
  check(ways[2], cli::exact_geometric_law(one.p, one.accepted, 2));
  check(ways[3], exact(two_loop));
}

/// Probabilities after top-k or top-p, renormalised; p must have no ties.
std::vector<double> filtered(std::vector<double> p, uint32_t top_k, double top_p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] > p[b]; });
  const double all = std::accumulate(p.begin(), p.end(), 0.0);
  double before = 0;
  double kept = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const bool out = (top_k != 0 && i >= top_k) || before >= top_p * all;
    before += p[order[i]];
    if (out) p[order[i]] = 0;
    kept += p[order[i]];
  }
  for (double& x : p) x /= kept;
  return p;
}

TEST(StepSampler, FiltersComeBeforeOrBehindTheConstraint) {
  const std::vector<double> p = {0.31, 0.22, 0.17, 0.13, 0.09, 0.05, 0.03};
  const std::vector<uint8_t> accepted = {0, 1, 0, 1, 1, 1, 0};
  const SetConstraint constraint(accepted);
  const double mass = cli::accepted_mass(p, accepted);
  for (const bool by_count : {true, false}) {
    RowParameters parameters;
    if (by_count)
      parameters.top_k = 3;
    else
      parameters.top_p = 0.65f;
    const std::vector<double> last = filtered(p, parameters.top_k, parameters.top_p);
    std::vector<double> masked = p;
    for (size_t id = 0; id < p.size(); ++id) masked[id] *= accepted[id];
    const std::vector<double> first = filtered(masked, parameters.top_k, parameters.top_p);
    for (const Named& way : weighted_ways()) {
      const bool constraint_first = way.options.order == ConstraintOrder::kFirst;
      const Tally seen = tally(way.options, logs(p), constraint, 40000, parameters);
      for (size_t id = 0; id < p.size(); ++id) {
        const double expected =
            constraint_first ? first[id] * mass : (accepted[id] != 0 ? last[id] : 0);
        expect_mean(seen.joint[id] / seen.draws, seen.joint_squares[id] / seen.draws, seen.draws,
                    expected, std::string(way.name) + " id " + std::to_string(id));
      }
    }
  }
}

TEST(StepSampler, UnweightedModesHaveTheLawOfTheConstraint) {
  const std::vector<double> p = {0.31, 0.22, 0.17, 0.13, 0.09, 0.05, 0.03};
  const std::vector<uint8_t> accepted = {0, 1, 0, 1, 1, 0, 1};
  const SetConstraint constraint(accepted);
  const double mass = cli::accepted_mass(p, accepted);
  for (const StepMode mode :
       {StepMode::kMask, StepMode::kReject, StepMode::kAdaptive, StepMode::kExact}) {
    for (const double mask_cost : {1.0, 8.0}) {
      StepOptions options;
      options.mode = mode;
      options.weighted = false;
      options.mask_cost = mask_cost;
      const Tally seen = tally(options, logs(p), constraint, 100000);
      EXPECT_EQ(seen.sum, seen.draws);
      for (size_t id = 0; id < p.size(); ++id) {
        expect_mean(seen.joint[id] / seen.draws, seen.joint_squares[id] / seen.draws, seen.draws,
                    accepted[id] != 0 ? p[id] / mass : 0, std::string(step_mode_name(mode)));
      }
    }
  }
}

TEST(StepSampler, LogProbIsThatOfTheRow) {
  const std::vector<double> p = {0.31, 0.22, 0.17, 0.13, 0.09, 0.05, 0.03};
  const std::vector<float> logits = logs(p);
  const SetConstraint constraint({0, 1, 0, 1, 1, 0, 1});
  for (const Named& way : weighted_ways()) {
    StepSampler sampler(way.options);
    for (uint32_t i = 0; i < 200; ++i) {
      const StepResult step = sampler.sample(row_of(logits, i), &constraint);
      ASSERT_EQ(step.status, StepStatus::kOk);
      EXPECT_NEAR(step.log_prob, std::log(p[step.token]), 2e-6) << way.name;
    }
  }
}

TEST(StepSampler, SoftWeightsAreAdded) {
  const std::vector<double> p = {0.4, 0.3, 0.2, 0.1};
  SetConstraint constraint({1, 0, 1, 1});
  constraint.weights = {-1, 0, 0.5, 2};
  for (const Named& way : weighted_ways()) {
    const Tally seen = tally(way.options, logs(p), constraint, 40000);
    for (const size_t id : {0, 2, 3}) {
      expect_mean(seen.joint[id] / seen.draws, seen.joint_squares[id] / seen.draws, seen.draws,
                  p[id] * std::exp(constraint.weights[id]), way.name);
    }
  }
}

TEST(StepSampler, RefusedMaximumLeavesTheRest) {
  std::vector<float> logits(3000, 0);
  logits[0] = 1000;
  std::vector<uint8_t> accepted(3000, 1);
  accepted[0] = 0;
  const SetConstraint constraint(accepted);
  for (const StepMode mode : {StepMode::kMask, StepMode::kReject, StepMode::kAdaptive}) {
    StepOptions options;
    options.mode = mode;
    options.weighted = false;
    StepSampler sampler(options);
    double sum = 0;
    for (uint32_t i = 0; i < 4000; ++i) {
      const StepResult step = sampler.sample(row_of(logits, i), &constraint);
      ASSERT_EQ(step.status, StepStatus::kOk);
      ASSERT_NE(step.token, 0U);
      sum += step.token;
    }
    EXPECT_NEAR(sum / 4000, 1500, 4 * 866 / std::sqrt(4000.0)) << step_mode_name(mode);
  }
}

TEST(StepSampler, WhatIsWrongIsAStatus) {
  const std::vector<float> logits = logs({0.5, 0.25, 0.25});
  const std::vector<float> nothing(3, -std::numeric_limits<float>::infinity());
  const std::vector<float> nan(3, std::numeric_limits<float>::quiet_NaN());
  const SetConstraint none({0, 0, 0});
  const SetConstraint all({1, 1, 1});
  SetConstraint failed({1, 1, 1});
  failed.said = "it threw";
  SetConstraint fuel({0, 0, 1});
  fuel.status = MaskStatus::kFuel;
  const std::atomic<bool> cancel{true};
  for (const Named& way : weighted_ways()) {
    StepSampler sampler(way.options);
    const auto status = [&](const std::vector<float>& row, const Constraint* constraint,
                            const std::atomic<bool>* flag = nullptr) {
      const StepResult step = sampler.sample(row_of(row, 1), constraint, flag);
      if (step.status != StepStatus::kOk) {
        EXPECT_EQ(step.log_weight, -std::numeric_limits<double>::infinity());
      }
      return step.status;
    };
    EXPECT_EQ(status(logits, &none), StepStatus::kDeadEnd) << way.name;
    EXPECT_EQ(status(nothing, &all), StepStatus::kBadLogits) << way.name;
    EXPECT_EQ(status(nan, &all), StepStatus::kBadLogits) << way.name;
    EXPECT_EQ(status(nothing, nullptr), StepStatus::kBadLogits) << way.name;
    EXPECT_EQ(status(logits, &failed), StepStatus::kConstraintFailed) << way.name;
    EXPECT_EQ(status(logits, &all, &cancel), StepStatus::kCancelled) << way.name;
    EXPECT_EQ(sampler.sample({}, &all).status, StepStatus::kBadLogits);
    if (way.options.mode == StepMode::kMask) {
      EXPECT_EQ(status(logits, &fuel), StepStatus::kFuel) << way.name;
    }
    EXPECT_EQ(status(logits, &all), StepStatus::kOk) << way.name;
  }
}

TEST(StepSampler, NoConstraintIsOneDraw) {
  const std::vector<double> p = {0.5, 0.25, 0.25};
  StepSampler sampler;
  std::vector<double> counts(3);
  for (uint32_t i = 0; i < 20000; ++i) {
    const StepResult step = sampler.sample(row_of(logs(p), i), nullptr);
    EXPECT_EQ(step.log_weight, 0);
    EXPECT_EQ(step.report.reason, StepReason::kUnconstrained);
    ++counts[step.token];
  }
  for (size_t id = 0; id < 3; ++id) EXPECT_NEAR(counts[id] / 20000, p[id], 0.015);
}

/// A row where almost everything is refused, and one where almost nothing is.
struct TwoStates {
  std::vector<float> logits = std::vector<float>(4096, 0);
  SetConstraint tight;
  SetConstraint loose;

  TwoStates() : tight(only_first()), loose(all_but_first()) {}
  static std::vector<uint8_t> only_first() {
    std::vector<uint8_t> accepted(4096, 0);
    accepted[0] = accepted[9] = 1;
    return accepted;
  }
  static std::vector<uint8_t> all_but_first() {
    std::vector<uint8_t> accepted(4096, 1);
    accepted[0] = 0;
    return accepted;
  }
};

TEST(StepSampler, AdaptiveRentsAndThenBuys) {
  const TwoStates states;
  StepSampler sampler;
  const StepResult loose = sampler.sample(row_of(states.logits, 1), &states.loose);
  EXPECT_EQ(loose.report.reason, StepReason::kFirstTests);
  EXPECT_LE(loose.report.tests, 5U);
  EXPECT_EQ(states.loose.masks, 0U);
  const StepResult tight = sampler.sample(row_of(states.logits, 2), &states.tight);
  EXPECT_EQ(tight.report.reason, StepReason::kTestsRanOut);
  EXPECT_EQ(tight.report.tests, 8U);
  EXPECT_TRUE(tight.report.weight_is_exact);
  EXPECT_NEAR(tight.log_weight, std::log(2.0 / 4096), 1e-6);
  EXPECT_EQ(states.tight.masks, 1U);
}

TEST(StepSampler, AdaptiveLearnsFromItsOwnPast) {
  const TwoStates states;
  StepSampler sampler;
  uint32_t ran_out = 0;
  for (uint32_t i = 0; i < 64; ++i) {
    const StepResult step = sampler.sample(row_of(states.logits, i), &states.tight);
    ran_out += step.report.reason == StepReason::kTestsRanOut ? 1 : 0;
    EXPECT_NEAR(step.log_weight, std::log(2.0 / 4096), 1e-5);
  }
  EXPECT_GE(ran_out, 2U);
  EXPECT_LE(ran_out, 7U);  // two at first, then every sixteenth
  // The past goes with a copy and not with a reset.
  StepSampler copy = sampler;
  EXPECT_EQ(copy.sample(row_of(states.logits, 70), &states.tight).report.reason,
            StepReason::kPastWasTight);
  copy.reset();
  EXPECT_EQ(copy.sample(row_of(states.logits, 70), &states.tight).report.reason,
            StepReason::kTestsRanOut);
  // Where the text becomes loose again, it takes few steps to notice.
  uint32_t masks = 0;
  for (uint32_t i = 0; i < 32; ++i) {
    const StepResult step = sampler.sample(row_of(states.logits, 100 + i), &states.loose);
    masks += step.report.used == StepMode::kMask ? 1 : 0;
  }
  EXPECT_LE(masks, 3U);
}

TEST(StepSampler, DearMasksAreNotMade) {
  TwoStates states;
  states.tight.cheap_mask = false;
  StepSampler sampler;
  for (uint32_t i = 0; i < 5; ++i) {
    const StepResult step = sampler.sample(row_of(states.logits, i), &states.tight);
    EXPECT_EQ(step.status, StepStatus::kOk);
    EXPECT_TRUE(step.token == 0 || step.token == 9);
  }
  EXPECT_EQ(states.tight.masks, 0U);
}

TEST(StepSampler, EqualPlacesGiveEqualSteps) {
  const std::vector<float> logits = logs({0.31, 0.22, 0.17, 0.13, 0.09, 0.05, 0.03});
  const SetConstraint constraint({0, 1, 0, 1, 1, 0, 1});
  for (const Named& way : weighted_ways()) {
    StepSampler one(way.options);
    StepSampler other(way.options);
    bool differ = false;
    for (uint32_t i = 0; i < 300; ++i) {
      one.reset();
      const StepResult a = one.sample(row_of(logits, i), &constraint);
      const StepResult b = other.sample(row_of(logits, i), &constraint);
      other.reset();
      EXPECT_EQ(a.token, b.token);
      EXPECT_EQ(a.log_weight, b.log_weight);
      differ |= a.token != one.sample(row_of(logits, i + 1), &constraint).token;
    }
    EXPECT_TRUE(differ) << way.name;
  }
}

TEST(StepSampler, AllocatesNothingAfterTheFirstSteps) {
  const TwoStates states;
  for (const Named& way : weighted_ways()) {
    if (way.options.mode == StepMode::kMask) continue;  // sample_masked has buffers of its own
    if (way.options.mode == StepMode::kAdaptive) continue;
    StepSampler sampler(way.options);
    const auto run = [&](uint32_t from) {
      for (uint32_t i = from; i < from + 40; ++i) {
        sampler.sample(row_of(states.logits, i), &states.loose);
        sampler.sample(row_of(states.logits, i), &states.tight);
      }
    };
    run(0);
    const size_t before = allocations;
    run(40);
    EXPECT_EQ(allocations, before) << way.name;
  }
}

TEST(StepSampler, GreedyTakesTheLargestAllowed) {
  const std::vector<float> logits = logs({0.4, 0.3, 0.2, 0.1});
  const SetConstraint constraint({0, 0, 1, 1});
  for (const StepMode mode : {StepMode::kMask, StepMode::kReject, StepMode::kAdaptive}) {
    for (const bool weighted : {true, false}) {
      StepOptions options;
      options.mode = mode;
      options.weighted = weighted;
      StepSampler sampler(options);
      PreparedRow row = row_of(logits, 1);
      row.parameters.inverse_temperature = kGreedy;
      const StepResult step = sampler.sample(row, &constraint);
      EXPECT_EQ(step.status, StepStatus::kOk) << step_mode_name(mode);
      EXPECT_EQ(step.token, 2U) << step_mode_name(mode);
    }
  }
}

}  // namespace
}  // namespace tokrail
