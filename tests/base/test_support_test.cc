// The tools of the tests themselves: a property test that cannot fail would prove nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"

namespace tokrail::test {
namespace {

TEST(Property, ShrinkFindsTheSmallestFailure) {
  Random random(1);
  const std::string big = random_text(random, 500) + "XY" + random_text(random, 500);
  const auto holds = [](const std::string& text) { return text.find("XY") == std::string::npos; };
  EXPECT_EQ(shrink<std::string>(big, holds), "XY");
  const std::vector<int> numbers = {1, 5, 9, 3, 9, 2};
  EXPECT_EQ(shrink<std::vector<int>>(numbers,
                                     [](const std::vector<int>& list) {
                                       return std::count(list.begin(), list.end(), 9) < 2;
                                     }),
            (std::vector<int>{9, 9}));
  EXPECT_EQ(shrink<std::string>("abc", [](const std::string&) { return false; }), "");
}

TEST(Property, GeneratorsRepeatAndCoverWhatTheyPromise) {
  Random first(7);
  Random second(7);
  bool has_invalid = false;
  bool has_four_bytes = false;
  bool has_special = false;
  bool has_nul = false;
  for (int i = 0; i < 500; ++i) {
    const std::string text = random_text(first, 200);
    ASSERT_EQ(text, random_text(second, 200));
    has_invalid = has_invalid || !valid_utf8(text);
    has_four_bytes = has_four_bytes || utf16_length(text) > count_code_points(text);
    has_special = has_special || text.find("<|endoftext|>") != std::string::npos;
    has_nul = has_nul || text.find('\0') != std::string::npos;
    ASSERT_TRUE(valid_utf8(random_utf8(first, 100)));
    ASSERT_EQ(random_bytes(first, 33).size(), 33u);
    random_utf8(second, 100);
    random_bytes(second, 33);
  }
  EXPECT_TRUE(has_invalid && has_four_bytes && has_special && has_nul);
}

TEST(Property, EscapedIsPrintable) {
  EXPECT_EQ(escaped("a\"\\\n\xFF"), "\"a\\x22\\x5c\\x0a\\xff\"");
  EXPECT_LT(escaped(std::string(100000, 'x')).size(), 2000u);
}

TEST(JsonLines, ReadsMembersAndNamesBadLines) {
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / "tokrail_json_lines_test.jsonl";
  std::ofstream(path) << "{\"i\":1,\"ids\":[1,2,3],\"text\":\"a\\u0000b\",\"offsets\":[[0,1]]}\n\n"
                      << "{\"i\":2}\r\n";
  const auto objects = read_json_lines(path);
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(integer_member(objects[1], "i"), 2);
  EXPECT_EQ(ids_member(objects[0], "ids"), (std::vector<uint32_t>{1, 2, 3}));
  EXPECT_EQ(string_member(objects[0], "text"), std::string("a\0b", 3));
  EXPECT_EQ(offsets_member(objects[0], "offsets").at(0).second, 1u);
  EXPECT_THROW(ids_member(objects[1], "ids"), std::runtime_error);
  EXPECT_THROW(string_member(objects[0], "i"), std::runtime_error);
  std::ofstream(path) << "{}\n[1]\n";
  try {
    read_json_lines(path);
    FAIL() << "nothing thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find(":2:"), std::string::npos) << error.what();
  }
  std::filesystem::remove(path);
  EXPECT_THROW(read_json_lines(path), std::runtime_error);
}

TEST(SharedData, IsFoundOrSkipped) {
  EXPECT_TRUE(std::filesystem::exists(source_path("base/utf8.h")));
  EXPECT_EQ(find_shared_data("no/such/file"), std::nullopt);
  TOKRAIL_REQUIRE_SHARED_DATA(cases, "tokenizers/cases/cases.jsonl");
  const auto objects = read_json_lines(cases);
  EXPECT_EQ(objects.size(), 462u);
  EXPECT_FALSE(string_member(objects.at(1), "text").empty());
}

}  // namespace
}  // namespace tokrail::test
