#include "tokenizers/byte_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

using Keys = std::map<std::string, uint32_t>;

std::vector<ByteTrieEntry> entries_of(const Keys& keys) {
  std::vector<ByteTrieEntry> entries;
  for (const auto& [key, value] : keys) entries.push_back({key, value});
  return entries;
}

std::string random_key(Random& random, size_t alphabet, size_t max_length) {
  std::string key;
  for (size_t n = below(random, max_length + 1); n > 0; --n) {
    key += static_cast<char>(below(random, alphabet) * (256 / alphabet));
  }
  return key;
}

// All that a trie answers about a text, against the map.
void expect_like_map(const ByteTrieView& trie, const Keys& keys, const std::string& text) {
  const auto found = keys.find(text);
  ASSERT_EQ(trie.find(text),
            found == keys.end() ? std::nullopt : std::optional<uint32_t>(found->second));
  std::vector<std::pair<size_t, uint32_t>> expected, actual;
  for (size_t length = 1; length <= text.size(); ++length) {
    const auto prefix = keys.find(text.substr(0, length));
    if (prefix != keys.end()) expected.emplace_back(length, prefix->second);
  }
  trie.for_each_prefix(text,
                       [&](size_t length, uint32_t value) { actual.emplace_back(length, value); });
  ASSERT_EQ(actual, expected);
  size_t length = 99;
  const uint32_t longest = trie.longest_prefix(text, length);
  ASSERT_EQ(length, expected.empty() ? 0 : expected.back().first);
  ASSERT_EQ(longest, expected.empty() ? ByteTrieView::kNoValue : expected.back().second);
}

void collect(const ByteTrieView& trie, ByteTrieView::State state, std::string& text, Keys& keys) {
  if (trie.value(state) != ByteTrieView::kNoValue) keys[text] = trie.value(state);
  trie.for_each_child(state, [&](unsigned char byte, ByteTrieView::State child) {
    text.push_back(static_cast<char>(byte));
    collect(trie, child, text, keys);
    text.pop_back();
  });
}

TEST(ByteTrie, EmptyFindsNothing) {
  for (const ByteTrie& trie : {ByteTrie(), ByteTrie::build({})}) {
    EXPECT_EQ(trie.view().find(""), std::nullopt);
    EXPECT_EQ(trie.view().find(std::string_view("\0", 1)), std::nullopt);
    EXPECT_TRUE(ByteTrieView::is_valid(trie.view().nodes()));
    for (int byte = 0; byte < 256; ++byte) {
      EXPECT_EQ(trie.view().next(ByteTrieView::kRoot, static_cast<unsigned char>(byte)),
                ByteTrieView::kNowhere);
      EXPECT_EQ(trie.view().next(ByteTrieView::kNowhere, static_cast<unsigned char>(byte)),
                ByteTrieView::kNowhere);
    }
  }
}

TEST(ByteTrie, HoldsEmptyKeyNulAndAllBytes) {
  Keys keys{{"", 7}, {std::string(1, '\0'), 8}, {std::string(2, '\0'), 0}};
  for (int byte = 1; byte < 256; ++byte) keys[std::string(1, static_cast<char>(byte))] = byte;
  const ByteTrie trie = ByteTrie::build(entries_of(keys));
  Keys found;
  std::string text;
  collect(trie.view(), ByteTrieView::kRoot, text, found);
  EXPECT_EQ(found, keys);
}

TEST(ByteTrie, LargestValueOfEqualKeysStays) {
  const ByteTrie trie = ByteTrie::build({{"a", 5}, {"a", 9}, {"a", 2}});
  EXPECT_EQ(trie.view().find("a"), 9u);
}

TEST(ByteTrie, MoveLeavesTheSourceEmpty) {
  ByteTrie first = ByteTrie::build({{"abc", 1}});
  const ByteTrie second = std::move(first);
  EXPECT_EQ(second.view().find("abc"), 1u);
  EXPECT_EQ(first.view().find("abc"), std::nullopt);  // NOLINT: moved from is empty by contract
}

TEST(ByteTrie, RefusesTheReservedValueAndKeysThatAreTooLong) {
  EXPECT_THROW(ByteTrie::build({{"a", ByteTrieView::kNoValue}}), Error);
  const std::string huge(size_t{1} << 24, 'a');
  EXPECT_THROW(ByteTrie::build({{huge, 1}}), Error);
}

TEST(ByteTrie, LongKeysDoNotRecurse) {
  const std::string long_key(1'000'000, 'x');
  const std::string other = long_key + "y";
  const ByteTrie trie = ByteTrie::build({{long_key, 1}, {other, 2}});
  EXPECT_EQ(trie.view().find(long_key), 1u);
  EXPECT_EQ(trie.view().find(other), 2u);
}

TEST(ByteTrie, AnswersLikeAMap) {
  Random random(test::property_seed());
  for (int round = 0; round < 1500; ++round) {
    const size_t alphabet = size_t{1} << (1 + below(random, 8));
    const size_t max_length = 1 + below(random, 12);
    Keys keys;
    for (size_t n = below(random, round % 10 == 0 ? 2000 : 60); n > 0; --n) {
      keys[random_key(random, alphabet, max_length)] = static_cast<uint32_t>(random()) >> 1;
    }
    const ByteTrie trie = ByteTrie::build(entries_of(keys));
    ASSERT_TRUE(ByteTrieView::is_valid(trie.view().nodes()));
    Keys found;
    std::string text;
    collect(trie.view(), ByteTrieView::kRoot, text, found);
    ASSERT_EQ(found, keys) << "seed " << test::property_seed() << " round " << round;
    for (int query = 0; query < 60; ++query) {
      expect_like_map(trie.view(), keys, random_key(random, alphabet, max_length + 3));
      if (HasFatalFailure()) FAIL() << "seed " << test::property_seed() << " round " << round;
    }
  }
}

TEST(ByteTrie, OrderOfEntriesDoesNotMatter) {
  Random random(test::property_seed());
  std::vector<std::string> texts;
  for (int i = 0; i < 20000; ++i) texts.push_back(random_key(random, 16, 14));
  std::vector<ByteTrieEntry> entries;
  for (uint32_t i = 0; i < texts.size(); ++i) entries.push_back({texts[i], i});
  const ByteTrie sorted = ByteTrie::build(entries);
  std::shuffle(entries.begin(), entries.end(), random);
  const ByteTrie shuffled = ByteTrie::build(entries);
  for (const std::string& text : texts) {
    ASSERT_EQ(sorted.view().find(text), shuffled.view().find(text));
  }
}

TEST(ByteTrie, BorrowsItsOwnNodesAndRefusesDamagedOnes) {
  const ByteTrie trie = ByteTrie::build({{"he", 1}, {"hers", 2}, {"she", 3}});
  std::vector<ByteTrieNode> nodes(trie.view().nodes().begin(), trie.view().nodes().end());
  EXPECT_EQ(ByteTrie::borrow(nodes).view().find("hers"), 2u);
  EXPECT_THROW(ByteTrie::borrow({}), Error);
  EXPECT_THROW(ByteTrie::borrow(std::span(nodes).first(255)), Error);
  Random random(test::property_seed());
  for (int round = 0; round < 20000; ++round) {
    std::vector<ByteTrieNode> damaged = nodes;
    for (size_t n = 1 + below(random, 4); n > 0; --n) {
      damaged[below(random, damaged.size())].link ^= uint32_t{1} << below(random, 32);
    }
    if (!ByteTrieView::is_valid(damaged)) continue;
    // Whatever it finds, it must stay inside: the sanitizer builds watch this.
    const ByteTrieView view(damaged);
    for (int query = 0; query < 4; ++query) {
      const std::string text = test::random_bytes(random, 30);
      size_t length = 0;
      view.longest_prefix(text, length);
      ASSERT_LE(length, text.size());
    }
  }
}

}  // namespace
}  // namespace tokrail
