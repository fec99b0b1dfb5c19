// RankBpe equals byte-pair encoding as it is defined, or says that it cannot be used.
#include "tokenizers/models/rank_bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/oracle/slow_bpe.h"
#include "tests/tokenizers/random_models.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

struct World {
  VocabularySpec vocabulary;
  ModelSpec model;                   // merges, for from_merges
  std::vector<TokenId> by_priority;  // for from_priorities
  std::vector<std::string> letters;
  RankBpe::Units units = RankBpe::Units::kBytes;
};

std::string text_of(const World& world, TokenId id) {
  return std::string(world.vocabulary.texts[id]);
}

TokenId token(World& world, const std::string& text) {
  for (TokenId id = 0; id < world.vocabulary.size(); ++id) {
    if (world.vocabulary.texts[id] == text) return id;
  }
  return test::add_token(world.vocabulary, text);
}

std::string random_letters(Random& random, const World& world, size_t letters) {
  std::string text;
  for (; letters > 0; --letters) text += world.letters[below(random, world.letters.size())];
  return text;
}

World start_world(Random& random) {
  World world;
  const bool bytes = below(random, 2) == 0;
  world.units = bytes ? RankBpe::Units::kBytes : RankBpe::Units::kCharacters;
  world.model.kind = ModelSpec::Kind::kMergeBpe;
  world.model.raw_bytes = bytes;
  const size_t count = 2 + below(random, 3);
  for (size_t i = 0; i < count; ++i) {
    world.letters.push_back(bytes ? std::string(1, static_cast<char>("ab\xFF\0"[i]))
                                  : test::test_letters()[i]);
    token(world, world.letters.back());
  }
  return world;
}

// Merges of what is there already, in an order that is then disturbed a little or not at all.
World random_merge_world(Random& random) {
  World world = start_world(random);
  for (size_t n = below(random, 40); n > 0; --n) {
    const auto any = [&] { return static_cast<TokenId>(below(random, world.vocabulary.size())); };
    const TokenId left = any(), right = any();
    const std::string text = text_of(world, left) + text_of(world, right);
    if (text.size() > 40) continue;
    const auto same = [&](const Merge& merge) {
      return merge.left == left && merge.right == right;
    };
    if (std::any_of(world.model.merges.begin(), world.model.merges.end(), same)) continue;
    world.model.merges.push_back({left, right, token(world, text)});
  }
  auto& merges = world.model.merges;
  if (below(random, 3) == 0 && !merges.empty()) {
    std::swap(merges[below(random, merges.size())], merges[below(random, merges.size())]);
  }
  return world;
}

// Any set of texts with any order: some are reached by merges, others never.
World random_priority_world(Random& random) {
  World world = start_world(random);
  for (size_t n = below(random, 40); n > 0; --n) {
    std::string text = random_letters(random, world, 2 + below(random, 5));
    if (below(random, 2) == 0) {  // grown from what is there, so that it is reached
      text = text_of(world, static_cast<TokenId>(below(random, world.vocabulary.size()))) +
             text_of(world, static_cast<TokenId>(below(random, world.vocabulary.size())));
    }
    if (text.size() <= 40) token(world, text);
  }
  for (TokenId id = 0; id < world.vocabulary.size(); ++id) world.by_priority.push_back(id);
  if (below(random, 3) == 0) {
    auto& order = world.by_priority;
    std::swap(order[below(random, order.size())], order[below(random, order.size())]);
  }
  return world;
}

// The definition by priorities: of all neighbours whose concatenation is a token, those with the
// best one merge, leftmost first.
std::vector<TokenId> slow_by_priority(const World& world, std::string_view piece) {
  std::map<std::string, size_t> priorities;
  for (size_t i = 0; i < world.by_priority.size(); ++i) {
    priorities[text_of(world, world.by_priority[i])] = i;
  }
  std::vector<std::string> parts;
  for (size_t at = 0; at < piece.size();) {
    const auto starts = [&](const std::string& letter) {
      return piece.substr(at).starts_with(letter);
    };
    parts.push_back(*std::find_if(world.letters.begin(), world.letters.end(), starts));
    at += parts.back().size();
  }
  while (true) {
    size_t best = priorities.size(), best_at = 0;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = priorities.find(parts[i] + parts[i + 1]);
      if (found != priorities.end() && found->second < best) {
        best = found->second;
        best_at = i;
      }
    }
    if (best == priorities.size()) break;
    parts[best_at] += parts[best_at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best_at) + 1);
  }
  std::vector<TokenId> ids;
  for (const std::string& part : parts) ids.push_back(world.by_priority[priorities[part]]);
  return ids;
}

std::vector<TokenId> slow_by_merges(const World& world, std::string_view piece) {
  std::vector<TokenId> ids;
  for (const ModelToken& token : test::slow_merge_bpe(world.vocabulary, world.model, piece)) {
    ids.push_back(token.id);
  }
  return ids;
}

std::vector<TokenId> encode(const RankBpe& bpe, std::string_view piece) {
  std::vector<TokenId> ids(piece.size());
  RankBpe::Scratch scratch;
  ids.resize(bpe.encode(piece, ids.data(), scratch));
  return ids;
}

std::string describe(const World& world) {
  std::string text = test::describe(world.vocabulary) + "merges ";
  for (const Merge& merge : world.model.merges) {
    text += std::to_string(merge.left) + "+" + std::to_string(merge.right) + "=" +
            std::to_string(merge.result) + " ";
  }
  text += "order ";
  for (const TokenId id : world.by_priority) text += std::to_string(id) + " ";
  return text + " seed " + std::to_string(test::property_seed());
}

/// Everything a world's RankBpe answers, held against the slow encoder.
template <typename Slow>
void expect_equals(Random& random, const World& world, const RankBpe& bpe, Slow slow) {
  for (int i = 0; i < 40; ++i) {
    const size_t letters = i < 36 ? 1 + below(random, 24) : 60 + below(random, 80);
    const std::string piece = random_letters(random, world, letters);
    ASSERT_EQ(encode(bpe, piece), slow(world, piece)) << test::escaped(piece) << "\n"
                                                      << describe(world);
  }
  for (TokenId a = 0; a < world.vocabulary.size(); ++a) {
    const std::string text = text_of(world, a);
    const std::vector<TokenId> own = slow(world, text);
    ASSERT_EQ(bpe.is_reachable(a), own == std::vector<TokenId>{a}) << test::escaped(text) << "\n"
                                                                   << describe(world);
    const auto listed = [&](const Merge& merge) { return merge.result == a; };
    if (bpe.is_reachable(a) || !world.by_priority.empty() ||
        std::any_of(world.model.merges.begin(), world.model.merges.end(), listed)) {
      ASSERT_EQ(bpe.find(text), a) << test::escaped(text) << "\n" << describe(world);
    }
    if (const auto parts = bpe.split(a)) {
      ASSERT_EQ(text_of(world, parts->left) + text_of(world, parts->right), text);
      ASSERT_TRUE(bpe.is_reachable(parts->left) && bpe.is_reachable(parts->right));
    }
    for (int i = 0; i < 6; ++i) {
      const auto b = static_cast<TokenId>(below(random, world.vocabulary.size()));
      const bool expected = slow(world, text + text_of(world, b)) == std::vector<TokenId>{a, b};
      ASSERT_EQ(bpe.is_canonical_pair(a, b), expected) << a << " " << b << "\n" << describe(world);
    }
  }
}

TEST(RankBpe, FromMergesEqualsTheOracle) {
  Random random(test::property_seed());
  int made = 0;
  constexpr int kRounds = 1200;
  for (int round = 0; round < kRounds; ++round) {
    const World world = random_merge_world(random);
    const auto bpe = RankBpe::from_merges(world.vocabulary.texts, world.model.merges, world.units);
    if (!bpe) continue;
    ++made;
    ASSERT_NO_FATAL_FAILURE(expect_equals(random, world, *bpe, slow_by_merges));
  }
  EXPECT_GT(made, kRounds / 10);
  EXPECT_LT(made, kRounds);
}

TEST(RankBpe, FromPrioritiesEqualsTheOracle) {
  Random random(test::property_seed() + 1);
  int made = 0;
  constexpr int kRounds = 1200;
  for (int round = 0; round < kRounds; ++round) {
    const World world = random_priority_world(random);
    const auto bpe =
        RankBpe::from_priorities(world.vocabulary.texts, world.by_priority, world.units);
    if (!bpe) continue;
    ++made;
    ASSERT_NO_FATAL_FAILURE(expect_equals(random, world, *bpe, slow_by_priority));
  }
  EXPECT_GT(made, kRounds / 10);
  EXPECT_LT(made, kRounds);
}

World world_of(std::initializer_list<const char*> texts) {
  World world;
  for (const char* text : texts) token(world, text);
  for (TokenId id = 0; id < world.vocabulary.size(); ++id) world.by_priority.push_back(id);
  return world;
}

TEST(RankBpe, KeepsUnreachableTokensAsWholePieces) {
  const World world = world_of({"a", "b", "c", "abc", "ab", "bc"});
  // "abc" comes before both of its ways: no order of ranks.
  EXPECT_FALSE(
      RankBpe::from_priorities(world.vocabulary.texts, world.by_priority, RankBpe::Units::kBytes));
  const World other = world_of({"a", "b", "c", "d", "ab", "cab", "dcd"});
  const auto bpe =
      RankBpe::from_priorities(other.vocabulary.texts, other.by_priority, RankBpe::Units::kBytes);
  ASSERT_TRUE(bpe);
  EXPECT_EQ(bpe->find("dcd"), 6u);
  EXPECT_FALSE(bpe->is_reachable(6));
  EXPECT_TRUE(bpe->has_unreachable());
  EXPECT_EQ(bpe->find("zzz"), kNoToken);
  EXPECT_FALSE(bpe->is_canonical_pair(6, 0));
  EXPECT_FALSE(bpe->is_canonical_pair(0, 99));
}

TEST(RankBpe, SaysWhereABaseUnitIsUnknown) {
  const World world = world_of({"a", "b", "ab"});
  const auto bpe =
      RankBpe::from_priorities(world.vocabulary.texts, world.by_priority, RankBpe::Units::kBytes);
  ASSERT_TRUE(bpe);
  EXPECT_FALSE(bpe->all_bytes_known());
  TokenId ids[200];
  RankBpe::Scratch scratch;
  EXPECT_EQ(bpe->encode("", ids, scratch), 0u);
  for (const std::string piece : {"z", "zab", "abz", "abzab"}) {
    EXPECT_EQ(bpe->encode(piece, ids, scratch), RankBpe::kUnknown) << piece;
    EXPECT_EQ(bpe->encode(std::string(70, 'a') + piece, ids, scratch), RankBpe::kUnknown);
  }
}

TEST(RankBpe, LongPiecesTakeLinearWork) {
  // Tokens a, aa, aaaa, ... and a tail that none of them fits: every position is tried from.
  World world;
  for (std::string text = "a"; text.size() <= 64; text += text) token(world, text);
  token(world, "b");
  world.letters = {"a", "b"};
  for (TokenId id = 0; id < world.vocabulary.size(); ++id) world.by_priority.push_back(id);
  const auto bpe =
      RankBpe::from_priorities(world.vocabulary.texts, world.by_priority, RankBpe::Units::kBytes);
  ASSERT_TRUE(bpe);
  for (const size_t size : {63, 64, 65, 127, 1000}) {
    const std::string piece = std::string(size, 'a') + "b";
    EXPECT_EQ(encode(*bpe, piece), slow_by_priority(world, piece));
  }
  const std::string piece = std::string(1000001, 'a') + "b";
  EXPECT_EQ(encode(*bpe, piece).size(), 1000001 / 64 + 2u);
}

}  // namespace
}  // namespace tokrail
