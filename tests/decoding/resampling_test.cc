// Resampling: unbiased copies for every scheme, the threshold of steering, bad weights.
#include "decoding/smc/resampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace tokrail {
namespace {

constexpr Resampling kAll[] = {Resampling::kMultinomial, Resampling::kResidual,
                               Resampling::kSystematic, Resampling::kStratified,
                               Resampling::kSteer};

const std::vector<std::vector<double>> kWeights = {
    {0.1, 0.2, 0.3, 0.4},     {5, 0, 1e-9, 3, 3, 0.01, 0, 2},   {1, 1, 1, 1, 1, 1, 1},
    {1e-120, 2e-120, 4e-120}, {1e6, 1, 1, 1, 1, 1, 1, 1, 1, 1},
};

/// Copies of every particle times their weight, and their squares, over many resamplings.
struct Sums {
  std::vector<double> first;
  std::vector<double> second;
};
Sums run(Resampling scheme, const std::vector<double>& weights, size_t count, uint32_t runs) {
  const CounterRandom random(17);
  Sums sums{std::vector<double>(weights.size()), std::vector<double>(weights.size())};
  for (uint32_t r = 0; r < runs; ++r) {
    const Resampled next = resample(scheme, weights, count, random, {.stream = 3, .position = r});
    EXPECT_TRUE(std::is_sorted(next.ancestors.begin(), next.ancestors.end()));
    std::vector<double> once(weights.size());
    for (size_t i = 0; i < next.ancestors.size(); ++i) once[next.ancestors[i]] += next.weights[i];
    for (size_t i = 0; i < weights.size(); ++i) {
      sums.first[i] += once[i];
      sums.second[i] += once[i] * once[i];
    }
  }
  return sums;
}

TEST(Resampling, IsUnbiased) {
  constexpr uint32_t kRuns = 20000;
  for (const Resampling scheme : kAll) {
    for (const std::vector<double>& weights : kWeights) {
      for (const size_t count : {weights.size(), size_t{3}}) {
        if (count > weights.size()) continue;
        const Sums sums = run(scheme, weights, count, kRuns);
        // Steering keeps the sum of weights, the others their mean.
        const double scale = scheme == Resampling::kSteer
                                 ? 1
                                 : static_cast<double>(count) / static_cast<double>(weights.size());
        const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
        for (size_t i = 0; i < weights.size(); ++i) {
          const double mean = sums.first[i] / kRuns;
          const double variance = std::max(sums.second[i] / kRuns - mean * mean, 0.0);
          // Events too rare to be seen have no variance in the sample: allow one.
          const double allowed = 4 * std::sqrt(variance / kRuns) + 1e-12 * total + total / kRuns;
          EXPECT_NEAR(mean, weights[i] * scale, allowed)
              << resampling_name(scheme) << " particle " << i << " count " << count;
        }
      }
    }
  }
}

TEST(Resampling, AddsLessNoiseThanIndependentDraws) {
  const std::vector<double> weights = {0.05, 0.15, 0.25, 0.2, 0.35};
  std::vector<double> noise;
  for (const Resampling scheme : kAll) {
    const Sums sums = run(scheme, weights, weights.size(), 5000);
    double variance = 0;
    for (size_t i = 0; i < weights.size(); ++i)
      variance += sums.second[i] / 5000 - sums.first[i] * sums.first[i] / 5000 / 5000;
    noise.push_back(variance);
  }
  for (size_t i = 1; i < noise.size(); ++i) EXPECT_LT(noise[i], noise[0]);
}

TEST(Resampling, SystematicCopiesAreWithinOne) {
  const CounterRandom random(5);
  const std::vector<double> weights = {0.31, 0.07, 0.22, 0.4};
  for (uint32_t r = 0; r < 1000; ++r) {
    const Resampled next = resample(Resampling::kSystematic, weights, 10, random, {.position = r});
    ASSERT_EQ(next.ancestors.size(), 10U);
    for (size_t i = 0; i < weights.size(); ++i) {
      const auto copies = std::count(next.ancestors.begin(), next.ancestors.end(), i);
      EXPECT_LE(std::fabs(static_cast<double>(copies) - 10 * weights[i]), 1);
    }
  }
}

TEST(Resampling, SteeringThresholdIsExact) {
  const CounterRandom random(11);
  for (uint32_t r = 0; r < 2000; ++r) {
    const size_t n = 2 + random.below({.stream = 1, .position = r}, 30);
    const size_t count = 1 + random.below({.stream = 2, .position = r}, n - 1);
    std::vector<double> weights(n);
    for (size_t i = 0; i < n; ++i) {
      const double u = random.uniform({.stream = 3, .position = r, .draw = uint32_t(i)});
      weights[i] = std::pow(u, 6) + 1e-9;
    }
    const Resampled next = resample(Resampling::kSteer, weights, count, random, {.position = r});
    ASSERT_EQ(next.ancestors.size(), count);
    const double c = next.threshold;
    double sum = 0;
    for (const double weight : weights) sum += std::min(weight / c, 1.0);
    EXPECT_NEAR(sum, static_cast<double>(count), 1e-9 * static_cast<double>(count));
    for (size_t i = 0; i + 1 < count; ++i) EXPECT_LT(next.ancestors[i], next.ancestors[i + 1]);
    double total = 0;
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(next.weights[i], std::max(weights[next.ancestors[i]], c));
      total += next.weights[i];
    }
    EXPECT_NEAR(total, std::accumulate(weights.begin(), weights.end(), 0.0), 1e-9 * total);
    for (uint32_t i = 0; i < n; ++i) {
      if (weights[i] <= c * (1 + 1e-12)) continue;
      EXPECT_TRUE(std::binary_search(next.ancestors.begin(), next.ancestors.end(), i));
    }
  }
}

TEST(Resampling, SteeringKeepsAllWhereThereIsRoom) {
  const CounterRandom random(1);
  const std::vector<double> weights = {3, 0, 1, 0, 2};
  const Resampled next = resample(Resampling::kSteer, weights, 4, random, {});
  EXPECT_EQ(next.ancestors, (std::vector<uint32_t>{0, 1, 2, 4}));
  EXPECT_EQ(next.weights, (std::vector<double>{3, 0, 1, 2}));
  EXPECT_EQ(resample(Resampling::kSteer, weights, 9, random, {}).ancestors.size(), 5U);
}

TEST(Resampling, DeadParticlesAreNotTaken) {
  const CounterRandom random(1);
  const std::vector<double> weights = {0, 0, 1, 0, 1e-12, 0};
  for (const Resampling scheme : kAll) {
    if (scheme == Resampling::kSteer) continue;
    for (uint32_t r = 0; r < 500; ++r) {
      for (const uint32_t i : resample(scheme, weights, 6, random, {.position = r}).ancestors)
        EXPECT_TRUE(i == 2 || i == 4);
    }
  }
}

TEST(Resampling, BadWeightsAreNoWeight) {
  const CounterRandom random(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  for (const Resampling scheme : kAll) {
    EXPECT_TRUE(resample(scheme, {}, 4, random, {}).ancestors.empty());
    EXPECT_TRUE(resample(scheme, std::vector<double>{1, 2}, 0, random, {}).ancestors.empty());
    const Resampled dead =
        resample(scheme, std::vector<double>{0, nan, -1, infinite}, 4, random, {});
    EXPECT_EQ(dead.ancestors.size(), 4U);
    EXPECT_EQ(dead.weights, std::vector<double>(4, 0));
  }
  const std::vector<double> mixed = {nan, 2, -3, 4};
  for (const uint32_t i : resample(Resampling::kStratified, mixed, 8, random, {}).ancestors)
    EXPECT_TRUE(i == 1 || i == 3);
}

TEST(Resampling, EffectiveParticles) {
  EXPECT_EQ(effective_particles(std::vector<double>{}), 0);
  EXPECT_EQ(effective_particles(std::vector<double>{0, 0}), 0);
  EXPECT_NEAR(effective_particles(std::vector<double>{2, 2, 2, 2}), 4, 1e-12);
  EXPECT_NEAR(effective_particles(std::vector<double>{1e300, 1e300, 0}), 2, 1e-12);
  EXPECT_NEAR(effective_particles(std::vector<double>{1e-300, 3e-300}), 16.0 / 10, 1e-12);
}

}  // namespace
}  // namespace tokrail
