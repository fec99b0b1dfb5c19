// Samplers that look at what came before, against their definitions.
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "decoding/samplers/bans.h"
#include "decoding/samplers/bias.h"
#include "decoding/samplers/dry.h"
#include "decoding/samplers/penalties.h"
#include "tests/decoding/random_rows.h"
#include "tests/oracle/slow_samplers.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;
using test::SlowRow;

constexpr int kRows = 1200;
using Tokens = std::vector<TokenId>;

/// Prompt and output over few tokens, so that they repeat; some beyond the vocabulary.
struct RandomHistory {
  Tokens prompt, output;
  explicit RandomHistory(Random& random, size_t vocab) {
    const size_t alphabet = 1 + below(random, std::min<size_t>(vocab + 1, 6));
    prompt.resize(below(random, 12));
    output.resize(below(random, 40));
    for (TokenId& id : prompt) id = static_cast<TokenId>(below(random, alphabet));
    for (TokenId& id : output) id = static_cast<TokenId>(below(random, alphabet));
  }
  History view() const { return {prompt, output}; }
  Tokens all() const {
    Tokens tokens = prompt;
    tokens.insert(tokens.end(), output.begin(), output.end());
    return tokens;
  }
};

Tokens last(const Tokens& tokens, int64_t window) {
  if (window < 0 || static_cast<size_t>(window) >= tokens.size()) return tokens;
  return {tokens.end() - window, tokens.end()};
}

using Slow = std::function<void(SlowRow&, const RandomHistory&)>;
using Make = std::function<std::pair<std::unique_ptr<Sampler>, Slow>(Random&)>;

void hold_against_definition(const Make& make) {
  Random random(test::property_seed());
  const Tokens ends = {1, 3};
  for (int i = 0; i < kRows; ++i) {
    const auto [fast, slow] = make(random);
    test::RandomRow row = test::random_row(random);
    const RandomHistory history(random, row.logits.size());
    SlowRow expected = test::slow_row(row.logits);
    slow(expected, history);
    SamplingRow under_way{row.logits, ends};
    fast->apply(under_way, history.view(), {});
    for (size_t id = 0; id < expected.size(); ++id) {
      const double x = std::isnan(row.logits[id]) ? test::kSlowOut : double{row.logits[id]};
      if (x == expected[id]) continue;
      ASSERT_NEAR(x, expected[id], 1e-5 * std::max(1.0, std::fabs(expected[id])))
          << fast->name() << " row " << i << " token " << id << " " << row.kind << " seed "
          << test::property_seed();
    }
  }
}

Tokens random_tokens(Random& random, size_t most) {
  Tokens tokens(1 + below(random, most));
  for (TokenId& id : tokens) id = static_cast<TokenId>(below(random, 5));
  return tokens;
}

TEST(HistorySamplers, LogitBias) {
  hold_against_definition([](Random& random) {
    std::vector<std::pair<TokenId, float>> biases;
    for (size_t i = below(random, 6); i > 0; --i) {
      const float bias = static_cast<float>(below(random, 9)) - 4;
      biases.emplace_back(static_cast<TokenId>(below(random, 20)),
                          bias == -4 ? -std::numeric_limits<float>::infinity() : bias);
    }
    Slow slow = [biases](SlowRow& row, const RandomHistory&) {
      for (const auto& [id, bias] : biases) {
        if (id < row.size()) row[id] += double{bias};
      }
    };
    return std::pair{make_logit_bias(biases), slow};
  });
}

TEST(HistorySamplers, Penalties) {
  hold_against_definition([](Random& random) {
    PenaltyOptions options;
    options.repetition = below(random, 2) == 0 ? 1 : 1.3f;
    options.frequency = below(random, 2) == 0 ? 0 : 0.4f;
    options.presence = below(random, 2) == 0 ? 0 : -0.7f;
    options.window = static_cast<int32_t>(below(random, 60)) - 1;
    options.count_prompt = below(random, 2) == 0;
    Slow slow = [options](SlowRow& row, const RandomHistory& history) {
      const Tokens context = last(history.all(), options.window);
      const Tokens counted = options.count_prompt ? context : last(history.output, options.window);
      test::slow_penalties(row, context, counted,
                           {options.repetition, options.frequency, options.presence});
    };
    return std::pair{make_penalties(options), slow};
  });
}

TEST(HistorySamplers, PenaltiesOfLongHistories) {
  Random random(test::property_seed());
  for (const bool count_prompt : {false, true}) {
    Tokens prompt(9000), output(3000);
    for (TokenId& id : prompt) id = static_cast<TokenId>(below(random, 400));
    for (TokenId& id : output) id = static_cast<TokenId>(below(random, 400));
    std::vector<float> logits(300, 1.5f);
    SlowRow slow = test::slow_row(logits);
    Tokens all = prompt;
    all.insert(all.end(), output.begin(), output.end());
    test::slow_penalties(slow, all, count_prompt ? all : output,
                         {double{1.2f}, double{0.01f}, 0.5});
    SamplingRow row{logits, {}};
    make_penalties({1.2f, 0.01f, 0.5f, -1, count_prompt})->apply(row, {prompt, output}, {});
    for (size_t id = 0; id < logits.size(); ++id) EXPECT_NEAR(logits[id], slow[id], 1e-5);
  }
}

TEST(HistorySamplers, Dry) {
  hold_against_definition([](Random& random) {
    DryOptions options;
    options.multiplier = 0.8f;
    options.base = below(random, 3) == 0 ? 1 : 1.75f;
    options.allowed_length = static_cast<uint32_t>(below(random, 4));
    options.window = static_cast<int32_t>(below(random, 40)) - 1;
    for (size_t i = below(random, 4); i > 0; --i) {
      options.breakers.push_back(random_tokens(random, 3));
    }
    Slow slow = [options](SlowRow& row, const RandomHistory& history) {
      test::slow_dry(row, last(history.all(), options.window), double{options.multiplier},
                     double{options.base}, options.allowed_length, options.breakers);
    };
    return std::pair{make_dry(options), slow};
  });
}

/// The example of the definition: after "a b c c b c y a b c", c would be the fourth token of a
/// repetition, y the third, b the second.
TEST(HistorySamplers, DryByHand) {
  const Tokens tokens = {0, 1, 2, 2, 1, 2, 3, 0, 1, 2};
  std::vector<float> logits(5, 0);
  SamplingRow row{logits, {}};
  make_dry({.multiplier = 1, .base = 2, .allowed_length = 1})->apply(row, {tokens, {}}, {});
  EXPECT_EQ(logits, (std::vector<float>{0, -1, -4, -2, 0}));
}

TEST(HistorySamplers, DryIsLinearOnConstantRuns) {
  const Tokens tokens(200000, 1);
  std::vector<float> logits(4, 0);
  SamplingRow row{logits, {}};
  make_dry({})->apply(row, {{}, tokens}, {});
  EXPECT_LT(logits[1], -1e30f);
  EXPECT_TRUE(std::isfinite(logits[1]));
}

TEST(HistorySamplers, NoRepeatNgram) {
  hold_against_definition([](Random& random) {
    const auto n = static_cast<uint32_t>(1 + below(random, 4));
    Slow slow = [n](SlowRow& row, const RandomHistory& history) {
      test::slow_no_repeat_ngram(row, history.all(), n);
    };
    return std::pair{make_no_repeat_ngram(n), slow};
  });
}

TEST(HistorySamplers, BannedSequences) {
  hold_against_definition([](Random& random) {
    std::vector<Tokens> sequences;
    for (size_t i = below(random, 5); i > 0; --i) sequences.push_back(random_tokens(random, 3));
    const bool look_at_prompt = below(random, 2) == 0;
    Slow slow = [=](SlowRow& row, const RandomHistory& history) {
      test::slow_banned(row, look_at_prompt ? history.all() : history.output, sequences);
    };
    return std::pair{make_banned_sequences(sequences, look_at_prompt), slow};
  });
}

TEST(HistorySamplers, MinTokens) {
  hold_against_definition([](Random& random) {
    const auto tokens = static_cast<uint32_t>(below(random, 40));
    Slow slow = [tokens](SlowRow& row, const RandomHistory& history) {
      if (history.output.size() >= tokens) return;
      for (const size_t id : {size_t{1}, size_t{3}}) {
        if (id < row.size()) row[id] = test::kSlowOut;
      }
    };
    return std::pair{make_min_tokens(tokens), slow};
  });
}

TEST(HistorySamplers, RefuseNumbersOutOfRange) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<std::pair<TokenId, float>> bad = {{1, nan}}, worse = {{1, infinity}};
  EXPECT_THROW(make_logit_bias(bad), Error);
  EXPECT_THROW(make_logit_bias(worse), Error);
  EXPECT_THROW(make_penalties({.repetition = 0}), Error);
  EXPECT_THROW(make_penalties({.frequency = nan}), Error);
  EXPECT_THROW(make_dry({.base = 0.5f}), Error);
  EXPECT_THROW(make_dry({.multiplier = nan}), Error);
  EXPECT_THROW(make_dry({.breakers = {{}}}), Error);
  EXPECT_THROW(make_banned_sequences({{}}), Error);
  EXPECT_THROW(make_no_repeat_ngram(0), Error);
}

}  // namespace
}  // namespace tokrail
