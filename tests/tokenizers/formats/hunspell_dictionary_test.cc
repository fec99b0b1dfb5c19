#include "tokenizers/formats/hunspell_dictionary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "tests/support/property.h"
#include "tests/tokenizers/formats/expect_error.h"

namespace tokrail {
namespace {

using test::expect_error;

class HunspellDictionary : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path dic() const { return folder_ / "xx.dic"; }
  std::vector<LexiconEntry> read(std::string_view affixes, std::string_view words) const {
    std::ofstream(folder_ / "xx.aff", std::ios::binary) << affixes;
    std::ofstream(dic(), std::ios::binary) << words;
    return read_hunspell_dictionary(dic());
  }
  void refuses(ErrorCode code, std::string_view affixes, std::string_view words,
               std::string_view message) const {
    expect_error(code, message, [&] { (void)read(affixes, words); });
  }

  std::filesystem::path folder_;
};

bool has(const LexiconEntry& entry, std::string_view code) {
  return std::find(entry.codes.begin(), entry.codes.end(), code) != entry.codes.end();
}

TEST_F(HunspellDictionary, AliasesFieldsAndFlags) {
  const auto entries = read(
      "# \xE1 comment in another encoding\nSET UTF-8\nAF 2\nAF Vn\xC3\x93 # 1\nAF UQ\n"
      "AM 2\nAM po:noun ts:NOM\nAM st:kéz po:noun\n",
      "3\nkéz/1\t1\nkezek/2\t2\nBudapest\tpo:noun_prs\n");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].text, "kéz");
  EXPECT_FALSE(entries[0].capital);
  EXPECT_EQ(entries[0].codes,
            (std::vector<std::string>{"word:kéz", "po:noun", "po:*", "ts:NOM", "ts:*", "flag:V",
                                      "flag:n", "flag:<C3>", "flag:<93>", "flags:Vn<C3><93>",
                                      "letters:3", "ends:z", "ends:éz"}));
  EXPECT_EQ(entries[0].place.line, 2u);
  EXPECT_TRUE(has(entries[1], "st:*"));
  EXPECT_TRUE(has(entries[1], "flags:UQ"));
  EXPECT_EQ(entries[2].text, "budapest");
  EXPECT_TRUE(entries[2].capital);
  EXPECT_TRUE(has(entries[2], "po:noun_prs"));
}

TEST_F(HunspellDictionary, KindsOfFlags) {
  EXPECT_TRUE(has(read("SET UTF-8\nFLAG UTF-8\n", "1\nház/áé\n")[0], "flag:é"));
  EXPECT_TRUE(has(read("SET UTF-8\nFLAG long\n", "1\nház/AaBb\n")[0], "flag:Bb"));
  const LexiconEntry entry = read("SET UTF-8\nFLAG num\n", "1\nház/7,65535 po:noun\n")[0];
  EXPECT_TRUE(has(entry, "flag:7"));
  EXPECT_TRUE(has(entry, "flag:65535"));
  EXPECT_TRUE(has(entry, "flags:7,65535"));
  EXPECT_TRUE(has(entry, "po:noun"));
}

TEST_F(HunspellDictionary, WordsAreCutAsHunspellCutsThem) {
  const auto entries = read("SET UTF-8\n",
                            "\xEF\xBB\xBF"
                            "5\r\n"
                            "km\\/h/A po:noun\r\n"
                            "üzem közben\r\n"
                            "/path\r\n"
                            "\r\n"
                            "két szó\tpo:noun a note\r\n");
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].text, "km/h");
  EXPECT_TRUE(has(entries[0], "flag:A"));
  EXPECT_EQ(entries[1].text, "üzem közben");
  EXPECT_TRUE(has(entries[1], "no-fields"));
  EXPECT_EQ(entries[2].text, "/path");
  EXPECT_EQ(entries[3].text, "két szó");
  EXPECT_TRUE(has(entries[3], "po:noun"));
}

TEST_F(HunspellDictionary, OtherEncodings) {
  EXPECT_EQ(read("SET ISO8859-2\n", "1\nerd\xF5/A\n")[0].text, "erdő");
  EXPECT_EQ(read("SET microsoft-cp1251\n", "1\n\xE4\xE0\n")[0].text, "да");
  EXPECT_EQ(read("", "1\ncaf\xE9\n")[0].text, "café");
}

TEST_F(HunspellDictionary, WhatTheLettersSay) {
  const auto entries = read(
      "SET UTF-8\n",
      "8\nszabad po:adj\nszabadság\nkönyv po:noun st:könyv\ntár po:noun\nkönyvtár\nszabadkönyv\n"
      "könyve\tpo:noun st:könyv\nkönyvek\n");
  EXPECT_TRUE(has(entries[1], "rest:ság"));
  EXPECT_TRUE(has(entries[1], "ends:dság"));
  EXPECT_FALSE(has(entries[1], "parts:2"));
  EXPECT_TRUE(has(entries[4], "rest:tár"));
  EXPECT_TRUE(has(entries[4], "rest:v+tár"));
  EXPECT_TRUE(has(entries[4], "head:könyv"));
  EXPECT_TRUE(has(entries[4], "parts:3"));
  EXPECT_FALSE(has(entries[4], "parts:4"));
  EXPECT_TRUE(has(entries[5], "parts:5"));
  EXPECT_TRUE(has(entries[6], "rest:e"));
  EXPECT_TRUE(has(entries[7], "rest:ek"));
  EXPECT_FALSE(has(entries[7], "rest:k"));  // könyve is a form
  const auto cases = read("SET UTF-8\n", "3\nENSZ\nPhD\niPod\n");
  EXPECT_TRUE(has(cases[0], "case:upper"));
  EXPECT_FALSE(cases[0].capital);
  EXPECT_TRUE(has(cases[1], "case:mixed"));
  EXPECT_TRUE(has(cases[2], "case:mixed"));
}

TEST_F(HunspellDictionary, RefusesWhatItIsNot) {
  const ErrorCode bad = ErrorCode::kInvalidFile;
  refuses(bad, "SET UTF-8\n", "", "xx.dic:0");
  refuses(bad, "SET UTF-8\n", "ház/1\n", "xx.dic:1: expected the number of entries");
  refuses(bad, "SET UTF-8\n", "99999999999999999999\nház\n", "xx.dic:1");
  refuses(bad, "SET UTF-8\n", "1000000\nház\n", "expected about 1000000 entries");
  refuses(bad, "SET UTF-8\n", "1\nh\xE1z\n", "xx.dic:2: expected text in UTF-8");
  refuses(bad, "SET UTF-8\nFLAG UTF-8\n", "1\nház/\xE1\n", "xx.dic:2: expected flags in UTF-8");
  refuses(bad, "SET UTF-8\nFLAG long\n", "1\nház/ABC\n", "xx.dic:2: expected flags of two");
  refuses(bad, "SET UTF-8\nFLAG num\n", "1\nház/1,x\n", "xx.dic:2: expected flags from 1");
  refuses(bad, "SET UTF-8\nFLAG num\n", "1\nház/1,\n", "xx.dic:2: expected flags from 1");
  refuses(bad, "SET UTF-8\nAF 1\nAF A\n", "1\nház/2\n", "xx.dic:2: expected the number of an AF");
  refuses(bad, "SET UTF-8\nAM 1\nAM po:x\n", "1\nház\t0\n",
          "xx.dic:2: expected the number of an AM");
  refuses(bad, "SET UTF-8\nAF 3\nAF A\n", "1\nház/1\n", "xx.aff:2: expected 3 AF lines, found 1");
  refuses(bad, "SET UTF-8\nAF 1\nAF A\nAF B\n", "1\nház\n", "xx.aff:4: expected 1 AF lines");
  refuses(bad, "SET UTF-8\nAF 4000000000\n", "1\nház\n", "xx.aff:2");
  refuses(bad, "SET UTF-8\nAM 1\nAM \xE1\n", "1\nház\n", "xx.aff:3: expected text in UTF-8");
  refuses(ErrorCode::kUnsupported, "SET klingon-7\n", "1\nház\n", "xx.aff:1");
  refuses(ErrorCode::kUnsupported, "SET UTF-8\nFLAG short\n", "1\nház\n", "xx.aff:2");
  std::filesystem::remove(folder_ / "xx.aff");
  expect_error(ErrorCode::kNotFound, "xx.aff", [&] { (void)read_hunspell_dictionary(dic()); });
  std::filesystem::remove(dic());
  expect_error(ErrorCode::kNotFound, "xx.dic", [&] { (void)read_hunspell_dictionary(dic()); });
}

// Whatever the bytes, there are entries or an Error.
TEST_F(HunspellDictionary, AnyBytes) {
  test::check_texts("any bytes", 300, [&](const std::string& text) {
    for (const std::string_view affixes : {"SET UTF-8\n", "SET ISO8859-2\nFLAG num\n"}) {
      try {
        for (const LexiconEntry& entry : read(affixes, "1\n" + text)) {
          if (entry.text.empty() || entry.place.line < 2) return false;
        }
        (void)read(std::string(affixes) + text, "1\nx/1\n");
      } catch (const Error& error) {
        if (error.where().empty()) return false;
      }
    }
    return true;
  });
}

}  // namespace
}  // namespace tokrail
