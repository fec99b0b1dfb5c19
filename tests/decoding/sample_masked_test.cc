// sample_masked against the oracle, on every instruction set.
#include "decoding/logits/sample_masked.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "tests/decoding/random_logits.h"
#include "tests/oracle/slow_logits.h"

namespace tokrail {
namespace {

using test::BatchShape;
using test::below;
using test::chance;
using test::Random;
using test::SlowRow;

constexpr uint32_t kEverything = kWithLogSumAll | kWithEntropy | kWithRawLogProb | kWithCounts;
constexpr uint32_t kTopN = 3;

// Rows where the largest number is huge compare to a coarser grain.
bool close(double x, double exact, double scale) {
  const double y = static_cast<double>(static_cast<float>(exact));
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
  if (std::isinf(x) || std::isinf(y)) return x == y;
  return std::abs(x - y) <= 2e-6 * (1 + std::abs(y) + scale);
}

struct Sampled {
  std::vector<RowResult> results;
  std::vector<TokenId> top_ids;
  std::vector<float> top_log_probs;
};

Sampled sample(SampleBatch batch, uint32_t outputs, int threads = 0) {
  Sampled sampled;
  const size_t rows = batch.logits.rows;
  sampled.results.resize(rows);
  sampled.top_ids.resize(rows * kTopN);
  sampled.top_log_probs.resize(rows * kTopN);
  batch.outputs = outputs;
  batch.top_n = kTopN;
  batch.top_ids = sampled.top_ids.data();
  batch.top_log_probs = sampled.top_log_probs.data();
  sample_masked(batch, sampled.results, threads);
  return sampled;
}

// What is wrong with a result, or "".
std::string complaint(const SampleBatch& batch, size_t number, const Sampled& sampled,
                      uint32_t outputs) {
  const SlowRow row = test::slow_row(batch, number);
  const RowParameters& p = batch.parameters[number];
  const RowResult& result = sampled.results[number];
  if (result.flags != row.flags) {
    return "flags " + std::to_string(result.flags) + ", not " + std::to_string(row.flags);
  }
  if (row.flags == kRowBadParameters) return result.token == kNoToken ? "" : "a token";
  if (!close(result.log_sum, row.log_sum, 0)) {
    return "log_sum " + std::to_string(result.log_sum) + ", not " + std::to_string(row.log_sum);
  }
  const bool all = (outputs & kWithLogSumAll) != 0;
  if (all && !close(result.log_sum_all, row.log_sum_all, 0)) {
    return "log_sum_all " + std::to_string(result.log_sum_all) + ", not " +
           std::to_string(row.log_sum_all);
  }
  if (!all && !std::isnan(result.log_sum_all)) return "log_sum_all was not asked for";
  if (row.order.empty()) return result.token == kNoToken ? "" : "a token of nothing";
  if (!close(result.max_logit, row.max_logit, 0)) return "max_logit";
  const uint32_t best = row.order[0];
  if (sampled.top_ids[number * kTopN] != best) return "top id";
  if ((row.flags & kRowInfinite) != 0) {
    return result.token == best && result.log_prob == 0 ? "" : "token of an infinite row";
  }
  const double scale = std::abs(row.max_logit);
  for (size_t i = 0; i < kTopN; ++i) {
    const uint32_t id = i < row.order.size() ? row.order[i] : kNoToken;
    if (sampled.top_ids[number * kTopN + i] != id) return "top id " + std::to_string(i);
    if (id == kNoToken) continue;
    const double factor = p.inverse_temperature == kGreedy ? 1 : p.inverse_temperature;
    if (!close(sampled.top_log_probs[number * kTopN + i], factor * row.a[id] - row.log_sum,
               scale)) {
      return "top log-probability " + std::to_string(i);
    }
  }
  if ((outputs & kWithCounts) != 0) {
    const auto kept = std::count(row.kept.begin(), row.kept.end(), true);
    if (result.allowed != row.order.size()) return "allowed";
    if (!row.near_boundary && result.kept != static_cast<size_t>(kept)) {
      return "kept " + std::to_string(result.kept) + ", not " + std::to_string(kept);
    }
  }
  if ((outputs & kWithEntropy) != 0 && !close(result.entropy, row.entropy, scale)) {
    return "entropy " + std::to_string(result.entropy) + ", not " + std::to_string(row.entropy);
  }
  const double u = CounterRandom(p.seed).uniform(
      {.stream = p.stream, .position = p.position, .draw = p.draw, .purpose = p.purpose});
  if (!row.near_boundary && !test::is_draw(row.q, u, result.token)) {
    return "token " + std::to_string(result.token);
  }
  const double factor = p.inverse_temperature == kGreedy ? 1 : p.inverse_temperature;
  const double y = factor * row.a[result.token];
  if (!close(result.log_prob, y - row.log_sum, scale)) return "log_prob";
  if (all && !close(result.log_prob_all, y - row.log_sum_all, scale)) return "log_prob_all";
  if ((outputs & kWithRawLogProb) != 0) {
    SampleBatch raw = batch;
    std::vector<RowParameters> plain(batch.logits.rows);
    raw.parameters = plain.data();
    raw.masks = {};
    raw.adjustments = {};
    const SlowRow model = test::slow_row(raw, number);
    const float x = model.a[result.token];
    const double expected =
        std::isinf(model.log_sum) ? (std::isinf(x) && x > 0 ? 0 : -INFINITY) : x - model.log_sum;
    if (!close(result.raw_log_prob, expected, std::abs(model.log_sum))) return "raw_log_prob";
  }
  return "";
}

size_t random_vocab(Random& random) {
  static constexpr size_t kSizes[] = {1,    2,    5,    31,   32,   33,   64,   100, 333,
                                      1000, 1023, 1024, 1025, 2048, 2500, 4096, 5000};
  return kSizes[below(random, std::size(kSizes))];
}

void check_random(uint64_t salt, int cases) {
  const uint64_t seed = test::property_seed() + salt;
  Random random(seed);
  for (int number = 0; number < cases; ++number) {
    BatchShape shape{.rows = 1 + below(random, 3), .vocab = random_vocab(random)};
    shape.specials = chance(random, 2);
    shape.adjustments = chance(random, 2);
    shape.filters = !chance(random, 4);
    const auto made = test::random_batch(random, shape);
    const uint32_t outputs = chance(random, 2)   ? kEverything
                             : chance(random, 2) ? kMaskedOnly
                                                 : kWithCounts;
    const Sampled sampled = sample(made->batch, outputs);
    for (size_t row = 0; row < shape.rows; ++row) {
      const std::string wrong = complaint(made->batch, row, sampled, outputs);
      ASSERT_EQ(wrong, "") << made->text << " row " << row << " "
                           << test::describe(made->parameters[row]) << " outputs " << outputs
                           << ", seed " << seed << " case " << number;
    }
  }
}

TEST(SampleMasked, IsTheOracleOnEveryInstructionSet) {
  for (const int64_t target : test::all_targets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    const test::OnTarget on(target);
    check_random(1, 2500);
  }
}

TEST(SampleMasked, IsTheOracleOnMoreRows) {
  check_random(2, 12000);
}

// Instruction sets with fused multiplication give the same bits; the others the same tokens except
// at boundaries.
TEST(SampleMasked, InstructionSetsAgree) {
  Random random(test::property_seed() + 3);
  size_t differing = 0;
  size_t rows = 0;
  for (int number = 0; number < 1500; ++number) {
    const auto made = test::random_batch(random, {.rows = 2, .vocab = random_vocab(random)});
    Sampled best = sample(made->batch, kEverything);
    for (const int64_t target : test::all_targets()) {
      const test::OnTarget on(target);
      const Sampled other = sample(made->batch, kEverything);
      const bool fused = target == HWY_AVX2 || target == HWY_AVX3;
      for (size_t row = 0; row < 2; ++row) {
        ++rows;
        const RowResult& x = best.results[row];
        const RowResult& y = other.results[row];
        if (fused) {
          ASSERT_EQ(x.token, y.token) << hwy::TargetName(target) << " case " << number;
          ASSERT_EQ(x.kept, y.kept);
          ASSERT_EQ(std::memcmp(&x.log_prob, &y.log_prob, 4), 0);
          ASSERT_EQ(std::memcmp(&x.log_sum, &y.log_sum, 4), 0);
        }
        if (x.token != y.token) ++differing;
      }
    }
  }
  EXPECT_LE(differing, rows / 1000);
}

// One token weighs the same whatever outputs are asked for.
TEST(SampleMasked, OutputsDoNotChangeTheToken) {
  Random random(test::property_seed() + 4);
  for (int number = 0; number < 3000; ++number) {
    const auto made = test::random_batch(random, {.rows = 1, .vocab = random_vocab(random)});
    const Sampled some = sample(made->batch, kMaskedOnly);
    const Sampled all = sample(made->batch, kEverything);
    ASSERT_EQ(some.results[0].token, all.results[0].token) << made->text << " case " << number;
    ASSERT_EQ(std::memcmp(&some.results[0].log_sum, &all.results[0].log_sum, 4), 0);
  }
}

TEST(SampleMasked, ThreadsDoNotChangeAnything) {
  Random random(test::property_seed() + 5);
  const auto made = test::random_batch(random, {.rows = 64, .vocab = 5000});
  const Sampled one = sample(made->batch, kEverything, 1);
  for (const int threads : {0, 2, 3}) {
    const Sampled many = sample(made->batch, kEverything, threads);
    EXPECT_EQ(std::memcmp(one.results.data(), many.results.data(),
                          one.results.size() * sizeof(RowResult)),
              0);
    EXPECT_EQ(one.top_ids, many.top_ids);
  }
}

TEST(SampleMasked, TokenOnlyTakesTheLargest) {
  Random random(test::property_seed() + 6);
  for (int number = 0; number < 2000; ++number) {
    auto made = test::random_batch(random, {.rows = 1, .vocab = random_vocab(random)});
    made->parameters[0].inverse_temperature = kGreedy;
    SampleBatch batch = made->batch;
    const SlowRow row = test::slow_row(batch, 0);
    batch.outputs = kTokenOnly;
    std::vector<RowResult> results(1);
    sample_masked(batch, results);
    ASSERT_EQ(results[0].token, row.order.empty() ? kNoToken : row.order[0]) << number;
    ASSERT_EQ(results[0].flags, row.flags);
    ASSERT_TRUE(std::isnan(results[0].log_sum));
  }
}

// Large vocabularies, so that there are groups of blocks.
TEST(SampleMasked, LargeRows) {
  Random random(test::property_seed() + 7);
  for (int number = 0; number < 150; ++number) {
    const size_t vocab = 30000 + below(random, 100000);
    const auto made =
        test::random_batch(random, {.rows = 1, .vocab = vocab, .specials = chance(random, 3)});
    if (chance(random, 2)) {  // top-p alone has ways of its own
      made->parameters[0].top_p = 0.9f;
      made->parameters[0].top_k = 0;
      made->batch.masks = {};
    }
    const Sampled sampled = sample(made->batch, kEverything);
    ASSERT_EQ(complaint(made->batch, 0, sampled, kEverything), "")
        << made->text << " " << test::describe(made->parameters[0]) << " case " << number;
  }
}

// Pearson's statistic of a million draws over a small row; 3 seeds.
TEST(SampleMasked, FollowsTheLaw) {
  const std::vector<float> logits = {0.3f, 2, -1, 1.5f, 0, -3, 2, 0.7f, -0.5f, 1};
  const std::vector<uint32_t> mask = {0b1111101111};
  for (const uint64_t seed : {1u, 20u, 300u}) {
    constexpr size_t kDraws = 1000000;
    constexpr size_t kRows = 1000;
    std::vector<RowParameters> parameters(kRows);
    std::vector<int32_t> index(kRows, 0);
    std::vector<RowResult> results(kRows);
    std::vector<size_t> counts(logits.size());
    SampleBatch batch{.logits = {.data = logits.data(),
                                 .rows = kRows,
                                 .vocab = logits.size(),
                                 .row_stride = logits.size()},
                      .masks = {mask.data(), 1, index.data()},
                      .parameters = parameters.data()};
    std::vector<float> repeated;
    for (size_t row = 0; row < kRows; ++row) {
      repeated.insert(repeated.end(), logits.begin(), logits.end());
    }
    batch.logits.data = repeated.data();
    for (size_t step = 0; step < kDraws / kRows; ++step) {
      for (size_t row = 0; row < kRows; ++row) {
        parameters[row] = {.inverse_temperature = 0.8f, .seed = seed, .stream = row};
        parameters[row].position = static_cast<uint32_t>(step);
      }
      sample_masked(batch, results);
      for (const RowResult& result : results) ++counts[result.token];
    }
    const SlowRow row = test::slow_row(batch, 0);
    double statistic = 0;
    for (size_t id = 0; id < counts.size(); ++id) {
      const double expected = row.q[id] * kDraws;
      if (expected == 0) {
        EXPECT_EQ(counts[id], 0u);
        continue;
      }
      const double off = static_cast<double>(counts[id]) - expected;
      statistic += off * off / expected;
    }
    EXPECT_LT(statistic, 26.12);  // 8 degrees of freedom, p = 0.001
  }
}

TEST(SampleMasked, BadShapesAreErrors) {
  std::vector<float> logits(100);
  std::vector<RowParameters> parameters(1);
  std::vector<RowResult> results(1);
  const SampleBatch good{
      .logits = {.data = logits.data(), .rows = 1, .vocab = 100, .row_stride = 100},
      .parameters = parameters.data()};
  sample_masked(good, results);
  const auto refuses = [&](auto change) {
    SampleBatch batch = good;
    change(batch);
    EXPECT_THROW(sample_masked(batch, results), Error);
  };
  refuses([](SampleBatch& b) { b.logits.data = nullptr; });
  refuses([](SampleBatch& b) { b.logits.vocab = 0; });
  refuses([](SampleBatch& b) { b.logits.row_stride = 99; });
  refuses([](SampleBatch& b) { b.logits.rows = 2; });
  refuses([](SampleBatch& b) { b.logits.device = DeviceKind::kCuda; });
  refuses([](SampleBatch& b) { b.parameters = nullptr; });
  refuses([](SampleBatch& b) { b.top_n = 1; });
  const uint32_t word = 1;
  refuses([&](SampleBatch& b) { b.masks = {.words = &word, .row_words = 1}; });
  EXPECT_THROW(sample_masked(good, results, -1), Error);
  results.clear();
  EXPECT_THROW(sample_masked(good, results), Error);
}

TEST(SampleMasked, BadParametersAreFlags) {
  std::vector<float> logits(100);
  std::vector<RowResult> results(1);
  const float kNan = std::nanf("");
  const auto flags = [&](RowParameters p, std::vector<Adjustment> entries = {}) {
    const uint32_t offsets[] = {0, static_cast<uint32_t>(entries.size())};
    entries.push_back({});
    sample_masked({.logits = {.data = logits.data(), .rows = 1, .vocab = 100, .row_stride = 100},
                   .adjustments = {entries.data(), offsets},
                   .parameters = &p},
                  results);
    return results[0].flags;
  };
  EXPECT_EQ(flags({}), 0u);
  EXPECT_EQ(flags({.inverse_temperature = -1}), kRowBadParameters);
  EXPECT_EQ(flags({.inverse_temperature = kNan}), kRowBadParameters);
  EXPECT_EQ(flags({.top_p = kNan}), kRowBadParameters);
  EXPECT_EQ(flags({.top_p = -0.5f}), kRowBadParameters);
  EXPECT_EQ(flags({.min_p = kNan}), kRowBadParameters);
  EXPECT_EQ(flags({.repetition_penalty = 0}), kRowBadParameters);
  EXPECT_EQ(flags({.frequency_penalty = INFINITY}), kRowBadParameters);
  EXPECT_EQ(flags({}, {{5, 1, 0, 0}, {7, 1, 0, 0}}), 0u);
  EXPECT_EQ(flags({}, {{5, 1, 0, 0}, {5, 1, 0, 0}}), kRowBadParameters);
  EXPECT_EQ(flags({}, {{7, 1, 0, 0}, {5, 1, 0, 0}}), kRowBadParameters);
  EXPECT_EQ(flags({}, {{100, 1, 0, 0}}), kRowBadParameters);
  EXPECT_EQ(flags({.min_p = -3, .seed = 1}), 0u);
}

}  // namespace
}  // namespace tokrail
