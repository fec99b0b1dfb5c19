#include "tokenizers/training/morph_estimation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/tokenizers/morphology/language_packs.h"
#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/language_compiler.h"

namespace tokrail {
namespace {

std::shared_ptr<const Language> small_turkish() {
  const auto bytes = std::make_shared<const std::string>(
      compile_language(parse_language(test::kSmallTurkish, "small.lang")));
  return Language::from_bytes(*bytes, bytes);
}

WordCounts counts(const std::vector<std::pair<std::string, uint64_t>>& words) {
  WordCounts result;
  for (const auto& [word, count] : words) {
    result.words.push_back(word);
    result.counts.push_back(count);
  }
  return result;
}

WordCounts some_words() {
  return counts({{"kitabım", 7},
                 {"kitaplar", 9},
                 {"kitapta", 3},
                 {"saatler", 5},
                 {"suyu", 2},
                 {"ağzım", 4},
                 {"gelecek", 8},
                 {"arıyor", 3},
                 {"geliyorum", 1},
                 {"ankara'da", 6},
                 {"diskler", 2},
                 {"diski", 2},
                 {"1990'da", 3},
                 {"söylüyor", 1},
                 {"de", 30},
                 {"x", 1},
                 {"kitap", 40}});
}

TEST(MorphEstimation, TheObjectiveNeverFalls) {
  for (const double power : {0.0, 0.5, 1.0}) {
    for (const double prior : {0.001, 0.05, 3.0}) {
      MorphEstimationOptions options;
      options.iterations = 30;
      options.count_power = power;
      options.lexeme_prior = options.step_prior = options.unknown_prior = prior;
      const auto learnt = estimate_morph_costs(small_turkish(), some_words(), options);
      ASSERT_EQ(learnt.objective.size(), 30u);
      for (size_t i = 1; i < learnt.objective.size(); ++i) {
        EXPECT_GE(learnt.objective[i], learnt.objective[i - 1] - 1e-9) << "iteration " << i;
      }
    }
  }
}

// The sum over all readings of exp(-cost): of the costs as integers, by walking every path.
double probability(const MorphLattice& lattice, const MorphCosts& costs) {
  double sum = 0;
  const std::function<void(uint32_t, double)> walk = [&](uint32_t node, double nats) {
    if (node == MorphLattice::kEndNode) {
      sum += std::exp(-nats);
      return;
    }
    for (const auto& edge : lattice.edges()) {
      if (edge.from != node) continue;
      walk(edge.to, nats + static_cast<double>(lattice.cost(edge, costs)) / MorphCosts::kUnit);
    }
  };
  walk(0, 0.0);
  return sum;
}

TEST(MorphEstimation, CostsAreThoseOfTheModel) {
  // With all words weighing alike, the likelihood that the costs give, path by path, is the one
  // that the estimation has reached, up to their rounding.
  const auto language = small_turkish();
  const WordCounts words = some_words();
  MorphEstimationOptions options;
  options.iterations = 12;
  options.count_power = 0;
  const auto learnt = estimate_morph_costs(language, words, options);
  options.iterations = 13;
  const auto next = estimate_morph_costs(language, words, options);
  MorphLattice lattice(language);
  double likelihood = 0;
  for (size_t i = 0; i < words.words.size(); ++i) {
    lattice.build(words.words[i]);
    likelihood += std::log(probability(lattice, learnt.costs));
  }
  double lexemes = 0;
  for (const double count : next.lexeme_counts) lexemes += count;
  EXPECT_GT(lexemes, 5.0);
  EXPECT_LT(lexemes, static_cast<double>(words.words.size()) + 1.0);
  // The objective has the prior in it, so only the order of the likelihoods is compared.
  const auto flat = MorphCosts::flat(*language);
  double flat_likelihood = 0;
  for (size_t i = 0; i < words.words.size(); ++i) {
    lattice.build(words.words[i]);
    flat_likelihood += std::log(probability(lattice, flat));
  }
  EXPECT_GT(likelihood, flat_likelihood);
}

TEST(MorphEstimation, FrequentStemsWinAndUnknownOnesAreLast) {
  const auto language = small_turkish();
  const auto learnt = estimate_morph_costs(language, some_words(), {});
  const Analyser analyser(language, std::make_shared<const MorphCosts>(learnt.costs));
  Analyser::Scratch scratch(analyser);
  std::vector<Morph> morphs;
  analyser.best("kitabım", scratch, morphs);
  ASSERT_EQ(morphs.size(), 2u);
  EXPECT_EQ(morphs[0].kind, Morph::Kind::kLexeme);
  analyser.best("diskler", scratch, morphs);
  EXPECT_EQ(morphs[0].kind, Morph::Kind::kUnknown);
  const auto kitap = language->form(language->forms_with_text("kitap")[0]).first_lexeme;
  const auto kar = language->form(language->forms_with_text("kâr")[0]).first_lexeme;
  EXPECT_LT(learnt.costs.lexemes[kitap], learnt.costs.lexemes[kar]);
}

TEST(MorphEstimation, IsTheSameForAnyNumberOfThreads) {
  MorphEstimationOptions options;
  options.threads = 1;
  const auto one = estimate_morph_costs(small_turkish(), some_words(), options);
  options.threads = 2;
  const auto two = estimate_morph_costs(small_turkish(), some_words(), options);
  EXPECT_EQ(one.costs.lexemes, two.costs.lexemes);
  EXPECT_EQ(one.costs.steps, two.costs.steps);
  EXPECT_EQ(one.objective, two.objective);
}

TEST(MorphEstimation, NoWordsGiveThePrior) {
  const auto learnt = estimate_morph_costs(small_turkish(), WordCounts(), {});
  EXPECT_EQ(learnt.words, 0.0);
  EXPECT_FALSE(learnt.costs.lexemes.empty());
}

TEST(MorphEstimation, OptionsByName) {
  MorphEstimationOptions options;
  set_estimation_option(options, "join_cost", 3.5);
  EXPECT_EQ(options.join_cost, 3.5);
  EXPECT_THROW(set_estimation_option(options, "joincost", 3.5), Error);
  const auto refused = [&](double MorphEstimationOptions::*member, double value) {
    MorphEstimationOptions bad;
    bad.*member = value;
    EXPECT_THROW(estimate_morph_costs(small_turkish(), WordCounts(), bad), Error);
  };
  refused(&MorphEstimationOptions::lexeme_prior, 0);
  refused(&MorphEstimationOptions::count_power, 1.5);
  refused(&MorphEstimationOptions::count_power, -1);
  refused(&MorphEstimationOptions::unknown_letter, std::nan(""));
}

}  // namespace
}  // namespace tokrail
