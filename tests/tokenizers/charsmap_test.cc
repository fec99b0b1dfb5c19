#include "tokenizers/normalization/charsmap.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"

namespace tokrail {
namespace {

std::string small_blob() {
  return test::read_bytes(test::source_path("tests/golden/normalizer_charsmap.bin"));
}

// The rules the blob was made of, see generate_normalizer_cases.mjs.
const std::map<std::string, std::string> kRules = {
    {"e\u0301", "\u00E9"},
    {"\uFB01", "fi"},
    {"\u2460", "1"},
    {"\u00AD", ""},
    {"\uFF21", "A"},
    {"\u2026", "..."},
    {"ab", "AB"},
    {"\u3000", " "},
    {"\u0627\u0653", "\u0622"},
    {"\u00E9", "\u00E9\u00E9"},
};

std::map<std::string, std::string> all_rules(const Charsmap& map) {
  std::map<std::string, std::string> rules;
  EXPECT_TRUE(map.for_each_rule([](std::string_view) { return true; },
                                [&](std::string_view key, std::string_view replacement) {
                                  rules.emplace(key, replacement);
                                  return true;
                                }));
  return rules;
}

TEST(Charsmap, ListsItsRules) {
  const Charsmap map = Charsmap::parse(small_blob());
  EXPECT_EQ(all_rules(map), kRules);
  int visits = 0;
  const auto all = [](std::string_view) { return true; };
  EXPECT_FALSE(
      map.for_each_rule(all, [&](std::string_view, std::string_view) { return ++visits < 3; }));
  EXPECT_EQ(visits, 3);
}

TEST(Charsmap, FindsPrefixes) {
  const Charsmap map = Charsmap::parse(small_blob());
  const auto rule = map.longest_prefix("e\u0301x");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->length, 3u);
  EXPECT_EQ(rule->replacement, "\u00E9");
  EXPECT_FALSE(map.longest_prefix("ex"));
  EXPECT_FALSE(map.longest_prefix(""));
  EXPECT_FALSE(map.longest_prefix("e"));
  EXPECT_FALSE(map.longest_prefix(std::string_view("a\0b", 3)));
  EXPECT_EQ(map.shortest_prefix("abab")->length, 2u);
  EXPECT_EQ(map.longest_prefix("\u00AD")->replacement, "");
  const Charsmap copy = map;  // NOLINT: copies share
  EXPECT_EQ(copy.longest_prefix("ab")->replacement, "AB");
}

TEST(Charsmap, LongestPrefixIsThatOfTheRules) {
  const Charsmap map = Charsmap::parse(small_blob());
  EXPECT_TRUE(test::check_texts(
      "longest prefix", 2000,
      [&](const std::string& text) {
        size_t best = 0;
        for (const auto& [key, replacement] : kRules) {
          if (text.starts_with(key)) best = std::max(best, key.size());
        }
        const auto rule = map.longest_prefix(text);
        return rule ? rule->length == best : best == 0;
      },
      [](test::Random& random, size_t n) {
        std::string text;
        const char* const parts[] = {"e",      "\u0301", "a",    "b", "\u0627",
                                     "\u0653", "\uFB01", "\xC2", "x"};
        while (text.size() < n % 9) text += parts[test::below(random, std::size(parts))];
        return text;
      }));
}

TEST(Charsmap, WithoutRules) {
  const Charsmap none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.longest_prefix("a"));
  EXPECT_TRUE(Charsmap::parse("").empty());
}

TEST(Charsmap, CutBlobsThrowOrStayHarmless) {
  const std::string blob = small_blob();
  for (size_t length = 1; length < blob.size(); ++length) {
    try {
      const Charsmap map = Charsmap::parse(std::string_view(blob).substr(0, length));
      for (const auto& [key, replacement] : kRules) map.longest_prefix(key);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    }
  }
  EXPECT_THROW(Charsmap::parse("abc"), Error);
  EXPECT_THROW(Charsmap::parse("\xFF\xFF\xFF\xFF"
                               "abcd"),
               Error);
  EXPECT_THROW(Charsmap::parse(std::string_view("\3\0\0\0abcd", 8)), Error);
}

TEST(Charsmap, DamagedUnitsStayHarmless) {
  const std::string blob = small_blob();
  test::Random random(test::property_seed());
  for (int round = 0; round < 2000; ++round) {
    std::string damaged = blob;
    for (size_t i = 0; i <= static_cast<size_t>(round) % 40; ++i) {
      damaged[4 + test::below(random, damaged.size() - 4)] =
          static_cast<char>(test::below(random, 256));
    }
    const Charsmap map = Charsmap::parse(damaged);
    for (int k = 0; k < 20; ++k) {
      const std::string text = test::random_text(random, 20);
      const auto longest = map.longest_prefix(text);
      const auto shortest = map.shortest_prefix(text);
      ASSERT_EQ(longest.has_value(), shortest.has_value());
      if (longest) {
        ASSERT_LE(longest->length, text.size());
        ASSERT_LE(shortest->length, longest->length);
      }
    }
    const auto all = [](std::string_view) { return true; };
    map.for_each_rule(all, [](std::string_view, std::string_view) { return true; });
    map.for_each_prefix_that_ends_in('a', all);
  }
}

TEST(Charsmap, ReadsTheBlobOfARealModel) {
  // Every rule that for_each lists is found again, in both ways of looking.
  TOKRAIL_REQUIRE_SHARED_DATA(path, "tokenizers/vocab/xlnet_base_cased.model");
  const std::string file = test::read_bytes(path);
  // normalizer_spec.name, then precompiled_charsmap: field 2, a varint length, the blob.
  const size_t name = file.find("nmt_nfkc");
  ASSERT_NE(name, std::string::npos);
  size_t at = name + std::string_view("nmt_nfkc").size();
  ASSERT_EQ(file[at++], '\x12');
  size_t length = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(file[at++]);
    length |= static_cast<size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  const Charsmap map = Charsmap::parse(std::string_view(file).substr(at, length));
  const auto rules = all_rules(map);
  EXPECT_GT(rules.size(), 5000u);
  for (const auto& [key, replacement] : rules) {
    const auto rule = map.longest_prefix(key);
    ASSERT_TRUE(rule) << test::escaped(key);
    EXPECT_EQ(rule->length, key.size());
    EXPECT_EQ(rule->replacement, replacement);
  }
}

}  // namespace
}  // namespace tokrail
