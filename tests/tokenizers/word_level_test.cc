#include "tokenizers/models/word_level.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "tests/tokenizers/random_models.h"

namespace tokrail {
namespace {

using test::add_token;
using test::tokens_of;
using Tokens = std::vector<ModelToken>;

const std::string kMark = "\xE2\x96\x81";

TEST(WordLevel, KnowsWholeWordsOnly) {
  VocabularySpec vocabulary;
  ModelSpec model;
  model.unk_id = add_token(vocabulary, "[UNK]", TokenKind::kUnknown);
  add_token(vocabulary, "word");
  const WordLevel words(vocabulary, model);
  EXPECT_EQ(tokens_of(words, "word"), (Tokens{{1, 0, 4}}));
  EXPECT_EQ(tokens_of(words, "words"), (Tokens{{0, 0, 5}}));
  EXPECT_TRUE(tokens_of(words, "").empty());
  EXPECT_THROW(tokens_of(WordLevel(vocabulary, ModelSpec()), "other"), Error);
}

TEST(SpmWord, CutsBeforeEveryMarkAndJoinsUnknownWords) {
  VocabularySpec vocabulary;
  ModelSpec model;
  model.unk_id = add_token(vocabulary, "<unk>", TokenKind::kUnknown);
  add_token(vocabulary, kMark + "a");
  add_token(vocabulary, kMark);
  const SpmWord words(vocabulary, model);
  EXPECT_EQ(tokens_of(words, kMark + "a" + kMark + kMark + "a"),
            (Tokens{{1, 0, 4}, {2, 4, 7}, {1, 7, 11}}));
  EXPECT_EQ(tokens_of(words, "x" + kMark + "y" + kMark + "a"), (Tokens{{0, 0, 5}, {1, 5, 9}}));
  EXPECT_TRUE(tokens_of(words, "").empty());
}

TEST(SpmChar, CutsIntoCharactersAndUserDefinedPieces) {
  VocabularySpec vocabulary;
  ModelSpec model;
  model.unk_id = add_token(vocabulary, "<unk>", TokenKind::kUnknown);
  add_token(vocabulary, "a");
  add_token(vocabulary, "\xC3\xA9");
  add_token(vocabulary, "aa", TokenKind::kUserDefined);
  const SpmChar characters(vocabulary, model);
  EXPECT_EQ(tokens_of(characters, "aaa\xC3\xA9xy"),
            (Tokens{{3, 0, 2}, {1, 2, 3}, {2, 3, 5}, {0, 5, 7}}));
  model.byte_fallback = true;
  test::add_byte_tokens(vocabulary);
  EXPECT_EQ(tokens_of(SpmChar(vocabulary, model), "x\xFF"),
            (Tokens{{4 + 'x', 0, 1}, {4 + 0xFF, 1, 2}}));
}

}  // namespace
}  // namespace tokrail
