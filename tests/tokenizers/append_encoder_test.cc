// AppendEncoder gives, at every step, the ids of the whole text.
#include "tokenizers/append_encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/piece_specs.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text,
                            std::optional<SpecialText> policy) {
  return tokenizer.encode(text, {.add_special_tokens = false, .special_text = policy});
}

std::vector<TokenId> ids_of(AppendEncoder& encoder) {
  return {encoder.ids().begin(), encoder.ids().end()};
}

std::optional<SpecialText> random_policy(Random& random) {
  switch (below(random, 3)) {
    case 0: return SpecialText::as_text();
    case 1: return SpecialText::allow_all();
    default: return std::nullopt;
  }
}

/// Random appends and truncations; the ids are looked at after most of them.
void expect_equals(Random& random, const Tokenizer& tokenizer, int steps, size_t chunk) {
  const auto policy = random_policy(random);
  AppendEncoder encoder(tokenizer, policy);
  std::string text;
  for (int step = 0; step < steps; ++step) {
    if (below(random, 4) == 0 && !text.empty()) {
      const size_t back = below(random, 3) == 0 ? text.size() : std::min<size_t>(text.size(), 6);
      text.resize(text.size() - below(random, back + 1));
      encoder.truncate(text.size());
    } else {
      std::string more = test::piece_text(random, 1 + below(random, chunk));
      if (below(random, 2) == 0) more.resize(1 + below(random, more.size()));
      text += more;
      encoder.append(more);
    }
    ASSERT_EQ(encoder.text(), text);
    if (below(random, 5) == 0) continue;
    ASSERT_EQ(ids_of(encoder), encode(tokenizer, text, policy))
        << test::escaped(text) << " seed " << test::property_seed();
    if (below(random, 4) != 0) continue;
    // What is certain stays, whatever follows.
    const AppendEncoder::Certain certain = encoder.certain();
    for (int other = 0; other < 3; ++other) {
      const auto ids = encode(tokenizer, text + test::piece_text(random, 4), policy);
      ASSERT_LE(certain.ids.size(), ids.size());
      ASSERT_TRUE(std::equal(certain.ids.begin(), certain.ids.end(), ids.begin()))
          << test::escaped(text);
    }
    ASSERT_EQ(tokenizer.decode_bytes(certain.ids), text.substr(0, certain.bytes));
    if (below(random, 8) == 0) {
      AppendEncoder copy = encoder;
      copy.append("z 1");
      ASSERT_EQ(ids_of(copy), encode(tokenizer, text + "z 1", policy));
      if (below(random, 2) == 0) {
        encoder = std::move(copy);
        text += "z 1";
      }
    }
  }
}

TEST(AppendEncoder, EqualsEncodingTheWhole) {
  Random random(test::property_seed());
  int incremental = 0;
  for (int round = 0; round < 240; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    incremental += AppendEncoder(tokenizer).is_incremental();
    ASSERT_NO_FATAL_FAILURE(expect_equals(random, tokenizer, 80, 12));
  }
  EXPECT_GT(incremental, 150);
}

// Pieces of hundreds of bytes go through the table of prefixes.
TEST(AppendEncoder, LongPieces) {
  Random random(test::property_seed() + 1);
  for (int round = 0; round < 60; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    AppendEncoder encoder(tokenizer, SpecialText::as_text());
    std::string text;
    const std::string unit[] = {"a", "ab", " ", "\n", "\xE6\xBC\xA2", "A", "!", "1", "\xFF"};
    for (int step = 0; step < 120; ++step) {
      std::string more;
      if (below(random, 12) == 0) {
        more = test::hazard_text(random, 3);
      } else {
        const std::string& letter = unit[below(random, 3) == 0 ? below(random, 9) : round % 9];
        for (size_t n = 1 + below(random, 30); n > 0; --n) more += letter;
      }
      if (below(random, 6) == 0) {
        text.resize(text.size() - below(random, std::min<size_t>(text.size(), 200) + 1));
        encoder.truncate(text.size());
      }
      text += more;
      encoder.append(more);
      ASSERT_EQ(ids_of(encoder), encode(tokenizer, text, SpecialText::as_text()))
          << test::escaped(text) << " round " << round;
    }
  }
}

// A tokenizer that is not read piece by piece encodes the whole text, and gives the same.
TEST(AppendEncoder, OtherTokenizers) {
  Random random(test::property_seed() + 2);
  for (int round = 0; round < 12; ++round) {
    TokenizerSpec spec =
        test::random_piece_spec(random, test::kPiecePatterns[1], test::AddedTokens::kBoth);
    if (round % 3 == 0) {
      spec.pre_tokenizers[0].pattern.text = R"(\w+|\W)";
    } else if (round % 3 == 1) {
      spec.format = SourceFormat::kTokenizerJson;
      spec.normalizers.emplace_back();
      spec.normalizers[0].kind = NormalizerStep::Kind::kLowercase;
    } else {
      spec.added_tokens.back().lstrip = true;
    }
    const Tokenizer tokenizer = Tokenizer::from_spec(std::move(spec));
    EXPECT_FALSE(AppendEncoder(tokenizer).is_incremental());
    EXPECT_EQ(AppendEncoder(tokenizer).certain().bytes, 0u);
    ASSERT_NO_FATAL_FAILURE(expect_equals(random, tokenizer, 40, 12));
  }
}

TEST(AppendEncoder, RefusesSizesBehindTheEnd) {
  Random random(1);
  const Tokenizer tokenizer = test::random_piece_tokenizer(random, 1);
  AppendEncoder encoder(tokenizer);
  EXPECT_EQ(encoder.count(), 0u);
  encoder.append("");
  encoder.append("ab");
  EXPECT_THROW(encoder.truncate(3), Error);
  encoder.truncate(2);
  EXPECT_GT(encoder.count(), 0u);
  encoder.clear();
  EXPECT_EQ(encoder.count(), 0u);
}

TEST(AppendEncoder, ThrowsWhatThePolicyForbidsUntilItIsTakenBack) {
  Random random(1);
  const Tokenizer tokenizer = Tokenizer::from_spec(
      test::random_piece_spec(random, test::kPiecePatterns[1], test::AddedTokens::kSpecial));
  AppendEncoder encoder(tokenizer, SpecialText::forbid());
  encoder.append("ab<en");
  const size_t count = encoder.count();
  encoder.append("d>");
  EXPECT_THROW(encoder.ids(), Error);
  encoder.truncate(5);
  EXPECT_EQ(encoder.count(), count);
}

TEST(AppendEncoder, AMegabyteInOnePieceIsNotQuadratic) {
  Random random(1);
  for (const size_t pattern : {0, 1, 4}) {
    const Tokenizer tokenizer = Tokenizer::from_spec(
        test::random_piece_spec(random, test::kPiecePatterns[pattern], test::AddedTokens::kNone));
    ASSERT_TRUE(AppendEncoder(tokenizer).is_incremental());
    for (const std::string letter : {"a", " ", "\n", "\xE6\xBC\xA2", "!", "A"}) {
      AppendEncoder encoder(tokenizer);
      std::string more;
      for (int i = 0; i < 2; ++i) more += letter;
      while (encoder.size() < (1 << 19)) {
        encoder.append(more);
        if ((encoder.size() & 7) < more.size()) encoder.count();
      }
      const auto ids = encode(tokenizer, encoder.text(), std::nullopt);
      EXPECT_TRUE(ids_of(encoder) == ids);
    }
  }
}

TEST(AppendEncoder, RealVocabularies) {
  Random random(test::property_seed() + 3);
  for (const std::string file :
       {"cl100k_base.tiktoken", "o200k_base.tiktoken", "gpt2.json", "gpt_neox.json"}) {
    const auto path = test::find_shared_data("tokenizers/vocab/" + file);
    if (!path) GTEST_SKIP() << "needs verification data: " << file;
    const Tokenizer tokenizer = Tokenizer::load(path->string());
    SCOPED_TRACE(file);
    // gpt_neox has no tokens for the bytes that UTF-8 never has.
    EXPECT_EQ(AppendEncoder(tokenizer).is_incremental(), file != "gpt_neox.json");
    for (int round = 0; round < 10; ++round) {
      ASSERT_NO_FATAL_FAILURE(expect_equals(random, tokenizer, 60, 40));
    }
  }
}

}  // namespace
}  // namespace tokrail
