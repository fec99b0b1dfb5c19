#include "tokenizers/models/merge_bpe.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "base/error.h"
#include "tests/oracle/slow_bpe.h"
#include "tests/tokenizers/random_models.h"
#include "tokenizers/models/score_bpe.h"
#include "tokenizers/models/word_level.h"

namespace tokrail {
namespace {

using test::add_byte_tokens;
using test::add_token;
using test::below;
using test::describe;
using test::Random;
using test::tokens_of;

struct World {
  VocabularySpec vocabulary;
  ModelSpec model;
  size_t letters = 3;
};

// Merges of random pairs of what there is, so that several merges give the same token and some
// merges come before those that make their parts.
World random_merge_world(Random& random) {
  World world;
  world.letters = 2 + below(random, 4);
  ModelSpec& model = world.model;
  if (below(random, 3) == 0) model.continuing_prefix = "##";
  if (below(random, 3) == 0) model.end_of_word_suffix = "</w>";
  model.fuse_unk = below(random, 2) == 0;
  model.ignore_merges = below(random, 3) == 0;
  model.byte_fallback = below(random, 4) == 0;
  model.raw_bytes = below(random, 6) == 0;
  std::map<std::string, TokenId> ids;
  const auto token = [&](const std::string& text) {
    const auto [at, is_new] = ids.emplace(text, static_cast<TokenId>(world.vocabulary.size()));
    if (is_new) add_token(world.vocabulary, text);
    return at->second;
  };
  if (below(random, 4) != 0) {
    model.unk_id = token("<unk>");
    world.vocabulary.kinds[*model.unk_id] = TokenKind::kUnknown;
  }
  std::vector<std::string> first, rest;  // texts of tokens that can stand first, and after
  const std::string& suffix = model.end_of_word_suffix;
  for (size_t i = 0; i < world.letters; ++i) {
    std::string letter = test::test_letters()[i];
    if (model.raw_bytes) letter = letter.substr(0, 1);
    first.push_back(letter);
    rest.push_back(model.continuing_prefix + letter);
    rest.push_back(model.continuing_prefix + letter + suffix);
    if (!suffix.empty() && below(random, 2) == 0) token(letter + suffix);
  }
  for (const std::string& text : first) token(text);
  for (const std::string& text : rest) token(text);
  for (size_t n = 3 + below(random, 50); n > 0; --n) {
    const bool at_start = below(random, 2) == 0;
    const std::string left =
        (at_start ? first : rest)[below(random, (at_start ? first : rest).size())];
    const std::string right = rest[below(random, rest.size())];
    const std::string merged = left + right.substr(model.continuing_prefix.size());
    if (merged.size() > 60) continue;
    (at_start ? first : rest).push_back(merged);
    model.merges.push_back({token(left), token(right), token(merged)});
  }
  for (size_t i = model.merges.size(); i > 1; --i) {
    if (below(random, 3) == 0) std::swap(model.merges[i - 1], model.merges[below(random, i)]);
  }
  if (model.byte_fallback) {
    add_byte_tokens(world.vocabulary);
    if (below(random, 4) == 0) {  // one byte token missing
      VocabularySpec partial;
      for (TokenId id = 0; id + 1 < world.vocabulary.size(); ++id) {
        add_token(partial, world.vocabulary.texts[id], world.vocabulary.kinds[id]);
      }
      world.vocabulary = partial;
    }
  }
  return world;
}

TEST(MergeBpe, EqualsTheOracle) {
  Random random(test::property_seed());
  for (int round = 0; round < 1000; ++round) {
    const World world = random_merge_world(random);
    const MergeBpe bpe(world.vocabulary, world.model);
    for (int i = 0; i < 100; ++i) {
      const std::string piece = test::random_piece(random, world.letters, 1 + below(random, 30));
      const auto expected = test::slow_merge_bpe(world.vocabulary, world.model, piece);
      ASSERT_EQ(tokens_of(bpe, piece), expected)
          << test::escaped(piece) << "\n"
          << describe(world.vocabulary) << " seed " << test::property_seed();
    }
  }
}

// The three ways to find the next merge depend on the length.
TEST(MergeBpe, EqualsTheOracleOnLongPieces) {
  Random random(test::property_seed() + 1);
  for (int round = 0; round < 60; ++round) {
    const World world = random_merge_world(random);
    const MergeBpe bpe(world.vocabulary, world.model);
    for (const size_t length : {60, 64, 65, 70, 300, 2040, 2100, 3000}) {
      if (length > 300 && round % 6 != 0) continue;
      std::string piece;
      while (piece.size() < length) piece += test::random_piece(random, world.letters, 20);
      ASSERT_EQ(tokens_of(bpe, piece), test::slow_merge_bpe(world.vocabulary, world.model, piece))
          << test::escaped(piece) << "\n"
          << describe(world.vocabulary) << " seed " << test::property_seed();
    }
  }
}

VocabularySpec abc_vocabulary() {
  VocabularySpec vocabulary;
  for (const char* text : {"<unk>", "a", "b", "c", "ab", "bc", "abc"}) add_token(vocabulary, text);
  return vocabulary;
}

TEST(MergeBpe, FirstMergeOfTheListWins) {
  ModelSpec model;
  model.merges = {{2, 3, 5}, {1, 2, 4}, {1, 5, 6}};
  const MergeBpe bpe(abc_vocabulary(), model);
  EXPECT_EQ(tokens_of(bpe, "abc"), (std::vector<ModelToken>{{6, 0, 3}}));
  EXPECT_EQ(tokens_of(bpe, "abab"), (std::vector<ModelToken>{{4, 0, 2}, {4, 2, 4}}));
  EXPECT_TRUE(tokens_of(bpe, "").empty());
}

TEST(MergeBpe, LeavesOutUnknownCharactersOnlyWithoutUnknownToken) {
  ModelSpec model;
  EXPECT_EQ(tokens_of(MergeBpe(abc_vocabulary(), model), "axyb"),
            (std::vector<ModelToken>{{1, 0, 1}, {2, 1, 2}}));
  model.unk_id = 0;
  EXPECT_EQ(tokens_of(MergeBpe(abc_vocabulary(), model), "axyb"),
            (std::vector<ModelToken>{{1, 0, 1}, {0, 1, 2}, {0, 2, 3}, {2, 3, 4}}));
  model.fuse_unk = true;
  EXPECT_EQ(tokens_of(MergeBpe(abc_vocabulary(), model), "axyb"),
            (std::vector<ModelToken>{{1, 0, 1}, {0, 1, 3}, {2, 3, 4}}));
}

TEST(MergeBpe, RefusesMergesOutsideOfTheVocabulary) {
  ModelSpec model;
  model.merges = {{1, 2, 99}};
  EXPECT_THROW(MergeBpe(abc_vocabulary(), model), Error);
  model.merges.clear();
  model.unk_id = 7;
  EXPECT_THROW(MergeBpe(abc_vocabulary(), model), Error);
}

TEST(MergeBpe, DropoutGoesFromAllMergesToNone) {
  Random random(test::property_seed());
  for (int round = 0; round < 300; ++round) {
    World world = random_merge_world(random);
    world.model.ignore_merges = false;
    const MergeBpe bpe(world.vocabulary, world.model);
    const std::string piece = test::random_piece(random, world.letters, 120);
    const auto with = [&](double probability, const UniformSource& uniform) {
      std::vector<ModelToken> tokens;
      bpe.tokenize_with_dropout(piece, probability, uniform, tokens);
      return tokens;
    };
    ModelSpec no_merges = world.model;
    no_merges.merges.clear();
    const auto characters = tokens_of(MergeBpe(world.vocabulary, no_merges), piece);
    EXPECT_EQ(with(0, [] { return 0.5; }), tokens_of(bpe, piece));
    EXPECT_EQ(with(0.5, [] { return 0.9; }), tokens_of(bpe, piece));  // never drops
    EXPECT_EQ(with(0.5, [] { return 0.1; }), characters);             // always drops
    EXPECT_EQ(with(1, [] { return 0.9; }), characters);
  }
}

TEST(MergeBpe, DropoutDropsAsOftenAsAsked) {
  ModelSpec model;
  model.merges = {{1, 2, 4}};
  const MergeBpe bpe(abc_vocabulary(), model);
  Random random(test::property_seed());
  const UniformSource uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  int merged = 0;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    std::vector<ModelToken> tokens;
    bpe.tokenize_with_dropout("ab", 0.3, uniform, tokens);
    merged += tokens.size() == 1;
  }
  EXPECT_NEAR(merged / static_cast<double>(kDraws), 0.7, 0.02);
}

// ---------------------------------------------------------------- by scores

World random_score_world(Random& random) {
  World world;
  world.letters = 2 + below(random, 4);
  ModelSpec& model = world.model;
  model.kind = ModelSpec::Kind::kScoreBpe;
  model.unk_id = add_token(world.vocabulary, "<unk>", TokenKind::kUnknown);
  add_token(world.vocabulary, below(random, 8) == 0 ? "a" : "<s>", TokenKind::kControl);
  const bool ties = below(random, 2) == 0;
  std::set<std::string> texts;
  for (size_t n = 5 + below(random, 56); n > 0; --n) {
    const std::string text = test::random_word(random, world.letters, 1 + below(random, 6));
    if (!texts.insert(text).second) continue;
    const size_t kind = below(random, 20);
    add_token(world.vocabulary, text,
              kind == 0   ? TokenKind::kUserDefined
              : kind <= 2 ? TokenKind::kUnused
                          : TokenKind::kNormal,
              test::random_score(random, ties));
  }
  model.byte_fallback = below(random, 4) == 0;
  if (model.byte_fallback) add_byte_tokens(world.vocabulary);
  return world;
}

TEST(ScoreBpe, EqualsTheOracle) {
  Random random(test::property_seed());
  for (int round = 0; round < 1000; ++round) {
    const World world = random_score_world(random);
    const auto format = round % 3 == 0 ? SourceFormat::kGguf : SourceFormat::kSentencePiece;
    const ScoreBpe bpe(world.vocabulary, world.model, format);
    for (int i = 0; i < 100; ++i) {
      const size_t length = i == 0 && round % 20 == 0 ? 900 : 1 + below(random, 30);
      const std::string piece = test::random_piece(random, world.letters, length);
      const auto expected = test::slow_score_bpe(world.vocabulary, world.model, format, piece);
      ASSERT_EQ(tokens_of(bpe, piece), expected)
          << test::escaped(piece) << "\n"
          << describe(world.vocabulary) << " seed " << test::property_seed();
    }
  }
}

TEST(ScoreBpe, EqualsTheOracleOnLongPieces) {
  Random random(test::property_seed() + 1);
  for (int round = 0; round < 8; ++round) {
    const World world = random_score_world(random);
    const ScoreBpe bpe(world.vocabulary, world.model, SourceFormat::kSentencePiece);
    std::string piece;
    while (piece.size() < 5000) piece += test::random_piece(random, world.letters, 20);
    ASSERT_EQ(tokens_of(bpe, piece), test::slow_score_bpe(world.vocabulary, world.model,
                                                          SourceFormat::kSentencePiece, piece))
        << describe(world.vocabulary) << " seed " << test::property_seed();
  }
}

TEST(ScoreBpe, DropoutGoesFromAllMergesToNone) {
  Random random(test::property_seed());
  for (int round = 0; round < 300; ++round) {
    const World world = random_score_world(random);
    const ScoreBpe bpe(world.vocabulary, world.model, SourceFormat::kSentencePiece);
    const std::string piece = test::random_piece(random, world.letters, 120);
    std::vector<ModelToken> all, none;
    bpe.tokenize_with_dropout(
        piece, 0.5, [] { return 0.9; }, all);
    bpe.tokenize_with_dropout(
        piece, 0.5, [] { return 0.1; }, none);
    EXPECT_EQ(all, tokens_of(bpe, piece));
    EXPECT_EQ(none, tokens_of(SpmChar(world.vocabulary, world.model), piece));
  }
}

}  // namespace
}  // namespace tokrail
