#include "tokenizers/token_trie.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/property.h"

namespace tokrail {
namespace {

std::vector<TokenTrie::Item> items_of(const std::vector<std::string>& strings) {
  std::vector<TokenTrie::Item> items;
  for (TokenId id = 0; id < strings.size(); ++id) items.push_back({strings[id], id});
  return items;
}

TEST(TokenTrie, Empty) {
  const TokenTrie trie;
  EXPECT_TRUE(trie.empty());
  EXPECT_EQ(trie.find("a"), std::nullopt);
  EXPECT_EQ(trie.rank(0), TokenTrie::kNoRank);
  EXPECT_TRUE(trie.order().empty());
}

TEST(TokenTrie, Layout) {
  const std::vector<std::string> strings = {"ab", "a", "b", "abc", "", "a", "ad"};
  const TokenTrie trie(items_of(strings));
  ASSERT_EQ(trie.size(), 5U);  // a ab abc ad b
  EXPECT_EQ(trie.byte(0), 'a');
  EXPECT_EQ(trie.subtree_size(0), 4U);
  EXPECT_EQ(trie.depth(2), 3U);
  EXPECT_EQ(trie.max_depth(), 3U);
  EXPECT_EQ(std::vector<TokenId>(trie.tokens(0).begin(), trie.tokens(0).end()),
            (std::vector<TokenId>{1, 5}));
  EXPECT_EQ(std::vector<TokenId>(trie.tokens_below(0).begin(), trie.tokens_below(0).end()),
            (std::vector<TokenId>{1, 5, 0, 3, 6}));
  EXPECT_EQ(trie.rank(2), 5U);
  EXPECT_EQ(trie.rank(4), TokenTrie::kNoRank);
  EXPECT_EQ(trie.find("abc"), std::optional<size_t>(2));
  EXPECT_EQ(trie.find("abd"), std::nullopt);
  EXPECT_EQ(trie.find(""), std::nullopt);
  std::vector<std::pair<size_t, TokenId>> prefixes;
  trie.for_each_prefix("abd",
                       [&](size_t length, TokenId id) { prefixes.emplace_back(length, id); });
  EXPECT_EQ(prefixes, (std::vector<std::pair<size_t, TokenId>>{{1, 1}, {1, 5}, {2, 0}}));
}

TEST(TokenTrie, LongTokensHaveTheirDepth) {
  const std::vector<std::string> strings = {std::string(1000, 'x'), std::string(300, 'x') + "y",
                                            std::string(255, 'x'), "z"};
  const TokenTrie trie(items_of(strings));
  for (TokenId id = 0; id < strings.size(); ++id) {
    EXPECT_EQ(trie.depth(*trie.find(strings[id])), strings[id].size());
  }
  EXPECT_EQ(trie.max_depth(), 1000U);
}

/// Walks as a mask does and collects what a byte predicate by depth accepts.
std::set<TokenId> walk(const TokenTrie& trie, const std::vector<std::set<uint8_t>>& allowed) {
  std::set<TokenId> found;
  for (size_t i = 0; i < trie.size();) {
    const size_t depth = trie.depth(i);
    if (depth <= allowed.size() && allowed[depth - 1].contains(trie.byte(i))) {
      for (const TokenId id : trie.tokens(i)) found.insert(id);
      ++i;
    } else {
      i += trie.subtree_size(i);
    }
  }
  return found;
}

TEST(TokenTrie, AgreesWithBruteForce) {
  test::Random random(test::property_seed());
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> strings;
    for (size_t n = test::below(random, 200); n > 0; --n) {
      std::string text;
      for (size_t k = test::below(random, 8); k > 0; --k) {
        text += static_cast<char>(test::below(random, 4) + (test::below(random, 2) ? 'a' : 0xF0));
      }
      strings.push_back(text);
    }
    const TokenTrie trie(items_of(strings));
    std::map<std::string, std::vector<TokenId>> by_bytes;
    std::set<std::string> prefixes;
    for (TokenId id = 0; id < strings.size(); ++id) {
      if (!strings[id].empty()) by_bytes[strings[id]].push_back(id);
      for (size_t k = 1; k <= strings[id].size(); ++k) prefixes.insert(strings[id].substr(0, k));
    }
    ASSERT_EQ(trie.size(), prefixes.size());
    for (const std::string& prefix : prefixes) {
      const auto node = trie.find(prefix);
      ASSERT_TRUE(node);
      ASSERT_EQ(trie.depth(*node), prefix.size());
      const auto tokens = trie.tokens(*node);
      ASSERT_EQ(std::vector<TokenId>(tokens.begin(), tokens.end()), by_bytes[prefix]);
      const auto first = prefixes.lower_bound(prefix);
      const auto below = std::count_if(first, prefixes.end(), [&](const std::string& other) {
        return other.starts_with(prefix);
      });
      ASSERT_EQ(trie.subtree_size(*node), static_cast<size_t>(below));
    }
    for (size_t rank = 0; rank < trie.order().size(); ++rank) {
      ASSERT_EQ(trie.rank(trie.order()[rank]), rank);
    }
    std::vector<std::set<uint8_t>> allowed(test::below(random, 8));
    for (auto& bytes : allowed) {
      for (int byte = 0; byte < 256; ++byte) {
        if (test::below(random, 2) == 0) bytes.insert(static_cast<uint8_t>(byte));
      }
    }
    std::set<TokenId> expected;
    for (TokenId id = 0; id < strings.size(); ++id) {
      bool fits = !strings[id].empty() && strings[id].size() <= allowed.size();
      for (size_t k = 0; fits && k < strings[id].size(); ++k) {
        fits = allowed[k].contains(static_cast<uint8_t>(strings[id][k]));
      }
      if (fits) expected.insert(id);
    }
    ASSERT_EQ(walk(trie, allowed), expected) << "seed " << test::property_seed();
  }
}

}  // namespace
}  // namespace tokrail
