// Draws without replacement: exact conditional laws on small rows, masses that are right however
// little is left, against sums in double.
#include "decoding/logits/draw_without_replacement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "tests/decoding/random_logits.h"
#include "tests/oracle/slow_logits.h"

namespace tokrail {
namespace {

using test::below;
using test::chance;
using test::Random;
using test::SlowRow;

// A batch of one row of floats.
struct OneRow {
  std::vector<float> logits;
  RowParameters parameters = {};
  std::vector<uint32_t> mask = {};

  SampleBatch batch() const {
    SampleBatch batch{.logits = {.data = logits.data(),
                                 .rows = 1,
                                 .vocab = logits.size(),
                                 .row_stride = logits.size()},
                      .parameters = &parameters};
    if (!mask.empty()) batch.masks = {mask.data(), mask.size()};
    return batch;
  }
};

// The factor log2(e) in float is right to 6e-8 with the temperature in it, so that masses of e^-n
// are to n times that.
double tolerance(double mass) {
  return 2e-6 * mass * (1 + (mass > 0 ? -0.05 * std::log(mass) : 0)) + 1e-300;
}

// Draws until nothing is left; what is wrong, or "".
std::string run_down(const SampleBatch& batch, RowDraws& draws, Random& random, size_t most) {
  draws.reset(batch, 0);
  const SlowRow row = test::slow_row(batch, 0);
  if (row.near_boundary) return "";
  if (draws.flags() != row.flags) return "flags";
  const bool greedy = batch.parameters[0].inverse_temperature == kGreedy;
  std::vector<double> left = row.q;
  if (greedy) {  // the kept ones come in order, with their masses at temperature 1
    double sum = 0;
    SampleBatch warm = batch;
    RowParameters p = batch.parameters[0];
    p.inverse_temperature = 1;
    warm.parameters = &p;
    left = test::slow_row(warm, 0).q;
    for (const double x : left) sum += x;
    if (!(sum > 0) && !row.order.empty()) return "";
  }
  const std::vector<double> first = left;
  for (size_t i = 0; i < most; ++i) {
    const double u = test::unit(random);
    const double mass = std::accumulate(left.begin(), left.end(), 0.0);
    if (std::abs(draws.remaining() - mass) > tolerance(mass)) {
      return "remaining " + std::to_string(std::log(draws.remaining())) + ", not " +
             std::to_string(std::log(mass)) + " (logarithms)";
    }
    const Draw peeked = draws.peek(u);
    const Draw draw = draws.next(u);
    if (peeked.token != draw.token) return "peek says something else than next";
    if (draw.token == kNoToken) return mass > 1e-300 ? "too early an end" : "";
    if (!greedy && !test::is_draw(left, u, draw.token) && mass > 1e-300) {
      return "draw " + std::to_string(i) + " is " + std::to_string(draw.token);
    }
    if (left[draw.token] == 0 && mass > 1e-300) return "a token twice, or of no mass";
    const double log_p = std::log(first[draw.token]);
    if (first[draw.token] > 1e-300 &&
        std::abs(draw.log_prob - log_p) > 2e-6 * (1 + std::abs(log_p) + std::abs(row.max_logit))) {
      return "log_prob " + std::to_string(draw.log_prob) + ", not " + std::to_string(log_p);
    }
    left[draw.token] = 0;
    if (chance(random, 4)) {  // some are refused without having been drawn
      std::vector<TokenId> ids;
      for (size_t j = 0; j < 3; ++j)
        ids.push_back(static_cast<TokenId>(below(random, left.size() + 2)));
      draws.remove(ids);
      for (const TokenId id : ids) {
        if (id < left.size()) left[id] = 0;
      }
    }
    if (chance(random, 10)) {
      std::vector<uint32_t> mask(mask_words(left.size()));
      for (uint32_t& word : mask) word = static_cast<uint32_t>(random() & random() & random());
      draws.remove_mask(mask);
      double expected = 0;
      for (size_t id = 0; id < left.size(); ++id) {
        if (!mask_test(mask, id)) continue;
        expected += first[id];
        left[id] = 0;
      }
      if (std::abs(draws.mass(mask) - expected) > tolerance(expected)) return "mass";
    }
  }
  return "";
}

TEST(RowDraws, FollowsTheOracleUntilNothingIsLeft) {
  const uint64_t seed = test::property_seed() + 10;
  Random random(seed);
  RowDraws draws;
  for (int number = 0; number < 4000; ++number) {
    static constexpr size_t kSizes[] = {1, 2, 5, 32, 33, 100, 1000, 1025, 2500, 5000};
    const auto made =
        test::random_batch(random, {.rows = 1, .vocab = kSizes[below(random, std::size(kSizes))]});
    const std::string wrong = run_down(made->batch, draws, random, 40);
    ASSERT_EQ(wrong, "") << made->text << " " << test::describe(made->parameters[0]) << ", seed "
                         << seed << " case " << number;
  }
}

TEST(RowDraws, FollowsTheOracleOnEveryInstructionSet) {
  for (const int64_t target : test::all_targets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    const test::OnTarget on(target);
    Random random(test::property_seed() + 11);
    RowDraws draws;
    for (int number = 0; number < 150; ++number) {
      const auto made = test::random_batch(random, {.rows = 1, .vocab = 1 + below(random, 3000)});
      ASSERT_EQ(run_down(made->batch, draws, random, 20), "") << made->text << " case " << number;
    }
  }
}

TEST(RowDraws, GoesOnWhenOneTokenHadEverything) {
  OneRow row{.logits = std::vector<float>(5000)};
  row.logits[0] = 1000;
  RowDraws draws;
  draws.reset(row.batch(), 0);
  EXPECT_EQ(draws.remaining(), 1);
  const Draw first = draws.next(0.999999);
  EXPECT_EQ(first.token, 0u);
  EXPECT_NEAR(first.log_prob, 0, 1e-6);
  EXPECT_GT(draws.remaining(), 0);
  std::map<size_t, int> thousands;
  std::vector<bool> seen(5000);
  for (uint32_t i = 0; i < 4999; ++i) {
    ASSERT_GT(draws.remaining(), 0) << i;
    const Draw draw = draws.next(CounterRandom(1).uniform({.draw = i}));
    ASSERT_NE(draw.token, kNoToken) << i;
    ASSERT_FALSE(seen[draw.token]) << i;
    seen[draw.token] = true;
    if (i < 500) ++thousands[draw.token / 1000];
    EXPECT_NEAR(draw.log_prob, -1000, 1e-4);
  }
  for (const auto& [thousand, count] : thousands) EXPECT_NEAR(count, 100, 50) << thousand;
  EXPECT_EQ(draws.remaining(), 0);
  EXPECT_EQ(draws.next(0.5).token, kNoToken);
}

TEST(RowDraws, LittleRemainingMassIsExact) {
  OneRow row{.logits = std::vector<float>(3000, -INFINITY)};
  row.logits[7] = 0;
  row.logits[8] = std::log(4e-8f);
  row.logits[2000] = std::log(6e-8f);
  RowDraws draws;
  draws.reset(row.batch(), 0);
  const TokenId id = 7;
  draws.remove({&id, 1});
  const double a = std::exp(static_cast<double>(row.logits[8]));
  const double b = std::exp(static_cast<double>(row.logits[2000]));
  EXPECT_NEAR(draws.remaining() / ((a + b) / (1 + a + b)), 1, 1e-6);
  EXPECT_EQ(draws.peek(a / (a + b) - 1e-5).token, 8u);
  EXPECT_EQ(draws.peek(a / (a + b) + 1e-5).token, 2000u);
  draws.next(0.9);
  EXPECT_NEAR(draws.remaining() / (a / (1 + a + b)), 1, 1e-6);
}

TEST(RowDraws, GreedyRowsComeInOrder) {
  OneRow row{.logits = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3}};
  row.parameters.inverse_temperature = kGreedy;
  RowDraws draws;
  draws.reset(row.batch(), 0);
  for (const TokenId expected : {5u, 7u, 4u, 8u, 2u, 0u, 9u, 6u, 1u, 3u}) {
    EXPECT_EQ(draws.next(0.77).token, expected);
  }
  EXPECT_EQ(draws.next(0.77).token, kNoToken);
}

// P(first, second, third) of a small row, against counts: 3 seeds.
TEST(RowDraws, ConditionalLawsAreExact) {
  const OneRow row{.logits = {0.5f, 1.7f, -0.4f, 0, 1}, .mask = {0b11111}};
  const std::vector<double> p = test::slow_row(row.batch(), 0).q;
  constexpr uint32_t kDraws = 300000;
  RowDraws draws;
  for (const uint64_t seed : {5u, 6u, 7u}) {
    const CounterRandom random(seed);
    std::map<std::array<TokenId, 3>, size_t> counts;
    for (uint32_t i = 0; i < kDraws; ++i) {
      draws.reset(row.batch(), 0);
      std::array<TokenId, 3> tokens{};
      for (uint32_t j = 0; j < 3; ++j) {
        tokens[j] = draws.next(random.uniform({.position = i, .draw = j})).token;
      }
      ++counts[tokens];
    }
    double statistic = 0;
    size_t cells = 0;
    for (TokenId a = 0; a < 5; ++a) {
      for (TokenId b = 0; b < 5; ++b) {
        for (TokenId c = 0; c < 5; ++c) {
          if (a == b || b == c || a == c) continue;
          const double expected = kDraws * p[a] * p[b] / (1 - p[a]) * p[c] / (1 - p[a] - p[b]);
          const double off = static_cast<double>(counts[{a, b, c}]) - expected;
          statistic += off * off / expected;
          ++cells;
        }
      }
    }
    ASSERT_EQ(cells, 60u);
    EXPECT_LT(statistic, 98.3);  // 59 degrees of freedom, p = 0.001
  }
}

// A million draws from one prepared row of many blocks; 3 seeds.
TEST(RowDraws, FollowsTheLaw) {
  Random random(test::property_seed() + 12);
  OneRow row;
  row.logits = test::random_logits(random, 40000, false);
  for (float& x : row.logits) x = std::fmod(std::abs(x), 4.0f);
  const std::vector<double> p = test::slow_row(row.batch(), 0).q;
  RowDraws draws;
  draws.reset(row.batch(), 0);
  for (const uint64_t seed : {1u, 2u, 3u}) {
    constexpr uint32_t kDraws = 1000000;
    constexpr size_t kCells = 200;
    std::vector<double> counts(kCells);
    std::vector<double> expected(kCells);
    for (size_t id = 0; id < p.size(); ++id) expected[id * 7919 % kCells] += p[id] * kDraws;
    const CounterRandom uniforms(seed);
    for (uint32_t i = 0; i < kDraws; ++i) {
      ++counts[draws.peek(uniforms.uniform({.position = i})).token * size_t{7919} % kCells];
    }
    double statistic = 0;
    for (size_t cell = 0; cell < kCells; ++cell) {
      const double off = counts[cell] - expected[cell];
      statistic += off * off / expected[cell];
    }
    EXPECT_LT(statistic, 266.0);  // 199 degrees of freedom, p = 0.001
  }
}

TEST(DrawWithoutReplacement, IsRowDrawsForEveryRow) {
  Random random(test::property_seed() + 13);
  for (int number = 0; number < 100; ++number) {
    const size_t rows = 1 + below(random, 5);
    const auto made = test::random_batch(random, {.rows = rows, .vocab = 1 + below(random, 3000)});
    constexpr uint32_t kCount = 6;
    std::vector<Draw> draws(rows * kCount);
    draw_without_replacement(made->batch, kCount, draws, 1 + static_cast<int>(below(random, 2)));
    RowDraws one;
    for (size_t row = 0; row < rows; ++row) {
      one.reset(made->batch, row);
      const RowParameters& p = made->parameters[row];
      for (uint32_t i = 0; i < kCount; ++i) {
        const Draw expected = one.next(CounterRandom(p.seed).uniform({.stream = p.stream,
                                                                      .position = p.position,
                                                                      .draw = p.draw + i,
                                                                      .purpose = p.purpose}));
        ASSERT_EQ(draws[row * kCount + i].token, expected.token);
        ASSERT_EQ(draws[row * kCount + i].remaining, expected.remaining);
      }
      // The first of them is what sample_masked draws.
      std::vector<RowResult> results(rows);
      sample_masked(made->batch, results);
      ASSERT_EQ(results[row].token, draws[row * kCount].token);
    }
  }
}

TEST(DrawWithoutReplacement, BadShapesAreErrors) {
  const OneRow row{.logits = {1, 2, 3}};
  std::vector<Draw> draws(3);
  EXPECT_THROW(draw_without_replacement(row.batch(), 2, draws), Error);
  RowDraws one;
  EXPECT_THROW(one.reset(row.batch(), 1), Error);
  EXPECT_EQ(one.next(0.5).token, kNoToken);  // never reset
  EXPECT_EQ(one.remaining(), 0);
}

}  // namespace
}  // namespace tokrail
