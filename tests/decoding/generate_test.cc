#include "decoding/generate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "decoding/models/callback_source.h"
#include "decoding/models/counting_source.h"
#include "decoding/models/hash_source.h"
#include "decoding/models/table_source.h"
#include "decoding/samplers/xtc.h"
#include "grammar/constraints/callback_constraint.h"
#include "grammar/constraints/catalogue_constraint.h"
#include "grammar/constraints/grammar_constraint.h"
#include "grammar/frontends/gbnf.h"
#include "tests/support/toy_tokenizer.h"

namespace tokrail {
namespace {

using test::toy_tokenizer;
using Tokens = std::vector<TokenId>;

const std::vector<StepMode> kModes = {StepMode::kMask, StepMode::kReject, StepMode::kRejectWeighted,
                                      StepMode::kAdaptive, StepMode::kExact};

std::unique_ptr<Constraint> grammar_constraint(const Tokenizer& tokenizer, const char* gbnf) {
  auto tables = std::make_shared<MaskTables>(tokenizer.shared_vocabulary());
  return std::make_unique<GrammarConstraint>(
      CompiledGrammar::compile(read_gbnf(gbnf), std::move(tables)));
}

// Two steps where masking token by token prefers the branch with little mass: a then c has 0.9 x
// 0.01, b then c has 0.1 x 0.99.
class Trap : public testing::Test {
 protected:
  Trap() : tokenizer_(toy_tokenizer({"a", "b", "c", "</s>"})), source_(4, 1) {
    source_.set({}, std::vector<double>{0.9, 0.1, 0, 0});
    source_.set({0}, std::vector<double>{0, 0, 0.01, 0.99});
    source_.set({1}, std::vector<double>{0, 0, 0.99, 0.01});
    source_.set({2}, std::vector<double>{0, 0, 0, 1});
  }
  Generator generator() {
    Generator out(source_, tokenizer_);
    out.constraint(grammar_constraint(tokenizer_, "root ::= \"ac\" | \"bc\"")).max_tokens(3);
    return out;
  }
  Tokenizer tokenizer_;
  TableSource source_;
};

TEST_F(Trap, MaskingHasTheLocalLaw) {
  Generator generator = this->generator();
  generator.mode(StepMode::kMask).seed(1);
  int ac = 0;
  const auto outputs = generator.generate_n(Tokens{}, 4000);
  for (const Generation& output : outputs) {
    EXPECT_EQ(output.status, GenerationStatus::kComplete);
    ac += output.text == "ac" ? 1 : 0;
  }
  EXPECT_NEAR(ac / 4000.0, 0.9, 4 * std::sqrt(0.09 / 4000));
}

TEST_F(Trap, TheExactModeHasTheModelsOwnLaw) {
  Generator generator = this->generator();
  generator.mode(StepMode::kExact).seed(1);
  int ac = 0;
  const auto outputs = generator.generate_n(Tokens{}, 4000);
  for (const Generation& output : outputs) {
    ASSERT_EQ(output.status, GenerationStatus::kComplete);
    ac += output.text == "ac" ? 1 : 0;
  }
  EXPECT_NEAR(ac / 4000.0, 1 / 12.0, 4 * std::sqrt(1 / 12.0 * 11 / 12 / 4000));
}

TEST_F(Trap, ParticlesGiveThePosteriorAndTheMass) {
  for (const StepMode mode : {StepMode::kMask, StepMode::kRejectWeighted, StepMode::kAdaptive}) {
    for (const double ess : {0.0, 0.5}) {
      Generator generator = this->generator();
      generator.mode(mode).seed(3).particles({.count = 20000, .ess_threshold = ess});
      const Posterior posterior = generator.posterior(Tokens{});
      double ac = 0;
      for (const PosteriorOutput& output : posterior.outputs) {
        ac += output.text == "ac" ? output.probability : 0;
      }
      EXPECT_NEAR(ac, 1 / 12.0, 0.012) << step_mode_name(mode) << ess;
      EXPECT_NEAR(std::exp(posterior.log_evidence), 0.108, 0.012) << step_mode_name(mode) << ess;
    }
  }
}

// Every scheme of resampling leaves the estimate of the mass unbiased.
TEST_F(Trap, TheEvidenceIsUnbiasedUnderEveryResampling) {
  for (const Resampling scheme :
       {Resampling::kMultinomial, Resampling::kResidual, Resampling::kSystematic,
        Resampling::kStratified, Resampling::kSteer}) {
    constexpr int kRuns = 400;
    double sum = 0;
    double squares = 0;
    Generator generator = this->generator();
    generator.mode(StepMode::kAdaptive)
        .particles({.count = 8, .ess_threshold = 0.9, .resampling = scheme});
    for (int run = 0; run < kRuns; ++run) {
      generator.seed(static_cast<uint64_t>(run));
      const double z = std::exp(generator.posterior(Tokens{}).log_evidence);
      sum += z;
      squares += z * z;
    }
    const double mean = sum / kRuns;
    const double error = std::sqrt((squares / kRuns - mean * mean) / kRuns);
    EXPECT_NEAR(mean, 0.108, 4 * error + 1e-9) << resampling_name(scheme);
  }
}

TEST_F(Trap, ACriticTwistsAndEnds) {
  struct NoA final : Critic {
    void score(std::span<const std::string_view> texts, std::span<const uint8_t>,
               std::span<double> out) override {
      for (size_t i = 0; i < texts.size(); ++i) {
        out[i] = texts[i].starts_with("a") ? -std::numeric_limits<double>::infinity() : std::log(2);
      }
    }
  };
  Generator generator = this->generator();
  generator.mode(StepMode::kMask).particles({.count = 2000}).critic(std::make_shared<NoA>());
  const Posterior posterior = generator.posterior(Tokens{});
  ASSERT_FALSE(posterior.outputs.empty());
  EXPECT_EQ(posterior.outputs[0].text, "bc");
  EXPECT_NEAR(posterior.outputs[0].probability, 1, 1e-9);
  // The critic's last word counts once: 2 x 0.1 x 0.99.
  EXPECT_NEAR(std::exp(posterior.log_evidence), 0.198, 0.03);
}

class HashModel : public testing::Test {
 protected:
  HashModel()
      : tokenizer_(toy_tokenizer({"a", "b", "ab", "ba", "(", ")", " ", "\n", "x", "yz", "</s>"})),
        source_({.vocab = 11, .order = 3, .scale = 2, .seed = 5}) {}
  Tokenizer tokenizer_;
  HashSource source_;
};

TEST_F(HashModel, EveryModeKeepsTheConstraintAndIsTheSameForAnyThreads) {
  constexpr const char* kGrammar = "root ::= item+\nitem ::= \"(\" [ab]* \")\" | \"x\" root \"yz\"";
  for (const StepMode mode : kModes) {
    std::vector<std::string> first;
    for (const int threads : {1, 2, 4}) {
      Generator generator(source_, tokenizer_);
      generator.constraint(grammar_constraint(tokenizer_, kGrammar))
          .mode(mode)
          .seed(11)
          .threads(threads)
          .max_tokens(40)
          .exact_budget(200000);
      std::vector<std::string> texts;
      for (const Generation& output : generator.generate_n(Tokens{6}, 12)) {
        texts.push_back(output.text + generation_status_name(output.status).data());
        const auto check = grammar_constraint(tokenizer_, kGrammar);
        for (const TokenId id : output.ids) ASSERT_TRUE(check->accept(id)) << output.text;
        if (output.status == GenerationStatus::kComplete) {
          EXPECT_TRUE(check->is_complete() || check->is_ended());
        }
      }
      if (first.empty()) first = texts;
      EXPECT_EQ(texts, first) << step_mode_name(mode) << " " << threads;
    }
  }
}

TEST_F(HashModel, ARunDoesNotDependOnThoseBesideIt) {
  for (const StepMode mode :
       {StepMode::kMask, StepMode::kReject, StepMode::kRejectWeighted, StepMode::kAdaptive}) {
    const auto run = [&](uint64_t stream, size_t count) {
      Generator generator(source_, tokenizer_);
      generator.constraint(grammar_constraint(tokenizer_, "root ::= [ab ]* \"x\""))
          .mode(mode)
          .seed(4)
          .stream(stream)
          .max_tokens(30);
      return generator.generate_n(Tokens{1, 2}, count);
    };
    const auto together = run(10, 8);
    for (size_t i = 0; i < together.size(); ++i) {
      const Generation alone = run(10 + i, 1)[0];
      EXPECT_EQ(alone.ids, together[i].ids);
      EXPECT_EQ(alone.log_weight, together[i].log_weight);
    }
  }
}

TEST_F(HashModel, ParticlesAreTheSameForAnyThreads) {
  std::vector<double> first;
  for (const int threads : {1, 2, 3, 16}) {
    Generator generator(source_, tokenizer_);
    generator.constraint(grammar_constraint(tokenizer_, "root ::= [ab]{2,9} \"x\""))
        .mode(StepMode::kAdaptive)
        .particles({.count = 32})
        .seed(2)
        .threads(threads)
        .max_tokens(12);
    const Posterior posterior = generator.posterior(Tokens{});
    if (first.empty()) first = posterior.log_weights;
    EXPECT_EQ(posterior.log_weights, first) << threads;
    EXPECT_GT(posterior.resamplings, 0u);
  }
}

TEST_F(HashModel, EqualParticlesShareOneEvaluation) {
  CountingSource counted(source_);
  Generator generator(counted, tokenizer_);
  generator.constraint(grammar_constraint(tokenizer_, "root ::= \"a\" \"b\" \"(\" \")\""))
      .mode(StepMode::kMask)
      .particles({.count = 64})
      .max_tokens(10);
  generator.posterior(Tokens{});
  // Texts are forced but their spelling is not: "ab" may be one token or two.
  EXPECT_LE(counted.counts().requests, 3 * counted.counts().calls);
}

TEST_F(HashModel, PiecesOfTextAreTheTextAndStopStringsAreHeldBack) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Generator plain(source_, tokenizer_);
    plain.seed(seed).max_tokens(20);
    const std::string whole = plain.generate(Tokens{}).text;
    std::string pieces;
    Generator generator(source_, tokenizer_);
    generator.seed(seed)
        .max_tokens(20)
        .stop({"ba(", "b", ") x"})
        .on_text([&](std::string_view text) { pieces += text; });
    const Generation output = generator.generate(Tokens{});
    EXPECT_EQ(pieces, output.text);
    size_t at = std::string::npos;
    for (const char* stop : {"ba(", "b", ") x"}) at = std::min(at, whole.find(stop));
    if (at == std::string::npos) {
      EXPECT_EQ(output.text, whole);
      EXPECT_EQ(output.stop, "");
    } else {
      EXPECT_EQ(output.text, whole.substr(0, at));
      EXPECT_EQ(output.status, GenerationStatus::kComplete);
      EXPECT_TRUE(whole.substr(at).starts_with(output.stop));
    }
  }
}

TEST_F(HashModel, LeastAndMostTokensAreKept) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Generator generator(source_, tokenizer_);
    generator.seed(seed).min_tokens(5).max_tokens(9);
    const Generation output = generator.generate(Tokens{});
    EXPECT_GE(output.ids.size(), output.status == GenerationStatus::kComplete ? 6u : 9u);
    EXPECT_LE(output.ids.size(), 9u);
    if (output.status != GenerationStatus::kComplete) {
      EXPECT_EQ(output.status, GenerationStatus::kLength);
    }
  }
}

// Rows of a model may be padded: what lies beyond the tokenizer's ids is never drawn.
TEST_F(HashModel, RowsMayBeWiderThanTheVocabulary) {
  CallbackSource wide(20, [](std::span<const std::span<const TokenId>>, std::span<float> rows) {
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = i % 20 < 11 ? 0.0f : 100.0f;
  });
  for (const StepMode mode : kModes) {
    Generator generator(wide, tokenizer_);
    generator.constraint(grammar_constraint(tokenizer_, "root ::= [ab]{1,4}")).mode(mode);
    for (const Generation& output : generator.generate_n(Tokens{}, 10)) {
      EXPECT_EQ(output.status, GenerationStatus::kComplete) << step_mode_name(mode);
      for (const TokenId id : output.ids) EXPECT_LT(id, 11u);
    }
    EXPECT_TRUE(generator.generate_n(Tokens{}, 0).empty());
  }
}

TEST_F(HashModel, NoTokensIsALengthOfNothing) {
  Generator generator(source_, tokenizer_);
  generator.max_tokens(0);
  const Generation output = generator.generate(Tokens{1});
  EXPECT_EQ(output.status, GenerationStatus::kLength);
  EXPECT_TRUE(output.ids.empty());
}

// Entries of 2 and of 12 characters: with room for six tokens some have to be refused in time.
TEST_F(HashModel, OutputIsNotCutWhereACompleteOneFits) {
  const auto catalogue = std::make_shared<const Catalogue>(
      Catalogue::from_lines("ab\naab\nabababababab\naaaaaaaaaaaa\nbbbbbbbbbbbb\na(b)a(b)a(b)\n"));
  const auto constraint = [&] {
    return std::make_unique<CatalogueConstraint>(tokenizer_.shared_vocabulary(), catalogue);
  };
  size_t shorts = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Generator generator(source_, tokenizer_);
    const Generation output =
        generator.constraint(constraint()).seed(seed).max_tokens(6).generate(Tokens{});
    EXPECT_EQ(output.status, GenerationStatus::kComplete) << output.text;
    shorts += output.text.size() < 12 ? 1 : 0;
  }
  EXPECT_GT(shorts, 0u);
  EXPECT_LT(shorts, 40u);
}

StepOptions masked(ConstraintOrder order) {
  StepOptions options;
  options.mode = StepMode::kMask;
  options.order = order;
  return options;
}

// top-k of one token: masked first, the best allowed token; masked last, the best token or nothing.
TEST_F(HashModel, TheMaskComesBeforeOrBehindTheFilters) {
  for (const bool fused : {true, false}) {
    for (const ConstraintOrder order : {ConstraintOrder::kFirst, ConstraintOrder::kLast}) {
      int dead = 0;
      for (uint64_t seed = 0; seed < 20; ++seed) {
        SamplingOptions sampling{.top_k = 1};
        if (!fused) sampling.top_n_sigma = 100;
        Generator generator(source_, tokenizer_);
        generator.constraint(grammar_constraint(tokenizer_, "root ::= \"x\" \" \" \"x\""))
            .sampler(SamplerChain::preset(FilterOrder::kVllm, sampling))
            .step(masked(order))
            .seed(seed);
        const Generation output = generator.generate(Tokens{static_cast<TokenId>(seed % 9)});
        dead += output.status == GenerationStatus::kDeadEnd ? 1 : 0;
        if (order == ConstraintOrder::kFirst) {
          EXPECT_EQ(output.text, "x x");
        }
      }
      EXPECT_EQ(dead > 0, order == ConstraintOrder::kLast) << fused;
    }
  }
  Generator generator(source_, tokenizer_);
  generator.step(masked(ConstraintOrder::kFirst));
  EXPECT_THROW(generator.posterior(Tokens{}), Error);
}

TEST_F(HashModel, ForcedTokensNeedNoModel) {
  for (const ForcedTokens forced : {ForcedTokens::kAskModel, ForcedTokens::kSkipModel}) {
    CountingSource counted(source_);
    Generator generator(counted, tokenizer_);
    generator.constraint(grammar_constraint(tokenizer_, "root ::= \"xyzxyzx\" [ab] \"yz\""))
        .mode(StepMode::kAdaptive)
        .forced(forced)
        .seed(1);
    const Generation output = generator.generate(Tokens{});
    EXPECT_EQ(output.status, GenerationStatus::kComplete);
    EXPECT_EQ(output.statistics.model_calls, forced == ForcedTokens::kAskModel ? 7u : 2u);
    EXPECT_EQ(counted.counts().calls, output.statistics.model_calls);
  }
}

// With weights a forced run is scored by one evaluation, and weighs what its steps would have.
TEST_F(HashModel, ForcedRunsAreScoredInOneEvaluation) {
  constexpr const char* kGrammar = "root ::= \"xyzxyz\" [ab] \"(x)\" [ab]{0,3} \"yz\"";
  for (const bool filtered : {false, true}) {
    std::vector<Posterior> posteriors;
    std::vector<uint64_t> calls;
    for (const ForcedTokens forced : {ForcedTokens::kAskModel, ForcedTokens::kSkipModel}) {
      CountingSource counted(source_);
      Generator generator(counted, tokenizer_);
      SamplingOptions sampling{.temperature = 0.8f, .repetition_penalty = 1.1f};
      if (filtered) sampling.top_p = 0.999f;
      generator.constraint(grammar_constraint(tokenizer_, kGrammar))
          .sampler(SamplerChain::preset(FilterOrder::kVllm, sampling))
          .mode(StepMode::kMask)
          .particles({.count = 30, .ess_threshold = 0})
          .forced(forced)
          .seed(6)
          .max_tokens(20);
      posteriors.push_back(generator.posterior(Tokens{1}));
      calls.push_back(counted.counts().calls);
    }
    if (!filtered) {  // a filter may leave out a token that is forced: a dead end
      EXPECT_LT(calls[1], calls[0]);
    }
    for (size_t i = 0; i < 30; ++i) {
      const double a = posteriors[0].log_weights[i];
      const double b = posteriors[1].log_weights[i];
      if (std::isfinite(a)) {
        EXPECT_EQ(posteriors[0].particles[i].text, posteriors[1].particles[i].text);
      }
      if (std::isfinite(a) || std::isfinite(b)) {
        EXPECT_NEAR(a, b, 1e-4);
      }
    }
  }
}

TEST_F(HashModel, WhatCannotBeSetIsAnError) {
  Generator generator(source_, tokenizer_);
  const Tokenizer other = toy_tokenizer({"a", "</s>"});
  EXPECT_THROW(generator.constraint(grammar_constraint(other, "root ::= \"a\"")), Error);
  EXPECT_THROW(generator.stop({""}), Error);
  EXPECT_THROW(generator.threads(-1), Error);
  EXPECT_THROW(generator.particles({.count = 0}), Error);
  EXPECT_THROW(generator.generate(Tokens{99}), Error);
  HashSource small({.vocab = 3});
  EXPECT_THROW(Generator(small, tokenizer_), Error);
  generator.mode(StepMode::kExact);
  EXPECT_THROW(generator.posterior(Tokens{}), Error);
  SamplerChain chain;
  chain.add(make_xtc(0.5f, 0.1f));
  generator.mode(StepMode::kRejectWeighted).sampler(chain);
  EXPECT_THROW(generator.generate(Tokens{}), Error);
}

TEST_F(HashModel, AConstraintThatAllowsNothingIsADeadEndInEveryMode) {
  for (const StepMode mode : kModes) {
    Generator generator(source_, tokenizer_);
    ConstraintFunctions nothing;
    nothing.token = [](std::span<const TokenId>, TokenId) { return false; };
    generator
        .constraint(std::make_unique<CallbackConstraint>(tokenizer_.shared_vocabulary(), nothing))
        .mode(mode)
        .exact_budget(1000);
    const Generation output = generator.generate(Tokens{});
    EXPECT_TRUE(output.status == GenerationStatus::kDeadEnd ||
                (mode == StepMode::kExact && output.status == GenerationStatus::kBudgetExhausted))
        << step_mode_name(mode) << generation_status_name(output.status);
    EXPECT_TRUE(output.ids.empty());
  }
}

TEST_F(HashModel, FaultsOfAModelAreStatusesAndKeepWhatThereIs) {
  int calls = 0;
  CallbackSource throws(11, [&](std::span<const std::span<const TokenId>>, std::span<float> rows) {
    if (++calls == 4) throw std::runtime_error("card fell off the bus");
    std::ranges::fill(rows, 0.0f);
    rows[10] = -100;
  });
  Generator generator(throws, tokenizer_);
  const Generation output = generator.generate(Tokens{});
  EXPECT_EQ(output.status, GenerationStatus::kError);
  EXPECT_EQ(output.error, "card fell off the bus");
  EXPECT_EQ(output.ids.size(), 3u);

  CallbackSource nothing(11, [](std::span<const std::span<const TokenId>>, std::span<float> rows) {
    std::ranges::fill(rows, std::nanf(""));
  });
  for (const StepMode mode : kModes) {
    Generator nan(nothing, tokenizer_);
    const Generation bad = nan.mode(mode).generate(Tokens{});
    EXPECT_TRUE(bad.status == GenerationStatus::kError || bad.status == GenerationStatus::kDeadEnd)
        << step_mode_name(mode);
  }

  CallbackSource small(11,
                       [](std::span<const std::span<const TokenId>>, std::span<float> rows) {
                         std::ranges::fill(rows, 0.0f);
                         rows[10] = -100;
                       },
                       {.context_limit = 4});
  Generator full(small, tokenizer_);
  EXPECT_EQ(full.generate(Tokens{1, 1}).ids.size(), 3u);
  EXPECT_EQ(full.generate(Tokens{1, 1, 1, 1, 1}).status, GenerationStatus::kLength);
}

TEST_F(HashModel, CancellingAndDeadlinesKeepWhatThereIs) {
  std::atomic<bool> cancel{false};
  int calls = 0;
  CallbackSource source(11, [&](std::span<const std::span<const TokenId>>, std::span<float> rows) {
    cancel = ++calls == 5;
    std::ranges::fill(rows, 0.0f);
    rows[10] = -100;
  });
  Generator generator(source, tokenizer_);
  const Generation output = generator.cancel(&cancel).max_tokens(1000).generate(Tokens{});
  EXPECT_EQ(output.status, GenerationStatus::kCancelled);
  EXPECT_LE(output.ids.size(), 5u);
  Generator late(source, tokenizer_);
  EXPECT_EQ(late.deadline_seconds(1e-9).generate(Tokens{}).status, GenerationStatus::kCancelled);
}

TEST_F(HashModel, PromptsAreScored) {
  Generator generator(source_, tokenizer_);
  Tokens prompt;
  for (TokenId i = 0; i < 150; ++i) prompt.push_back(i * 7 % 10);
  const std::vector<double> log_probs = generator.prompt_log_probs(prompt);
  ASSERT_EQ(log_probs.size(), prompt.size());
  for (size_t i = 0; i < prompt.size(); ++i) {
    const EvalRequest request{.sequence = source_.open(std::span(prompt).first(i))};
    const auto row = source_.eval(std::span(&request, 1)).row(0);
    double sum = 0;
    for (const float x : row) sum += std::exp(static_cast<double>(x));
    EXPECT_NEAR(log_probs[i], row[prompt[i]] - std::log(sum), 1e-4);
  }
  EXPECT_TRUE(generator.prompt_log_probs(Tokens{}).empty());
}

}  // namespace
}  // namespace tokrail
