// IntervalCounter counts what encoding the interval by itself gives.
#include "tokenizers/interval_counter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/piece_specs.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

size_t count_of(const Tokenizer& tokenizer, std::string_view text,
                std::optional<SpecialText> policy) {
  return tokenizer.count(text, {.add_special_tokens = false, .special_text = policy});
}

void expect_equals(Random& random, const Tokenizer& tokenizer, const std::string& text,
                   std::optional<SpecialText> policy, int intervals) {
  const IntervalCounter counter(tokenizer, text, policy);
  for (int i = 0; i < intervals; ++i) {
    size_t begin = below(random, text.size() + 1), end = below(random, text.size() + 1);
    if (begin > end) std::swap(begin, end);
    if (i == 0) begin = 0;
    if (i < 2) end = text.size();
    const std::string part = text.substr(begin, end - begin);
    ASSERT_EQ(counter.count(begin, end), count_of(tokenizer, part, policy))
        << test::escaped(part) << " at " << begin << " in " << test::escaped(text) << " seed "
        << test::property_seed();
  }
}

std::optional<SpecialText> random_policy(Random& random) {
  switch (below(random, 3)) {
    case 0: return SpecialText::as_text();
    case 1: return SpecialText::allow_all();
    default: return std::nullopt;
  }
}

TEST(IntervalCounter, EqualsEncodingTheInterval) {
  Random random(test::property_seed());
  int indexed = 0;
  for (int round = 0; round < 240; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    indexed += IntervalCounter(tokenizer, "ab").is_indexed();
    for (int texts = 0; texts < 3; ++texts) {
      const std::string text = test::piece_text(random, 1 + below(random, 300));
      ASSERT_NO_FATAL_FAILURE(expect_equals(random, tokenizer, text, random_policy(random), 60));
    }
  }
  EXPECT_GT(indexed, 150);
}

// Long pieces are counted along the tree of prefixes, and where the two encodings never meet.
TEST(IntervalCounter, LongPieces) {
  Random random(test::property_seed() + 1);
  for (int round = 0; round < 60; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    std::string text = test::hazard_text(random, 40);
    for (int part = 0; part < 3; ++part) {
      const size_t length = 600 + below(random, 6000);
      const std::string letters[] = {"a", "b", "ab", "A", "\xE6\xBC\xA2", "\xD7\x90"};
      const std::string runs[] = {" ", "\n", "!", "\xFF", "1", "a"};
      const bool mixed = below(random, 2) == 0;
      const std::string& run = runs[below(random, 6)];
      while (text.size() < length * static_cast<size_t>(part + 1)) {
        text += mixed ? letters[below(random, 6)] : run;
      }
      text += test::hazard_text(random, 20);
    }
    ASSERT_NO_FATAL_FAILURE(expect_equals(random, tokenizer, text, SpecialText::as_text(), 40));
  }
}

TEST(IntervalCounter, OtherTokenizers) {
  Random random(test::property_seed() + 2);
  TokenizerSpec spec =
      test::random_piece_spec(random, test::kPiecePatterns[1], test::AddedTokens::kBoth);
  spec.pre_tokenizers[0].pattern.text = R"(\w+|\W)";
  const Tokenizer tokenizer = Tokenizer::from_spec(std::move(spec));
  EXPECT_FALSE(IntervalCounter(tokenizer, "ab").is_indexed());
  ASSERT_NO_FATAL_FAILURE(
      expect_equals(random, tokenizer, test::hazard_text(random, 200), std::nullopt, 50));
}

TEST(IntervalCounter, RefusesIntervalsOutsideOfTheText) {
  Random random(1);
  const Tokenizer tokenizer = test::random_piece_tokenizer(random, 1);
  IntervalCounter counter(tokenizer, "abc");
  EXPECT_EQ(counter.count(1, 1), 0u);
  EXPECT_EQ(counter.count(3, 3), 0u);
  EXPECT_THROW(counter.count(2, 1), Error);
  EXPECT_THROW(counter.count(0, 4), Error);
  const IntervalCounter moved = std::move(counter);
  EXPECT_EQ(moved.count(0, 3), count_of(tokenizer, "abc", std::nullopt));
  EXPECT_EQ(IntervalCounter(tokenizer, "").count(0, 0), 0u);
}

TEST(IntervalCounter, RealVocabularies) {
  Random random(test::property_seed() + 3);
  for (const std::string file :
       {"cl100k_base.tiktoken", "o200k_base.tiktoken", "gpt2.json", "gpt_neox.json"}) {
    const auto path = test::find_shared_data("tokenizers/vocab/" + file);
    if (!path) GTEST_SKIP() << "needs verification data: " << file;
    const Tokenizer tokenizer = Tokenizer::load(path->string());
    SCOPED_TRACE(file);
    for (int round = 0; round < 10; ++round) {
      std::string text = test::random_text(random, 2000);
      text += std::string(3000, 'a') + test::random_text(random, 500) + std::string(2000, ' ');
      ASSERT_NO_FATAL_FAILURE(expect_equals(random, tokenizer, text, std::nullopt, 60));
    }
  }
}

}  // namespace
}  // namespace tokrail
