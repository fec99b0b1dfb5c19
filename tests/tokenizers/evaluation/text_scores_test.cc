#include "tokenizers/evaluation/text_scores.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/oracle/slow_evaluation.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/support/toy_tokenizer.h"
#include "tests/tokenizers/evaluation/piece_tokenizer.h"
#include "tokenizers/evaluation/segmentation_scores.h"

namespace tokrail {

namespace {

TextScores score(const Tokenizer& tokenizer, const std::vector<std::string_view>& lines) {
  return score_text(tokenizer, lines);
}

TEST(TextScores, CountsByHand) {
  const Tokenizer tokenizer = test::piece_tokenizer({"ab", "abc"});
  // abc | sp | abc, then d
  const TextScores scores = score(tokenizer, {"abc abc", "d", ""});
  EXPECT_EQ(scores.lines, 3u);
  EXPECT_EQ(scores.words, 3u);
  EXPECT_EQ(scores.bytes, 8u);
  EXPECT_EQ(scores.characters, 8u);
  EXPECT_EQ(scores.tokens, 4u);
  EXPECT_EQ(scores.unique_tokens(), 3u);
  EXPECT_EQ(scores.lines_returned, 3u);
  EXPECT_EQ(scores.words_returned, 3u);
  EXPECT_DOUBLE_EQ(scores.tokens_per_word(), 4.0 / 3);
  EXPECT_DOUBLE_EQ(scores.bytes_per_token(), 2);
  // Six characters in tokens of three, two in tokens of one.
  EXPECT_DOUBLE_EQ(scores.mean_held_length(), (6 * 3 + 2 * 1) / 8.0);
  EXPECT_DOUBLE_EQ(scores.held_share(1, 1), 0.25);
  EXPECT_DOUBLE_EQ(scores.held_share(2, 3), 0.75);
  EXPECT_DOUBLE_EQ(scores.held_share(0, 100), 1);
  EXPECT_EQ(scores.parted_characters, 0u);
}

TEST(TextScores, RenyiEfficiencyIsEntropyOverTheLogarithmOfTheVocabulary) {
  TextScores scores;
  scores.id_counts = {2, 1, 1, 0};
  scores.tokens = 4;
  // sum p^2.5 = 2^-2.5 + 2 * 2^-5
  const double entropy = std::log2(std::pow(2, -2.5) + 2 * std::pow(2, -5)) / -1.5;
  EXPECT_DOUBLE_EQ(scores.renyi_entropy(), entropy);
  EXPECT_DOUBLE_EQ(scores.renyi_entropy(1), 1.5);  // Shannon's
  EXPECT_DOUBLE_EQ(scores.renyi_efficiency(4), entropy / 2);
  scores.id_counts = {5, 5, 5, 5};
  scores.tokens = 20;
  EXPECT_DOUBLE_EQ(scores.renyi_efficiency(4), 1);
  EXPECT_EQ(TextScores().renyi_efficiency(0), 0);
}

TEST(TextScores, ACharacterInTwoTokensIsParted) {
  const Tokenizer bytes = test::piece_tokenizer({});
  const TextScores scores = score(bytes, {"aş"});
  EXPECT_EQ(scores.tokens, 3u);
  EXPECT_EQ(scores.characters, 2u);
  EXPECT_EQ(scores.held_characters, 2u);
  EXPECT_EQ(scores.parted_characters, 1u);
  EXPECT_DOUBLE_EQ(scores.mean_held_length(), 1);
}

TEST(TextScores, DigitsByHand) {
  // 1234 by bytes; 12|345: in threes from the right; 123|45: not.
  const Tokenizer tokenizer = test::piece_tokenizer({"12", "123", "45", "x67", "67"});
  TextScores scores = score(tokenizer, {"12345"});
  EXPECT_EQ(scores.digit_runs, 1u);
  EXPECT_EQ(scores.digit_tokens, 2u);
  EXPECT_EQ(scores.long_runs, 1u);
  EXPECT_EQ(scores.grouped_runs, 0u);
  const Tokenizer right = test::piece_tokenizer({"12", "34", "345"});
  scores = score(right, {"a12345b 1 12", "999"});
  EXPECT_EQ(scores.digit_runs, 4u);
  EXPECT_EQ(scores.digits, 11u);
  EXPECT_EQ(scores.digit_tokens, 2u + 1 + 1 + 3);
  EXPECT_EQ(scores.long_runs, 1u);
  EXPECT_EQ(scores.grouped_runs, 1u);
  EXPECT_DOUBLE_EQ(scores.grouped_share(), 1);
  // Single digits are cut at threes too, but not only there.
  scores = score(test::piece_tokenizer({}), {"1234"});
  EXPECT_EQ(scores.grouped_runs, 0u);
  // A token that begins outside of the number holds digits all the same.
  scores = score(test::piece_tokenizer({"x1", "x12", "x123", "x1234"}), {"x1234"});
  EXPECT_EQ(scores.digit_tokens, 1u);
  EXPECT_EQ(scores.grouped_runs, 0u);
}

TEST(TextScores, WordsReturnAloneWhereTheLineDoesNot) {
  const Tokenizer words = test::toy_tokenizer({"<unk>", "ev", "<end>"});
  const TextScores scores = score(words, {"ev yol ev"});
  EXPECT_EQ(scores.lines_returned, 0u);
  EXPECT_EQ(scores.words, 3u);
  EXPECT_LE(scores.words_returned, 2u);
}

TEST(TextScores, PartsAddUp) {
  const Tokenizer tokenizer = test::piece_tokenizer({"ab", "12", "123"});
  const std::vector<std::string_view> lines = {"ab 123 ab", "ş 99", "12345"};
  TextScores sum;
  for (const std::string_view line : lines) sum.add(score(tokenizer, {line}));
  const TextScores whole = score(tokenizer, lines);
  EXPECT_EQ(sum.tokens, whole.tokens);
  EXPECT_EQ(sum.id_counts, whole.id_counts);
  EXPECT_EQ(sum.characters_by_length, whole.characters_by_length);
  EXPECT_EQ(sum.digit_tokens, whole.digit_tokens);
  EXPECT_EQ(sum.words, whole.words);
  EXPECT_EQ(sum.renyi_entropy(), whole.renyi_entropy());
}

// ASCII without spaces, so that a token's length in bytes is its length in characters.
TEST(TextScores, HeldLengthsAreLikeTheOracles) {
  const Tokenizer tokenizer = test::piece_tokenizer({"ab", "ba", "abba", "aa", "aab"});
  test::check_texts(
      "held lengths", 1000,
      [&](const std::string& text) {
        std::vector<std::string> pieces;
        for (const TokenId id : tokenizer.encode(text)) {
          pieces.emplace_back(tokenizer.vocabulary().bytes(id));
        }
        const std::vector<size_t> lengths = test::slow_held_lengths(pieces);
        const TextScores scores = score(tokenizer, {text});
        return scores.held_characters == lengths.size() && scores.parted_characters == 0 &&
               scores.held_length_sum ==
                   std::accumulate(lengths.begin(), lengths.end(), uint64_t{0});
      },
      [](test::Random& random, size_t n) {
        std::string text;
        for (size_t i = 0; i < n; ++i) text += "ab"[test::below(random, 2)];
        return text;
      });
}

TEST(TextScores, EveryTextIsCountedWhole) {
  const Tokenizer tokenizer = test::piece_tokenizer({"ab", "  "});
  test::check_texts("text scores", 1000, [&](const std::string& text) {
    const TextScores scores = score(tokenizer, {text});
    return scores.lines_returned == 1 && scores.words_returned == scores.words &&
           scores.held_characters == scores.characters && scores.bytes == text.size() &&
           scores.tokens == tokenizer.encode(text).size();
  });
}

TEST(TextScores, AgreeWithFiguresMeasuredElsewhere) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "morphology/tr");
  TOKRAIL_REQUIRE_SHARED_DATA(o200k_path, "tokenizers/vocab/o200k_base.tiktoken");
  std::vector<std::string> sentences;
  for (const char* name : {"ud_boun-dev.seg.tsv", "ud_kenet-dev.seg.tsv", "ud_penn-dev.seg.tsv"}) {
    for (std::string& sentence : read_gold(folder / name).sentences) {
      sentences.push_back(std::move(sentence));
    }
  }
  const std::vector<std::string_view> lines(sentences.begin(), sentences.end());
  const TextScores scores = score(Tokenizer::load(o200k_path.string()), lines);
  EXPECT_EQ(scores.words, 34534u);
  EXPECT_NEAR(scores.tokens_per_word(), 2.072, 0.03);
  EXPECT_NEAR(scores.bytes_per_token(), 3.64, 0.08);
  EXPECT_EQ(scores.lines_returned, scores.lines);
}

}  // namespace

}  // namespace tokrail
