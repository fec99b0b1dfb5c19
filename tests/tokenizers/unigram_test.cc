#include "tokenizers/models/unigram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "base/error.h"
#include "tests/oracle/slow_unigram.h"
#include "tests/tokenizers/random_models.h"

namespace tokrail {
namespace {

using test::add_token;
using test::below;
using test::describe;
using test::Random;
using test::tokens_of;

constexpr SourceFormat kFormats[] = {SourceFormat::kTokenizerJson, SourceFormat::kSentencePiece,
                                     SourceFormat::kGguf};

struct World {
  VocabularySpec vocabulary;
  ModelSpec model;
  size_t letters = 3;
};

World random_world(Random& random, bool byte_fallback) {
  World world;
  world.letters = 2 + below(random, 4);
  world.model.kind = ModelSpec::Kind::kUnigram;
  world.model.unk_id = add_token(world.vocabulary, "<unk>", TokenKind::kUnknown);
  add_token(world.vocabulary, "<s>", TokenKind::kControl);
  const bool ties = below(random, 2) == 0;
  std::set<std::string> texts;
  for (size_t n = 5 + below(random, 56); n > 0; --n) {
    std::string text = test::random_word(random, world.letters, 1 + below(random, 6));
    if (below(random, 15) == 0) text = "zz";  // a fused unknown that is a piece
    if (!texts.insert(text).second) continue;
    const size_t kind = below(random, 20);
    add_token(world.vocabulary, text,
              kind == 0   ? TokenKind::kUserDefined
              : kind == 1 ? TokenKind::kUnused
                          : TokenKind::kNormal,
              text == "zz" ? -100 : test::random_score(random, ties));
  }
  if (below(random, 8) == 0) {
    world.vocabulary.first_added = static_cast<TokenId>(world.vocabulary.size() - below(random, 3));
  }
  world.model.byte_fallback = byte_fallback;
  if (byte_fallback) test::add_byte_tokens(world.vocabulary);
  return world;
}

TEST(Unigram, EqualsTheOracle) {
  Random random(test::property_seed());
  for (int round = 0; round < 1200; ++round) {
    const World world = random_world(random, round % 6 == 0);
    for (const SourceFormat format : kFormats) {
      const Unigram unigram(world.vocabulary, world.model, format);
      for (int i = 0; i < 40; ++i) {
        const size_t length = i == 0 && round % 12 == 0 ? 600 : 1 + below(random, 30);
        const std::string piece = test::random_piece(random, world.letters, length);
        const auto expected =
            test::slow_unigram(world.vocabulary, world.model, format, piece.substr(0, 900));
        ASSERT_EQ(tokens_of(unigram, piece.substr(0, 900)), expected)
            << test::escaped(piece) << "\n"
            << describe(world.vocabulary) << " seed " << test::property_seed();
      }
    }
  }
}

// Scores of all segmentations, the unknown characters as the lattice has them.
std::vector<double> sorted_scores(const World& world, SourceFormat format,
                                  const std::string& piece) {
  std::vector<double> scores;
  for (const auto& [tokens, score] :
       test::all_unigram_segmentations(world.vocabulary, world.model, format, piece)) {
    scores.push_back(score);
  }
  std::sort(scores.begin(), scores.end(), std::greater<>());
  return scores;
}

TEST(Unigram, NBestAreTheBestOfAllSegmentations) {
  Random random(test::property_seed());
  for (int round = 0; round < 400; ++round) {
    const World world = random_world(random, false);
    const SourceFormat format = kFormats[below(random, 3)];
    const Unigram unigram(world.vocabulary, world.model, format);
    std::string piece;
    for (size_t n = 1 + below(random, 9); n > 0; --n) {
      piece += test::random_word(random, world.letters, 1);
    }
    const std::vector<double> expected = sorted_scores(world, format, piece);
    const std::vector<ScoredTokens> results = unigram.nbest(piece, 12);
    ASSERT_EQ(results.size(), std::min<size_t>(12, expected.size()));
    for (size_t i = 0; i < results.size(); ++i) {
      // A user-defined piece of several bytes per character is scored by characters here.
      ASSERT_NEAR(results[i].score, expected[i], 1e-3) << describe(world.vocabulary);
      for (size_t j = 0; j < i; ++j) {
        if (piece.find('z') == std::string::npos) continue;
        ASSERT_NE(results[i].tokens, results[j].tokens);
      }
    }
  }
}

TEST(Unigram, NBestOfLongPiecesIsBounded) {
  VocabularySpec vocabulary;
  ModelSpec model;
  model.unk_id = add_token(vocabulary, "<unk>", TokenKind::kUnknown);
  for (const char* text : {"a", "aa", "aaa", "aaaa"}) {
    add_token(vocabulary, text, TokenKind::kNormal, -1);
  }
  const Unigram unigram(vocabulary, model, SourceFormat::kSentencePiece);
  const auto results = unigram.nbest(std::string(20000, 'a'), 40);
  ASSERT_EQ(results.size(), 40u);
  EXPECT_EQ(results[0].tokens.size(), 5000u);
  for (size_t i = 1; i < results.size(); ++i) EXPECT_LE(results[i].score, results[i - 1].score);
}

TEST(Unigram, SamplesInProportionToTheirProbability) {
  VocabularySpec vocabulary;
  ModelSpec model;
  model.unk_id = add_token(vocabulary, "<unk>", TokenKind::kUnknown);
  for (const auto& [text, score] : std::map<std::string, double>{
           {"a", -1}, {"b", -1.5}, {"ab", -1.2}, {"ba", -2}, {"aba", -2.5}}) {
    add_token(vocabulary, text, TokenKind::kNormal, score);
  }
  const std::string piece = "ababa";
  Random random(test::property_seed());
  const UniformSource uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  for (const double alpha : {0.0, 0.5, 1.0}) {
    const Unigram unigram(vocabulary, model, SourceFormat::kSentencePiece);
    const auto all =
        test::all_unigram_segmentations(vocabulary, model, SourceFormat::kSentencePiece, piece);
    double total = 0;
    for (const auto& [tokens, score] : all) total += std::exp(alpha * score);
    std::map<std::string, int> counts, nbest_counts;
    constexpr int kDraws = 40000;
    for (int i = 0; i < kDraws; ++i) {
      std::vector<ModelToken> tokens, from_nbest;
      unigram.sample(piece, alpha, uniform, tokens);
      ++counts[describe(tokens)];
      unigram.sample_nbest(piece, 100, alpha, uniform, from_nbest);
      ++nbest_counts[describe(from_nbest)];
    }
    for (const auto& [tokens, score] : all) {
      const double expected = std::exp(alpha * score) / total;
      EXPECT_NEAR(counts[describe(tokens)] / static_cast<double>(kDraws), expected, 0.012);
      EXPECT_NEAR(nbest_counts[describe(tokens)] / static_cast<double>(kDraws), expected, 0.012);
    }
  }
}

TEST(Unigram, UnknownRunsAreOneToken) {
  VocabularySpec vocabulary;
  ModelSpec model;
  model.unk_id = add_token(vocabulary, "<unk>", TokenKind::kUnknown);
  add_token(vocabulary, "a", TokenKind::kNormal, -1);
  for (const SourceFormat format : kFormats) {
    const Unigram unigram(vocabulary, model, format);
    EXPECT_EQ(tokens_of(unigram, "axyza"),
              (std::vector<ModelToken>{{1, 0, 1}, {0, 1, 4}, {1, 4, 5}}));
    EXPECT_EQ(tokens_of(unigram, std::string(1'000'000, 'x')),
              (std::vector<ModelToken>{{0, 0, 1'000'000}}));
    EXPECT_TRUE(tokens_of(unigram, "").empty());
    EXPECT_TRUE(unigram.nbest("", 3).empty());
  }
}

TEST(Unigram, RefusesUnknownTextWithoutUnknownTokenAndScoresThatAreNotNumbers) {
  VocabularySpec vocabulary;
  ModelSpec model;
  add_token(vocabulary, "a", TokenKind::kNormal, -1);
  const Unigram unigram(vocabulary, model, SourceFormat::kTokenizerJson);
  EXPECT_EQ(tokens_of(unigram, "aa").size(), 2u);
  EXPECT_THROW(tokens_of(unigram, "ab"), Error);
  vocabulary.scores[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(Unigram(vocabulary, model, SourceFormat::kTokenizerJson), Error);
}

}  // namespace
}  // namespace tokrail
