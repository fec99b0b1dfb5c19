#include "tokenizers/added_tokens.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/error.h"
#include "tests/oracle/added_token_oracle.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

AddedToken token(TokenId id, std::string content, bool special = true) {
  AddedToken result;
  result.id = id;
  result.content = std::move(content);
  result.special = special;
  result.normalized = false;
  return result;
}

using Matches = std::vector<AddedTokenMatch>;

std::string show(const Matches& matches) {
  std::string out;
  for (const AddedTokenMatch& match : matches) {
    out += std::to_string(match.begin) + "-" + std::to_string(match.end) + ":" +
           std::to_string(match.id) + " ";
  }
  return out;
}

TEST(AddedTokens, LeftmostLongest) {
  const std::vector<AddedToken> tokens = {token(1, "<s>"), token(2, "<s>x"), token(3, "s>x")};
  const AddedTokenMatcher matcher(tokens, AddedTokenMatcher::Stage::kRaw);
  EXPECT_EQ(matcher.find_all("a<s>x<s>y", SpecialText::allow_all()),
            (Matches{{1, 5, 2}, {5, 8, 1}}));
  EXPECT_EQ(matcher.find_all("", SpecialText::allow_all()), Matches{});
  EXPECT_EQ(matcher.split("<s>", SpecialText::allow_all()),
            (std::vector<AddedTokenSegment>{{0, 3, 1}}));
  EXPECT_EQ(matcher.split("ab<s>", SpecialText::allow_all()),
            (std::vector<AddedTokenSegment>{{0, 2, std::nullopt}, {2, 5, 1}}));
}

TEST(AddedTokens, AMatchInsideAFailedLongerOneIsFound) {
  const std::vector<AddedToken> tokens = {token(1, "abcd"), token(2, "bc"), token(3, "c")};
  const AddedTokenMatcher matcher(tokens, AddedTokenMatcher::Stage::kRaw);
  EXPECT_EQ(matcher.find_all("abcx", SpecialText::allow_all()), (Matches{{1, 3, 2}}));
}

TEST(AddedTokens, Stages) {
  std::vector<AddedToken> tokens = {token(1, "<s>"), token(2, "Day", false)};
  tokens[1].normalized = true;
  const AddedTokenMatcher raw(tokens, AddedTokenMatcher::Stage::kRaw);
  const AddedTokenMatcher normalized(tokens, AddedTokenMatcher::Stage::kNormalized,
                                     [](std::string_view) { return std::string("day"); });
  EXPECT_EQ(raw.find_all("Day day<s>", SpecialText::allow_all()), (Matches{{7, 10, 1}}));
  EXPECT_EQ(normalized.find_all("Day day<s>", SpecialText::allow_all()), (Matches{{4, 7, 2}}));
}

TEST(AddedTokens, StripsAndSingleWords) {
  std::vector<AddedToken> tokens = {token(1, "<l>"), token(2, "<r>"), token(3, "word")};
  tokens[0].lstrip = true;
  tokens[1].rstrip = true;
  tokens[2].single_word = true;
  const AddedTokenMatcher matcher(tokens, AddedTokenMatcher::Stage::kRaw);
  const SpecialText all = SpecialText::allow_all();
  EXPECT_EQ(matcher.find_all("a \xC2\xA0\n<l> b", all), (Matches{{1, 8, 1}}));
  EXPECT_EQ(matcher.find_all("a <r> \xE3\x80\x80 b", all), (Matches{{2, 10, 2}}));
  // What the right strip took is not taken again by the left strip.
  EXPECT_EQ(matcher.find_all("<r>  <l>", all), (Matches{{0, 5, 2}, {5, 8, 1}}));
  EXPECT_EQ(matcher.find_all("word, sword, \xC3\xA9word words word", all),
            (Matches{{0, 4, 3}, {26, 30, 3}}));
}

TEST(AddedTokens, SwallowedTokensComeAgain) {
  std::vector<AddedToken> tokens = {token(1, "<r>"), token(2, "  ", false)};
  tokens[0].rstrip = true;
  const AddedTokenMatcher matcher(tokens, AddedTokenMatcher::Stage::kRaw);
  EXPECT_EQ(matcher.find_all("<r>   x", SpecialText::allow_all()), (Matches{{0, 6, 1}, {3, 5, 2}}));
}

TEST(AddedTokens, Policies) {
  const std::vector<AddedToken> tokens = {token(1, "<a>"), token(2, "<b>"),
                                          token(3, "<user>", false)};
  const AddedTokenMatcher matcher(tokens, AddedTokenMatcher::Stage::kAll);
  const std::string text = "<user><a><b>";
  EXPECT_EQ(matcher.find_all(text, SpecialText::allow_all()).size(), 3U);
  EXPECT_EQ(matcher.find_all(text, SpecialText::as_text()), (Matches{{0, 6, 3}}));
  EXPECT_EQ(matcher.find_all(text, SpecialText::allow_some({2})), (Matches{{0, 6, 3}, {9, 12, 2}}));
  EXPECT_EQ(matcher.find_all("<user>", SpecialText::forbid()).size(), 1U);
  try {
    matcher.find_all(text, SpecialText::forbid());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTextRefused);
    EXPECT_EQ(error.where(), "byte 6");
  }
  EXPECT_THROW(matcher.find_all(text, SpecialText::allow_some({1}, true)), Error);
  EXPECT_EQ(matcher.find_all("<a>", SpecialText::allow_some({1}, true)).size(), 1U);
}

TEST(AddedTokens, SearchGoesOnBehindOrInsideATokenReadAsText) {
  const std::vector<AddedToken> tokens = {token(1, "<<a>"), token(2, "<a>")};
  const AddedTokenMatcher behind(tokens, AddedTokenMatcher::Stage::kRaw);
  const AddedTokenMatcher inside(tokens, AddedTokenMatcher::Stage::kRaw, {},
                                 AddedTokenMatcher::AfterText::kNextByte);
  EXPECT_EQ(behind.find_all("<<a>", SpecialText::allow_some({2})), Matches{});
  EXPECT_EQ(inside.find_all("<<a>", SpecialText::allow_some({2})), (Matches{{1, 4, 2}}));
}

TEST(AddedTokens, WithoutTokens) {
  EXPECT_TRUE(AddedTokenMatcher().empty());
  EXPECT_TRUE(AddedTokenMatcher().find_all("abc", SpecialText::allow_all()).empty());
  const std::vector<AddedToken> nothing = {token(1, "")};
  EXPECT_TRUE(AddedTokenMatcher(nothing, AddedTokenMatcher::Stage::kAll).empty());
}

std::vector<AddedToken> random_tokens(test::Random& random) {
  static const std::vector<std::string> kAtoms = {"<",  "|",  ">", " ",        "  ", "a",
                                                  "ab", "\n", "_", "\xC3\xA9", "[",  "]"};
  std::vector<AddedToken> tokens;
  const size_t count = 1 + test::below(random, 30);
  for (TokenId id = 0; id < count; ++id) {
    std::string content;
    for (size_t n = 1 + test::below(random, 5); n > 0; --n) {
      content += kAtoms[test::below(random, kAtoms.size())];
    }
    AddedToken made = token(id, content, test::below(random, 2) == 0);
    made.lstrip = test::below(random, 4) == 0;
    made.rstrip = test::below(random, 4) == 0;
    made.single_word = test::below(random, 4) == 0;
    tokens.push_back(made);
  }
  return tokens;
}

TEST(AddedTokens, AgreesWithTheOracle) {
  test::Random random(test::property_seed());
  for (int round = 0; round < 300; ++round) {
    const std::vector<AddedToken> tokens = random_tokens(random);
    const AddedTokenMatcher matcher(tokens, AddedTokenMatcher::Stage::kAll);
    for (int i = 0; i < 20; ++i) {
      std::string text;
      for (size_t n = test::below(random, 60); n > 0; --n) {
        text += test::below(random, 3) == 0 ? test::random_text(random, 4)
                                            : tokens[test::below(random, tokens.size())].content;
      }
      for (const bool as_text : {false, true}) {
        const auto policy = as_text ? SpecialText::as_text() : SpecialText::allow_all();
        ASSERT_EQ(show(matcher.find_all(text, policy)),
                  show(test::oracle_added_tokens(tokens, text, as_text)))
            << test::escaped(text) << " seed " << test::property_seed();
      }
    }
  }
}

TEST(AddedTokens, LongRunsTakeLinearTime) {
  std::vector<AddedToken> tokens = {token(1, "\n"), token(2, std::string(200, 'a') + "b"),
                                    token(3, std::string(100, 'a') + "c")};
  tokens[0].rstrip = true;
  const AddedTokenMatcher matcher(tokens, AddedTokenMatcher::Stage::kAll);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(matcher.find_all(std::string(1 << 20, '\n'), SpecialText::allow_all()).size(),
            size_t{1} << 20);
  EXPECT_TRUE(matcher.find_all(std::string(1 << 20, 'a'), SpecialText::allow_all()).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(AddedTokens, AnyBytes) {
  const std::vector<AddedToken> tokens = {token(1, std::string("\0x", 2)), token(2, "\xFF\xFE"),
                                          token(3, "\xE2")};
  const AddedTokenMatcher matcher(tokens, AddedTokenMatcher::Stage::kAll);
  test::check_texts(
      "any bytes", 500,
      [&](const std::string& text) {
        return matcher.find_all(text, SpecialText::allow_all()) ==
               test::oracle_added_tokens(tokens, text, false);
      },
      test::random_bytes);
}

}  // namespace
}  // namespace tokrail
