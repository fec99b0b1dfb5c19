// Every sampler of a single row against its definition.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <functional>

#include "base/error.h"
#include "decoding/samplers/mirostat.h"
#include "decoding/samplers/temperature.h"
#include "decoding/samplers/truncation.h"
#include "decoding/samplers/xtc.h"
#include "tests/decoding/random_rows.h"
#include "tests/oracle/slow_samplers.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;
using test::SlowRow;

constexpr int kRows = 1500;
constexpr double kClose = 2e-6;
constexpr DrawPlace kPlace{.seed = 11, .stream = 3, .position = 17};

std::vector<float> applied(Sampler& sampler, std::vector<float> logits) {
  SamplingRow row{logits, {}};
  sampler.apply(row, {}, kPlace);
  return logits;
}

/// Whether the same tokens are kept; those kept must be within 1e-5 of the slow ones.
bool same(const std::vector<float>& fast, const SlowRow& slow) {
  for (size_t id = 0; id < fast.size(); ++id) {
    const double x = fast[id];
    const bool fast_out = std::isnan(x) || x == test::kSlowOut;
    if (fast_out != (slow[id] == test::kSlowOut)) return false;
    if (!fast_out && std::fabs(x - slow[id]) > 1e-5 * std::max(1.0, std::fabs(slow[id]))) {
      return false;
    }
  }
  return true;
}

struct Pair {
  std::unique_ptr<Sampler> fast;
  std::function<double(SlowRow&)> slow;
};

/// `make` gives a sampler with random numbers and its definition. Rows where the definition is
/// within rounding of another answer may differ; they must be few.
void hold_against_definition(const std::function<Pair(Random&)>& make, int rows = kRows) {
  Random random(test::property_seed());
  int excused = 0;
  for (int i = 0; i < rows; ++i) {
    const Pair pair = make(random);
    const test::RandomRow row = test::random_row(random);
    SlowRow slow = test::slow_row(row.logits);
    const double margin = pair.slow(slow);
    const std::vector<float> fast = applied(*pair.fast, row.logits);
    if (same(fast, slow)) continue;
    ++excused;
    ASSERT_LT(margin, kClose) << "row " << i << ", " << row.kind << ", " << row.logits.size()
                              << " tokens, seed " << test::property_seed();
  }
  EXPECT_LE(excused, rows / 50);
}

template <size_t kCount>
float one_of(Random& random, const float (&values)[kCount]) {
  return values[below(random, kCount)];
}

TEST(Filters, TopK) {
  hold_against_definition([](Random& random) {
    const auto k = static_cast<uint32_t>(1 + below(random, 200));
    return Pair{make_top_k(k), [k](SlowRow& row) { return test::slow_top_k(row, k); }};
  });
}

TEST(Filters, TopP) {
  hold_against_definition([](Random& random) {
    const float p = one_of(random, {0, 0.1f, 0.5f, 0.9f, 0.95f, 0.999f, 1});
    return Pair{make_top_p(p), [p](SlowRow& row) { return test::slow_top_p(row, double{p}); }};
  });
}

TEST(Filters, MinP) {
  hold_against_definition([](Random& random) {
    const float p = one_of(random, {0, 0.001f, 0.05f, 0.3f, 1});
    return Pair{make_min_p(p), [p](SlowRow& row) { return test::slow_min_p(row, double{p}); }};
  });
}

TEST(Filters, Typical) {
  hold_against_definition([](Random& random) {
    const float p = one_of(random, {0, 0.1f, 0.5f, 0.9f, 0.95f, 0.999f, 1});
    return Pair{make_typical(p), [p](SlowRow& row) { return test::slow_typical(row, double{p}); }};
  });
}

TEST(Filters, EpsilonAndEta) {
  hold_against_definition([](Random& random) {
    const float p = one_of(random, {0, 0.0003f, 0.004f, 0.1f, 1});
    return Pair{make_epsilon(p), [p](SlowRow& row) { return test::slow_epsilon(row, double{p}); }};
  });
  hold_against_definition([](Random& random) {
    const float p = one_of(random, {0, 0.0003f, 0.004f, 0.1f, 1});
    return Pair{make_eta(p), [p](SlowRow& row) { return test::slow_eta(row, double{p}); }};
  });
}

TEST(Filters, TopNSigma) {
  hold_against_definition([](Random& random) {
    const float n = one_of(random, {0, 0.5f, 1, 2.5f});
    return Pair{make_top_n_sigma(n),
                [n](SlowRow& row) { return test::slow_top_n_sigma(row, double{n}); }};
  });
}

TEST(Filters, TopH) {
  hold_against_definition([](Random& random) {
    const float h = one_of(random, {0, 0.21f, 0.41f, 0.93f, 1});
    return Pair{make_top_h(h), [h](SlowRow& row) { return test::slow_top_h(row, double{h}); }};
  });
}

TEST(Filters, Xtc) {
  hold_against_definition([](Random& random) {
    const float t = one_of(random, {0, 0.01f, 0.1f, 0.3f, 0.5f, 0.6f});
    return Pair{make_xtc(1, t), [t](SlowRow& row) { return test::slow_xtc(row, double{t}); }};
  });
}

TEST(Filters, XtcComesOutAsOftenAsItSays) {
  int times = 0;
  const auto sampler = make_xtc(0.3f, 0.1f);
  for (uint32_t position = 0; position < 20000; ++position) {
    std::vector<float> logits = {1, 1, 0};
    SamplingRow row{logits, {}};
    sampler->apply(row, {}, {.seed = 5, .stream = 1, .position = position});
    if (std::isinf(logits[0])) ++times;
  }
  EXPECT_NEAR(times, 6000, 330);
}

TEST(Filters, Temperatures) {
  hold_against_definition([](Random& random) {
    const float t = one_of(random, {0, 0.3f, 0.8f, 1, 1.7f});
    return Pair{make_temperature(t), [t](SlowRow& row) {
                  test::slow_temperature(row, double{t});
                  return test::kClear;
                }};
  });
  hold_against_definition([](Random& random) {
    // A temperature near 0 would multiply what is lost in rounding.
    const float range = one_of(random, {0.1f, 0.5f, 0.75f});
    const float exponent = one_of(random, {0.5f, 1, 2});
    return Pair{make_dynamic_temperature(0.8f, range, exponent), [=](SlowRow& row) {
                  test::slow_dynamic_temperature(row, double{0.8f}, double{range}, exponent);
                  return test::kClear;
                }};
  });
}

TEST(Filters, DynamicTemperatureOfZeroIsGreedy) {
  std::vector<float> logits = {1, 1, -1000};
  SamplingRow row{logits, {}};
  make_dynamic_temperature(0, 0)->apply(row, {}, {});
  EXPECT_EQ(logits[0], 1);
  EXPECT_TRUE(std::isinf(logits[1]));
}

TEST(Filters, Gumbel) {
  hold_against_definition([](Random&) {
    return Pair{make_gumbel(), [](SlowRow& row) {
                  test::slow_gumbel(row, kPlace);
                  return test::kClear;
                }};
  });
}

TEST(Filters, GumbelDrawsTheDistribution) {
  const std::vector<float> logits = {0, 1, -1, 0.5f};
  const std::vector<double> p = test::slow_probabilities(test::slow_row(logits));
  const auto sampler = make_gumbel();
  std::vector<double> counts(logits.size(), 0);
  constexpr int kDraws = 100000;
  for (uint32_t position = 0; position < kDraws; ++position) {
    std::vector<float> copy = logits;
    SamplingRow row{copy, {}};
    sampler->apply(row, {}, {.seed = 9, .stream = 2, .position = position});
    for (size_t id = 0; id < copy.size(); ++id) counts[id] += !std::isinf(copy[id]);
  }
  double chi = 0;
  for (size_t id = 0; id < p.size(); ++id) {
    chi += (counts[id] - kDraws * p[id]) * (counts[id] - kDraws * p[id]) / (kDraws * p[id]);
  }
  EXPECT_LT(chi, 16.3);  // p = 0.001 with 3 degrees of freedom
}

TEST(Filters, Mirostat) {
  for (const int version : {1, 2}) {
    hold_against_definition([version](Random& random) {
      const float tau = one_of(random, {0.5f, 1, 2, 3, 5});
      return Pair{make_mirostat(version, tau),
                  [=](SlowRow& row) { return test::slow_mirostat(row, version, 2 * double{tau}); }};
    });
  }
}

/// mu as it shows: two rows of many tokens are cut where mu says.
TEST(Filters, MirostatFollowsTheSurprise) {
  Random random(test::property_seed());
  for (const int version : {1, 2}) {
    const auto sampler = make_mirostat(version, 3, 0.2f);
    double mu = 6;
    int excused = 0;
    for (int step = 0; step < 400; ++step) {
      std::normal_distribution<float> normal(0, 2);
      std::vector<float> logits(500);
      for (float& x : logits) x = normal(random);
      SlowRow slow = test::slow_row(logits);
      const double margin = test::slow_mirostat(slow, version, mu);
      logits = applied(*sampler, logits);
      if (!same(logits, slow)) {
        ++excused;
        ASSERT_LT(margin, 1e-4) << "version " << version << " step " << step;
        for (size_t id = 0; id < logits.size(); ++id) {
          slow[id] = std::isinf(logits[id]) ? test::kSlowOut : double{logits[id]};
        }
      }
      const std::vector<double> p = test::slow_probabilities(slow);
      size_t token = 0;
      double u = std::uniform_real_distribution<double>()(random);
      while (token + 1 < p.size() && (u -= p[token]) >= 0) ++token;
      sampler->accept(static_cast<TokenId>(token));
      if (p[token] > 0) mu -= 0.2 * (-std::log2(p[token]) - 3);
    }
    EXPECT_LE(excused, 8);
  }
}

TEST(Filters, InfinityIsLeftForTheDraw) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> logits = {1, infinity, 2, infinity};
  std::vector<std::unique_ptr<Sampler>> all;
  all.push_back(make_top_k(1));
  all.push_back(make_top_p(0.5f));
  all.push_back(make_min_p(0.5f));
  all.push_back(make_typical(0.5f));
  all.push_back(make_epsilon(0.5f));
  all.push_back(make_eta(0.5f));
  all.push_back(make_top_n_sigma(1));
  all.push_back(make_top_h(0.5f));
  all.push_back(make_xtc(1, 0.1f));
  all.push_back(make_mirostat(1));
  all.push_back(make_mirostat(2));
  all.push_back(make_temperature(0));
  all.push_back(make_dynamic_temperature(1, 0.5f));
  all.push_back(make_gumbel());
  for (const auto& sampler : all) {
    EXPECT_EQ(applied(*sampler, logits)[1], infinity) << sampler->name();
    const std::vector<float> nothing(5, -infinity);
    EXPECT_EQ(applied(*sampler, nothing), nothing) << sampler->name();
    EXPECT_TRUE(applied(*sampler, {}).empty()) << sampler->name();
  }
}

TEST(Filters, EveryInstructionSet) {
  const int64_t all = hwy::SupportedTargets();
  for (int64_t left = all; left != 0; left &= left - 1) {
    const int64_t target = left & -left;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    hold_against_definition(
        [](Random&) {
          return Pair{make_typical(0.9f),
                      [](SlowRow& row) { return test::slow_typical(row, 0.9f); }};
        },
        200);
    hold_against_definition(
        [](Random&) {
          return Pair{make_top_n_sigma(1),
                      [](SlowRow& row) { return test::slow_top_n_sigma(row, 1); }};
        },
        200);
    hold_against_definition(
        [](Random&) {
          return Pair{make_mirostat(1, 2),
                      [](SlowRow& row) { return test::slow_mirostat(row, 1, 4); }};
        },
        200);
    hold_against_definition(
        [](Random&) {
          return Pair{make_temperature(0.7f), [](SlowRow& row) {
                        test::slow_temperature(row, 0.7f);
                        return test::kClear;
                      }};
        },
        200);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Filters, RealVocabularies) {
  Random random(test::property_seed());
  for (const size_t vocab : {size_t{32000}, size_t{50257}, size_t{128256}}) {
    for (const float width : {1.0f, 3.0f}) {
      std::normal_distribution<float> normal(0, width);
      std::vector<float> logits(vocab);
      for (float& x : logits) x = normal(random);
      const auto compare = [&](std::unique_ptr<Sampler> fast, auto definition) {
        SlowRow slow = test::slow_row(logits);
        const double margin = definition(slow);
        EXPECT_TRUE(same(applied(*fast, logits), slow) || margin < kClose)
            << fast->name() << " " << vocab << " " << margin;
      };
      compare(make_top_k(40), [](SlowRow& row) { return test::slow_top_k(row, 40); });
      compare(make_top_p(0.95f), [](SlowRow& row) { return test::slow_top_p(row, 0.95f); });
      compare(make_typical(0.95f), [](SlowRow& row) { return test::slow_typical(row, 0.95f); });
      compare(make_eta(1e-4f), [](SlowRow& row) { return test::slow_eta(row, 1e-4f); });
      compare(make_top_n_sigma(1), [](SlowRow& row) { return test::slow_top_n_sigma(row, 1); });
      compare(make_top_h(0.4f), [](SlowRow& row) { return test::slow_top_h(row, 0.4f); });
      compare(make_mirostat(1), [](SlowRow& row) { return test::slow_mirostat(row, 1, 10); });
      compare(make_mirostat(2), [](SlowRow& row) { return test::slow_mirostat(row, 2, 10); });
      compare(make_xtc(1, 1e-5f), [](SlowRow& row) { return test::slow_xtc(row, 1e-5f); });
    }
  }
}

TEST(Filters, RefuseNumbersOutOfRange) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(make_top_k(0), Error);
  EXPECT_THROW(make_top_p(-0.1f), Error);
  EXPECT_THROW(make_top_p(nan), Error);
  EXPECT_THROW(make_min_p(nan), Error);
  EXPECT_THROW(make_typical(nan), Error);
  EXPECT_THROW(make_epsilon(1.5f), Error);
  EXPECT_THROW(make_eta(nan), Error);
  EXPECT_THROW(make_top_n_sigma(-1), Error);
  EXPECT_THROW(make_top_h(2), Error);
  EXPECT_THROW(make_xtc(2, 0.1f), Error);
  EXPECT_THROW(make_mirostat(3), Error);
  EXPECT_THROW(make_mirostat(1, nan), Error);
  EXPECT_THROW(make_temperature(-1), Error);
  EXPECT_THROW(make_temperature(nan), Error);
  EXPECT_THROW(make_dynamic_temperature(1, nan), Error);
}

}  // namespace
}  // namespace tokrail
