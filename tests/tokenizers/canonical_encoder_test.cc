// CanonicalEncoder and CanonicalChecker agree with encoding what the ids spell.
#include "tokenizers/canonical_encoder.h"

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

std::vector<TokenId> encode(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.encode(text,
                          {.add_special_tokens = false, .special_text = SpecialText::as_text()});
}

/// The definition: special tokens stand for themselves, what is between them is encoded.
bool slow_is_canonical(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  std::vector<TokenId> run;
  const auto close = [&] {
    const bool same = encode(tokenizer, tokenizer.decode_bytes(run)) == run;
    run.clear();
    return same;
  };
  for (const TokenId id : ids) {
    if (tokenizer.vocabulary().kind(id) == TokenKind::kControl) {
      if (!close()) return false;
    } else {
      run.push_back(id);
    }
  }
  return close();
}

bool starts_with(const std::vector<TokenId>& ids, const std::vector<TokenId>& beginning) {
  return ids.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), ids.begin());
}

std::string print(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  std::string text;
  for (const TokenId id : ids) {
    text += std::to_string(id) + " " + test::escaped(tokenizer.vocabulary().bytes(id)) + " ";
  }
  return text + " seed " + std::to_string(test::property_seed());
}

/// The encoding of a text with some ids replaced by others that spell the same, or by any.
std::vector<TokenId> nearly_canonical(Random& random, const Tokenizer& tokenizer) {
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  std::vector<TokenId> ids;
  for (const TokenId id : encode(tokenizer, test::piece_text(random, 1 + below(random, 24)))) {
    const std::string_view bytes = vocabulary.bytes(id);
    if (below(random, 12) == 0 && bytes.size() > 1) {
      const size_t cut = 1 + below(random, bytes.size() - 1);
      const auto left = encode(tokenizer, bytes.substr(0, cut));
      const auto right = encode(tokenizer, bytes.substr(cut));
      ids.insert(ids.end(), left.begin(), left.end());
      ids.insert(ids.end(), right.begin(), right.end());
    } else if (below(random, 60) == 0) {
      ids.push_back(static_cast<TokenId>(below(random, vocabulary.size())));
    } else {
      ids.push_back(id);
    }
  }
  return ids;
}

TEST(CanonicalEncoder, EqualsEncodingTheText) {
  Random random(test::property_seed());
  int local = 0, canonical_sequences = 0, others = 0;
  for (int round = 0; round < 240; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    const CanonicalEncoder canonical(tokenizer);
    local += canonical.is_local();
    for (int i = 0; i < 60; ++i) {
      const std::vector<TokenId> ids = nearly_canonical(random, tokenizer);
      const bool expected = slow_is_canonical(tokenizer, ids);
      ASSERT_EQ(canonical.is_canonical(ids), expected) << print(tokenizer, ids);
      ++(expected ? canonical_sequences : others);
    }
  }
  EXPECT_GT(local, 150);
  EXPECT_GT(canonical_sequences, 1000);
  EXPECT_GT(others, 1000);
}

TEST(CanonicalEncoder, PairsAreSequencesOfTwo) {
  Random random(test::property_seed() + 1);
  for (int round = 0; round < 60; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    const CanonicalEncoder canonical(tokenizer);
    const Vocabulary& vocabulary = tokenizer.vocabulary();
    for (int i = 0; i < 600; ++i) {
      const auto a = static_cast<TokenId>(below(random, vocabulary.size()));
      const auto b = static_cast<TokenId>(below(random, vocabulary.size()));
      const bool expected = slow_is_canonical(tokenizer, {a, b});
      ASSERT_EQ(canonical.is_canonical_pair(a, b), expected) << print(tokenizer, {a, b});
      if (vocabulary.is_text(a) && vocabulary.is_text(b) && vocabulary.knows_canonical_pairs()) {
        ASSERT_EQ(vocabulary.is_canonical_pair(a, b), expected);
      }
    }
    EXPECT_FALSE(canonical.is_canonical_pair(0, static_cast<TokenId>(vocabulary.size())));
  }
}

// push never refuses what some text begins with, and what it refuses no text begins with.
TEST(CanonicalChecker, PushIsFalseOnlyWhereNoTextGoesOn) {
  Random random(test::property_seed() + 2);
  for (int round = 0; round < 240; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    const CanonicalEncoder canonical(tokenizer);
    for (int i = 0; i < 40; ++i) {
      CanonicalChecker checker(canonical);
      std::vector<TokenId> so_far;
      for (const TokenId id : encode(tokenizer, test::piece_text(random, 30))) {
        so_far.push_back(id);
        ASSERT_TRUE(checker.push(id)) << print(tokenizer, so_far);
        ASSERT_EQ(checker.is_canonical(), slow_is_canonical(tokenizer, so_far))
            << print(tokenizer, so_far);
      }
      ASSERT_TRUE(checker.is_canonical());
    }
    for (int i = 0; i < 40 && canonical.is_local(); ++i) {
      const std::vector<TokenId> ids = nearly_canonical(random, tokenizer);
      const size_t accepted = canonical.canonical_prefix(ids);
      if (accepted == ids.size()) continue;
      const std::vector<TokenId> refused(ids.begin(),
                                         ids.begin() + static_cast<std::ptrdiff_t>(accepted) + 1);
      if (tokenizer.vocabulary().kind(refused.back()) == TokenKind::kControl) continue;
      const std::string text = tokenizer.decode_bytes(refused);
      for (int other = 0; other < 8; ++other) {
        std::string more = other == 0 ? "" : test::piece_text(random, 3);
        ASSERT_FALSE(starts_with(encode(tokenizer, text + more), refused))
            << print(tokenizer, refused) << " then " << test::escaped(more);
      }
    }
  }
}

// What push lets pass nearly always has a text that goes on; the next push finds the rest.
TEST(CanonicalChecker, PushRefusesEarly) {
  Random random(test::property_seed() + 3);
  int dead_ends = 0, go_on = 0;
  for (int round = 0; round < 120; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    const CanonicalEncoder canonical(tokenizer);
    if (!canonical.is_local()) continue;
    for (int i = 0; i < 40; ++i) {
      std::vector<TokenId> ids = nearly_canonical(random, tokenizer);
      ids.resize(canonical.canonical_prefix(ids));
      if (slow_is_canonical(tokenizer, ids)) continue;
      const std::string text = tokenizer.decode_bytes(ids);
      bool found = false;
      for (int other = 0; other < 400 && !found; ++other) {
        std::string more = test::piece_text(random, 1);
        if (other % 2 == 0) more += test::piece_text(random, 2);
        found = starts_with(encode(tokenizer, text + more), ids);
      }
      ++(found ? go_on : dead_ends);
    }
  }
  EXPECT_LT(dead_ends, 1 + go_on / 2);
}

TEST(CanonicalChecker, RollbackIsAsIfItHadNotBeen) {
  Random random(test::property_seed() + 4);
  for (int round = 0; round < 120; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    const CanonicalEncoder canonical(tokenizer);
    CanonicalChecker checker(canonical);
    std::vector<TokenId> ids;
    for (int step = 0; step < 40; ++step) {
      for (const TokenId id : nearly_canonical(random, tokenizer)) {
        checker.push(id);
        ids.push_back(id);
      }
      const size_t back = below(random, std::min<size_t>(ids.size(), 20) + 1);
      checker.rollback(back);
      ids.resize(ids.size() - back);
      CanonicalChecker fresh(canonical);
      for (const TokenId id : ids) fresh.push(id);
      CanonicalChecker copy = checker;
      for (CanonicalChecker* each : {&checker, &copy}) {
        ASSERT_EQ(each->size(), ids.size());
        ASSERT_EQ(each->is_possible(), fresh.is_possible()) << print(tokenizer, ids);
        ASSERT_EQ(each->is_canonical(), fresh.is_canonical()) << print(tokenizer, ids);
      }
      ASSERT_EQ(checker.is_canonical(), slow_is_canonical(tokenizer, ids) || ids.empty())
          << print(tokenizer, ids);
      if (!checker.is_possible() && below(random, 2) == 0) {
        checker.rollback(ids.size() + 5);
        ids.clear();
      }
    }
  }
}

TEST(CanonicalEncoder, CertainIdsStayWhateverFollows) {
  Random random(test::property_seed() + 5);
  for (int round = 0; round < 120; ++round) {
    const Tokenizer tokenizer = test::random_piece_tokenizer(random, round);
    const CanonicalEncoder canonical(tokenizer);
    for (int i = 0; i < 20; ++i) {
      const std::string bytes = test::piece_text(random, 1 + below(random, 40));
      const CertainIds certain = canonical.encode_certain(bytes);
      ASSERT_LE(certain.tail_bytes, bytes.size());
      ASSERT_EQ(tokenizer.decode_bytes(certain.ids),
                bytes.substr(0, bytes.size() - certain.tail_bytes));
      for (int other = 0; other < 6; ++other) {
        const std::string more = test::piece_text(random, 3);
        ASSERT_TRUE(starts_with(encode(tokenizer, bytes + more), certain.ids))
            << test::escaped(bytes) << " then " << test::escaped(more);
      }
    }
  }
}

TEST(CanonicalEncoder, SpecialTokensStandForThemselves) {
  Random random(1);
  const Tokenizer tokenizer = Tokenizer::from_spec(
      test::random_piece_spec(random, test::kPiecePatterns[1], test::AddedTokens::kSpecial));
  const CanonicalEncoder canonical(tokenizer);
  ASSERT_TRUE(canonical.is_local());
  const auto end = *tokenizer.vocabulary().id_of_piece("<end>");
  std::vector<TokenId> ids = encode(tokenizer, "hello ");
  ids.push_back(end);
  const auto more = encode(tokenizer, "ab 12");
  ids.insert(ids.end(), more.begin(), more.end());
  EXPECT_TRUE(canonical.is_canonical(ids));
  EXPECT_EQ(canonical.canonical_prefix(ids), ids.size());
  EXPECT_TRUE(canonical.is_canonical(encode(tokenizer, "a<end>b")));  // as text
  EXPECT_TRUE(canonical.is_canonical({}));
  const TokenId outside[] = {static_cast<TokenId>(tokenizer.size())};
  EXPECT_THROW(canonical.is_canonical(outside), Error);
  CanonicalChecker checker(canonical);
  EXPECT_FALSE(checker.push(outside[0]));
  EXPECT_FALSE(checker.push(ids[0]));
  checker.rollback(2);
  EXPECT_TRUE(checker.push(ids[0]));
}

TEST(CanonicalEncoder, OtherTokenizersAreCheckedByEncoding) {
  Random random(test::property_seed() + 6);
  TokenizerSpec spec =
      test::random_piece_spec(random, test::kPiecePatterns[1], test::AddedTokens::kBoth);
  spec.pre_tokenizers[0].pattern.text = R"(\w+|\W)";
  const Tokenizer tokenizer = Tokenizer::from_spec(std::move(spec));
  const CanonicalEncoder canonical(tokenizer);
  EXPECT_FALSE(canonical.is_local());
  EXPECT_FALSE(tokenizer.vocabulary().knows_canonical_pairs());
  EXPECT_TRUE(tokenizer.vocabulary().is_canonical_pair(97, 98));  // not known
  EXPECT_EQ(canonical.encode_certain("abc").tail_bytes, 3u);
  for (int i = 0; i < 300; ++i) {
    const std::vector<TokenId> ids = nearly_canonical(random, tokenizer);
    const bool expected = slow_is_canonical(tokenizer, ids);
    ASSERT_EQ(canonical.is_canonical(ids), expected) << print(tokenizer, ids);
    ASSERT_EQ(canonical.canonical_prefix(ids) == ids.size(), expected) << print(tokenizer, ids);
    CanonicalChecker checker(canonical);
    for (const TokenId id : ids) checker.push(id);
    ASSERT_EQ(checker.is_canonical(), expected);
  }
}

TEST(CanonicalEncoder, RealVocabularies) {
  Random random(test::property_seed() + 7);
  for (const std::string file :
       {"cl100k_base.tiktoken", "o200k_base.tiktoken", "gpt2.json", "gpt_neox.json"}) {
    const auto path = test::find_shared_data("tokenizers/vocab/" + file);
    if (!path) GTEST_SKIP() << "needs verification data: " << file;
    const Tokenizer tokenizer = Tokenizer::load(path->string());
    SCOPED_TRACE(file);
    const CanonicalEncoder canonical(tokenizer);
    for (int i = 0; i < 400; ++i) {
      const std::vector<TokenId> ids = nearly_canonical(random, tokenizer);
      ASSERT_EQ(canonical.is_canonical(ids), slow_is_canonical(tokenizer, ids))
          << print(tokenizer, ids);
      CanonicalChecker checker(canonical);
      for (const TokenId id : encode(tokenizer, test::random_text(random, 60))) {
        ASSERT_TRUE(checker.push(id));
      }
      ASSERT_TRUE(checker.is_canonical());
    }
  }
}

}  // namespace
}  // namespace tokrail
