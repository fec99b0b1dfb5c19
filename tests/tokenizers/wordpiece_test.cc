#include "tokenizers/models/wordpiece.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "tests/oracle/slow_wordpiece.h"
#include "tests/tokenizers/random_models.h"

namespace tokrail {
namespace {

using test::add_token;
using test::below;
using test::describe;
using test::Random;
using test::tokens_of;

TEST(WordPiece, EqualsTheOracle) {
  Random random(test::property_seed());
  for (int round = 0; round < 1000; ++round) {
    VocabularySpec vocabulary;
    ModelSpec model;
    model.unk_id = add_token(vocabulary, "[UNK]", TokenKind::kUnknown);
    model.llama_wordpiece = round % 3 == 0;
    const char* const prefixes[] = {"##", "", "a", "\xC3"};
    model.continuing_prefix = prefixes[below(random, 8) < 5 ? 0 : below(random, 4)];
    model.max_input_chars_per_word = below(random, 3) == 0 ? 5 : 100;
    const size_t letters = 2 + below(random, 4);
    for (size_t n = 5 + below(random, 56); n > 0; --n) {
      std::string text = test::random_word(random, letters, 1 + below(random, 7));
      if (below(random, 2) == 0) text = model.continuing_prefix + text;
      if (below(random, 30) == 0) text = "##";
      add_token(vocabulary, text,
                below(random, 20) == 0 ? TokenKind::kControl : TokenKind::kNormal);
    }
    if (below(random, 8) == 0) {
      vocabulary.first_added = static_cast<TokenId>(vocabulary.size() - below(random, 3));
    }
    const WordPiece wordpiece(vocabulary, model);
    for (int i = 0; i < 100; ++i) {
      std::string word = test::random_piece(random, letters, 1 + below(random, 12));
      if (below(random, 20) == 0) word = "##" + word;
      const auto expected = test::slow_wordpiece(vocabulary, model, word);
      ASSERT_EQ(tokens_of(wordpiece, word), expected)
          << test::escaped(word) << "\n"
          << describe(vocabulary) << " seed " << test::property_seed();
    }
  }
}

TEST(WordPiece, TakesTheLongestPiecesFirst) {
  VocabularySpec vocabulary;
  ModelSpec model;
  model.continuing_prefix = "##";
  for (const char* text : {"[UNK]", "un", "##aff", "##able", "u", "##a", "##affo"}) {
    add_token(vocabulary, text);
  }
  model.unk_id = 0;
  const WordPiece wordpiece(vocabulary, model);
  EXPECT_EQ(tokens_of(wordpiece, "unaffable"),
            (std::vector<ModelToken>{{1, 0, 2}, {2, 2, 5}, {3, 5, 9}}));
  EXPECT_EQ(tokens_of(wordpiece, "unaffabl"), (std::vector<ModelToken>{{0, 0, 8}}));
  EXPECT_TRUE(tokens_of(wordpiece, "").empty());
}

// Failure links of such a vocabulary would take memory quadratic in the length of the key.
TEST(WordPiece, LongKeysStayLinear) {
  VocabularySpec vocabulary;
  ModelSpec model;
  model.continuing_prefix = "##";
  model.max_input_chars_per_word = 1'000'000;
  model.unk_id = add_token(vocabulary, "[UNK]");
  add_token(vocabulary, "a");
  add_token(vocabulary, "##a");
  add_token(vocabulary, "##" + std::string(20000, 'a') + "b");
  const WordPiece wordpiece(vocabulary, model);
  EXPECT_EQ(tokens_of(wordpiece, std::string(3000, 'a')).size(), 3000u);
  EXPECT_EQ(tokens_of(wordpiece, std::string(20001, 'a') + "b").size(), 2u);
}

TEST(WordPiece, RefusesWordsThatCannotBeCutWithoutUnknownToken) {
  VocabularySpec vocabulary;
  add_token(vocabulary, "a");
  EXPECT_THROW(tokens_of(WordPiece(vocabulary, ModelSpec()), "b"), Error);
  EXPECT_THROW(tokens_of(WordPiece(VocabularySpec(), ModelSpec()), "b"), Error);
}

}  // namespace
}  // namespace tokrail
