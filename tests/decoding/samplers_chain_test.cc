// Chains: the orders of known systems, the fused road against the general one, clones.
#include <gtest/gtest.h>

#include "base/error.h"
#include "decoding/samplers/bans.h"
#include "decoding/samplers/bias.h"
#include "decoding/samplers/dry.h"
#include "decoding/samplers/mirostat.h"
#include "decoding/samplers/penalties.h"
#include "decoding/samplers/sampler_chain.h"
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
using Tokens = std::vector<TokenId>;

constexpr int kRows = 2000;
constexpr FilterOrder kOrders[] = {FilterOrder::kLlamaCpp, FilterOrder::kVllm, FilterOrder::kHf};

LogitsView view(const std::vector<float>& logits) {
  return {.data = logits.data(), .rows = 1, .vocab = logits.size(), .row_stride = logits.size()};
}

/// Hides from a chain that a sampler can be fused.
class Unfused final : public Sampler {
 public:
  explicit Unfused(std::unique_ptr<Sampler> inner) : inner_(std::move(inner)) {}
  std::string_view name() const noexcept override { return inner_->name(); }
  void apply(SamplingRow& row, const History& history, const DrawPlace& place) noexcept override {
    inner_->apply(row, history, place);
  }
  void accept(TokenId id) noexcept override { inner_->accept(id); }
  void reset() noexcept override { inner_->reset(); }
  std::unique_ptr<Sampler> clone() const override {
    return std::make_unique<Unfused>(inner_->clone());
  }
  bool is_prefix_function() const noexcept override { return inner_->is_prefix_function(); }

 private:
  std::unique_ptr<Sampler> inner_;
};

/// About half of the options at work; `only_fused`: those that sample_masked knows.
SamplingOptions random_options(Random& random, bool only_fused) {
  const auto sometimes = [&](float value, float otherwise) {
    return below(random, 3) == 0 ? value : otherwise;
  };
  SamplingOptions o;
  o.temperature = sometimes(0.7f, sometimes(1.6f, sometimes(0, 1)));
  o.top_k = static_cast<uint32_t>(sometimes(12, 0));
  o.top_p = sometimes(0.85f, 1);
  o.min_p = sometimes(0.03f, 0);
  o.repetition_penalty = sometimes(1.2f, 1);
  o.frequency_penalty = sometimes(0.3f, 0);
  o.presence_penalty = sometimes(0.6f, 0);
  o.penalty_window = static_cast<int32_t>(sometimes(5, 64));
  if (below(random, 3) == 0) o.logit_bias = {{2, 1.5f}, {0, -0.5f}};
  if (below(random, 4) == 0) o.banned = {{1}, {0, 2}};
  o.min_tokens = static_cast<uint32_t>(sometimes(6, 0));
  o.no_repeat_ngram = static_cast<uint32_t>(sometimes(3, 0));
  if (only_fused) return o;
  o.typical_p = sometimes(0.9f, 1);
  o.epsilon_cutoff = sometimes(0.002f, 0);
  o.eta_cutoff = sometimes(0.003f, 0);
  o.top_n_sigma = sometimes(1.5f, 0);
  o.top_h = sometimes(0.61f, 0);
  o.xtc_probability = sometimes(0.5f, 0);
  o.dynamic_temperature_range = sometimes(0.3f, 0);
  o.dry_multiplier = sometimes(0.8f, 0);
  if (below(random, 2) == 0) o.dry_breakers = {{4}};
  o.mirostat = static_cast<int>(sometimes(1, sometimes(2, 0)));
  o.mirostat_tau = 3;
  return o;
}

struct Case {
  std::vector<float> logits;
  Tokens prompt, output;
  DrawPlace place;
  explicit Case(Random& random) : logits(test::random_row(random).logits) {
    prompt.resize(below(random, 8));
    output.resize(below(random, 20));
    for (TokenId& id : prompt) id = static_cast<TokenId>(below(random, 6));
    for (TokenId& id : output) id = static_cast<TokenId>(below(random, 6));
    place = {.seed = below(random, 1000), .stream = below(random, 1000), .position = 5};
  }
  History history() const { return {prompt, output}; }
};

const Tokens kEnds = {3, 5};

double difference(const SlowRow& a, const SlowRow& b) {
  const std::vector<double> p = test::slow_probabilities(a), q = test::slow_probabilities(b);
  double most = 0;
  for (size_t id = 0; id < p.size(); ++id) most = std::max(most, std::fabs(p[id] - q[id]));
  return most;
}

TEST(SamplerChain, OrdersAreThoseOfTheSystems) {
  Random random(test::property_seed());
  for (const FilterOrder order : kOrders) {
    int excused = 0;
    for (int i = 0; i < kRows; ++i) {
      const SamplingOptions options = random_options(random, i % 2 == 0);
      const Case one(random);
      SamplerChain chain = SamplerChain::preset(order, options);
      SlowRow expected = test::slow_row(one.logits);
      const double margin =
          test::slow_chain(expected, order, options, one.history(), kEnds, one.place);
      const PreparedRow row = chain.prepare(view(one.logits), 0, one.history(), kEnds, one.place);
      EXPECT_EQ(row.parameters.seed, one.place.seed);
      if (difference(test::slow_prepared(row), expected) <= 1e-5) continue;
      ++excused;
      ASSERT_LT(margin, 1e-5) << chain.describe() << " differs by "
                              << difference(test::slow_prepared(row), expected) << ", row " << i
                              << " seed " << test::property_seed();
    }
    EXPECT_LE(excused, kRows / 50);
  }
}

TEST(SamplerChain, FusedIsTheGeneralRoad) {
  Random random(test::property_seed());
  int excused = 0, fused = 0;
  for (int i = 0; i < kRows; ++i) {
    const Case one(random);
    // Any order of any samplers, and the same hidden from the chain.
    std::vector<std::unique_ptr<Sampler>> samplers;
    samplers.push_back(make_logit_bias(std::vector<std::pair<TokenId, float>>{{1, 0.5f}}));
    samplers.push_back(
        make_penalties({.repetition = below(random, 2) ? 1.1f : 1, .frequency = 0.2f}));
    samplers.push_back(make_dry({.multiplier = 0.5f, .allowed_length = 1}));
    samplers.push_back(make_banned_sequences({{2}}));
    samplers.push_back(make_temperature(0.8f));
    samplers.push_back(make_top_k(20));
    samplers.push_back(make_top_p(0.9f));
    samplers.push_back(make_min_p(0.04f));
    samplers.push_back(make_typical(0.97f));
    if (below(random, 3) != 0) std::shuffle(samplers.begin(), samplers.end(), random);
    SamplerChain chain, hidden;
    for (auto& sampler : samplers) {
      if (below(random, 3) == 0) continue;
      hidden.add(std::make_unique<Unfused>(sampler->clone()));
      chain.add(std::move(sampler));
    }
    if (chain.is_fused()) ++fused;
    const PreparedRow row = chain.prepare(view(one.logits), 0, one.history(), kEnds, one.place);
    const SlowRow fast = test::slow_prepared(row);
    const PreparedRow general =
        hidden.prepare(view(one.logits), 0, one.history(), kEnds, one.place);
    EXPECT_EQ(general.adjustments.entries, nullptr);
    // Boundaries of filters within rounding of each other.
    if (difference(fast, test::slow_prepared(general)) > 1e-5) ++excused;
  }
  EXPECT_LE(excused, kRows / 200);
  EXPECT_GT(fused, kRows / 50);
}

TEST(SamplerChain, KnowsWhatIsFused) {
  SamplingOptions options{.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .min_p = 0.05f};
  options.repetition_penalty = 1.1f;
  options.logit_bias = {{7, -1}};
  options.min_tokens = 4;
  options.no_repeat_ngram = 3;
  for (const FilterOrder order : kOrders) {
    SamplerChain chain = SamplerChain::preset(order, options);
    EXPECT_TRUE(chain.is_fused()) << chain.describe();
    EXPECT_TRUE(chain.is_prefix_function());
    const std::vector<float> logits(50, 0.5f);
    const PreparedRow row = chain.prepare(view(logits), 0, {}, kEnds, {});
    EXPECT_EQ(row.logits.data, logits.data());
    EXPECT_EQ(row.parameters.order, order);
    EXPECT_EQ(row.parameters.top_k, 40u);
  }
  EXPECT_EQ(SamplerChain::preset(FilterOrder::kVllm, options).describe(),
            "logit_bias, min_tokens, no_repeat_ngram, penalties, temperature, min_p, top_k, top_p");
  SamplerChain chain;
  EXPECT_TRUE(chain.is_fused());
  chain.add(make_xtc(0.5f, 0.1f));
  EXPECT_FALSE(chain.is_fused());
  EXPECT_FALSE(chain.is_prefix_function());
  EXPECT_FALSE(SamplerChain().add(make_mirostat(2)).is_prefix_function());
  EXPECT_FALSE(SamplerChain().add(make_gumbel()).is_prefix_function());
  EXPECT_THROW(chain.add(nullptr), Error);
  EXPECT_THROW(SamplerChain::preset(FilterOrder::kVllm, {.temperature = 0, .top_p = -1}), Error);
}

std::vector<std::unique_ptr<Sampler>> one_of_each() {
  std::vector<std::unique_ptr<Sampler>> all;
  all.push_back(make_logit_bias(std::vector<std::pair<TokenId, float>>{{1, 0.5f}, {4, -2}}));
  all.push_back(make_penalties({.repetition = 1.2f, .frequency = 0.3f, .presence = 0.2f}));
  all.push_back(make_dry({.allowed_length = 1, .breakers = {{3}}}));
  all.push_back(make_no_repeat_ngram(4));
  all.push_back(make_banned_sequences({{1, 2}}));
  all.push_back(make_min_tokens(10));
  all.push_back(make_temperature(0.7f));
  all.push_back(make_dynamic_temperature(1, 0.5f));
  all.push_back(make_greedy());
  all.push_back(make_gumbel());
  all.push_back(make_top_k(7));
  all.push_back(make_top_p(0.8f));
  all.push_back(make_min_p(0.1f));
  all.push_back(make_typical(0.8f));
  all.push_back(make_epsilon(0.01f));
  all.push_back(make_eta(0.01f));
  all.push_back(make_top_n_sigma(1));
  all.push_back(make_top_h(0.5f));
  all.push_back(make_xtc(0.5f, 0.05f));
  all.push_back(make_mirostat(1, 2));
  all.push_back(make_mirostat(2, 2));
  return all;
}

/// The next step of a sampler over a row that depends on the step.
std::vector<float> step(Sampler& sampler, Tokens& output, uint32_t number) {
  Random random(number);
  std::normal_distribution<float> normal(0, 1.5f);
  std::vector<float> logits(60);
  for (float& x : logits) x = normal(random);
  SamplingRow row{logits, kEnds};
  sampler.apply(row, {{}, output}, {.seed = 3, .stream = 4, .position = number});
  const std::vector<double> p = test::slow_probabilities(test::slow_row(logits));
  size_t token = 0;
  double u = CounterRandom(3).uniform({.stream = 4, .position = number});
  while (token + 1 < p.size() && (u -= p[token]) >= 0) ++token;
  output.push_back(static_cast<TokenId>(token));
  sampler.accept(static_cast<TokenId>(token));
  return logits;
}

/// Systems in use have failed here: a clone of mirostat that overwrote its original, a clone of
/// penalties without its counts.
TEST(SamplerChain, ClonesAndOriginalsGiveEqualStreams) {
  for (const auto& sampler : one_of_each()) {
    Tokens output;
    uint32_t number = 0;
    while (number < 30) step(*sampler, output, number++);
    const auto clone = sampler->clone();
    const auto untouched = sampler->clone();
    Tokens of_original = output, of_clone = output, of_untouched = output;
    for (uint32_t i = number; i < number + 30; ++i) {
      EXPECT_EQ(step(*sampler, of_original, i), step(*clone, of_clone, i)) << sampler->name();
    }
    EXPECT_EQ(of_original, of_clone) << sampler->name();
    // A clone is not moved by what happens to the other two.
    for (uint32_t i = number; i < number + 30; ++i) step(*untouched, of_untouched, i);
    EXPECT_EQ(of_untouched, of_original) << sampler->name();
  }
}

/// A clone taken between a row and its token sees the same token.
TEST(SamplerChain, ClonesBetweenRowAndToken) {
  for (const int version : {1, 2}) {
    const auto sampler = make_mirostat(version, 2);
    std::vector<float> logits(60);
    for (size_t i = 0; i < logits.size(); ++i) logits[i] = -0.1f * static_cast<float>(i);
    SamplingRow row{logits, {}};
    sampler->apply(row, {}, {});
    const auto clone = sampler->clone();
    sampler->accept(1);
    clone->accept(1);
    Tokens a, b;
    for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(step(*sampler, a, i), step(*clone, b, i));
  }
}

TEST(SamplerChain, ResetForgets) {
  for (const auto& sampler : one_of_each()) {
    Tokens first, second;
    std::vector<std::vector<float>> rows;
    for (uint32_t i = 0; i < 20; ++i) rows.push_back(step(*sampler, first, i));
    sampler->reset();
    for (uint32_t i = 0; i < 20; ++i) EXPECT_EQ(step(*sampler, second, i), rows[i]);
    EXPECT_EQ(first, second) << sampler->name();
  }
}

TEST(SamplerChain, CopiesAreClones) {
  SamplerChain chain = SamplerChain::preset(FilterOrder::kLlamaCpp, {.mirostat = 2});
  std::vector<float> logits(40);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = -0.2f * static_cast<float>(i);
  const auto next = [&](SamplerChain& which, uint32_t position) {
    const PreparedRow row = which.prepare(view(logits), 0, {}, {}, {1, 1, position});
    SlowRow prepared = test::slow_prepared(row);
    which.accept(position % 3);
    return prepared;
  };
  for (uint32_t i = 0; i < 10; ++i) next(chain, i);
  SamplerChain copy(chain), assigned;
  assigned = chain;
  for (uint32_t i = 10; i < 30; ++i) {
    const SlowRow row = next(chain, i);
    EXPECT_EQ(next(copy, i), row);
    EXPECT_EQ(next(assigned, i), row);
  }
}

TEST(SamplerChain, HalfPrecisionRows) {
  Random random(test::property_seed());
  for (int i = 0; i < 300; ++i) {
    const Case one(random);
    const size_t vocab = one.logits.size(), stride = vocab + below(random, 3);
    for (const LogitsType type : {LogitsType::kBf16, LogitsType::kF16}) {
      // Any bits are a number of the type; row 1 is the one that is asked for.
      std::vector<uint16_t> bits(2 * stride);
      for (uint16_t& b : bits) b = static_cast<uint16_t>(random());
      std::vector<float> wide(vocab);
      for (size_t id = 0; id < vocab; ++id) {
        uint16_t& b = bits[stride + id];
        if (type == LogitsType::kBf16)
          b = static_cast<uint16_t>((b & 0x83FF) | 0x3C00);
        else
          b &= 0xCFFF;
        wide[id] = type == LogitsType::kBf16 ? std::bit_cast<float>(uint32_t{b} << 16) : 0;
        if (type == LogitsType::kF16) {
          const float magnitude = std::bit_cast<float>(uint32_t{b & 0x7FFFu} << 13) * 0x1p112f;
          wide[id] = (b & 0x8000) != 0 ? -magnitude : magnitude;
        }
      }
      SamplerChain chain = SamplerChain().add(make_typical(0.9f)).add(make_temperature(0.5f));
      SamplerChain same = chain;
      const LogitsView half{
          .data = bits.data(), .type = type, .rows = 2, .vocab = vocab, .row_stride = stride};
      const SlowRow expected =
          test::slow_prepared(same.prepare(view(wide), 0, one.history(), kEnds, one.place));
      const SlowRow row =
          test::slow_prepared(chain.prepare(half, 1, one.history(), kEnds, one.place));
      ASSERT_EQ(row, expected);
    }
  }
}

}  // namespace
}  // namespace tokrail
