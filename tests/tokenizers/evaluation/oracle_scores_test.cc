#include "tokenizers/evaluation/oracle_scores.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/evaluation/piece_tokenizer.h"
#include "tests/tokenizers/training/temporary_files.h"
#include "tokenizers/evaluation/segmentation_scores.h"

namespace tokrail {

namespace {

WordList list_of(const std::string& text) {
  const test::TemporaryFiles files;
  return WordList::read(files.write("list.txt", text), Casing::kTurkish);
}

TEST(WordList, IsLoweredAndStripped) {
  const WordList list = list_of("Irmak\r\n\n  ev \nev\n");
  EXPECT_EQ(list.size(), 2u);
  EXPECT_TRUE(list.has("ırmak"));
  EXPECT_TRUE(list.has("ev"));
  EXPECT_FALSE(list.has(""));
}

TEST(WordList, BadFilesAreErrors) {
  EXPECT_THROW(list_of(""), Error);
  EXPECT_THROW(list_of("\n \n"), Error);
  EXPECT_THROW(WordList::read("/no/such/file", Casing::kPlain), Error);
  try {
    list_of("ev\n\xFF\n");
    FAIL() << "not UTF-8";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("list.txt:2: expected UTF-8"), std::string::npos);
  }
}

TEST(OracleScores, CountsByTheRules) {
  const Tokenizer tokenizer = test::piece_tokenizer({" e", " ev", "Ev", "le", "ler", "\xC5\x9F"});
  // "Ev" "ler" | " ev" "ler" | " " "," | " " "1" | " " "ş" | " " C4 B1: half a letter, twice
  const std::vector<std::string_view> lines = {"Evler evler , 1 ş ı"};
  const TokenStrings strings = token_strings(tokenizer, lines, Casing::kTurkish);
  EXPECT_EQ(strings.counts.at("ev"), 2u);
  EXPECT_EQ(strings.counts.at("ler"), 2u);
  EXPECT_EQ(strings.counts.at(","), 1u);
  EXPECT_EQ(strings.counts.count(""), 0u);
  EXPECT_EQ(strings.counts.size(), 7u);  // ev ler , 1 ş and two bytes
  const OracleScores scores = score_against(list_of("ev\nler\n1\n"), strings);
  EXPECT_EQ(scores.different, 7u);
  EXPECT_EQ(scores.different_in_list, 3u);
  // With a letter or broken: ev ev ler ler ş and two bytes.
  EXPECT_EQ(scores.occurrences, 7u);
  EXPECT_EQ(scores.occurrences_in_list, 4u);
  EXPECT_DOUBLE_EQ(scores.different_share(), 3.0 / 7);
  EXPECT_EQ(OracleScores().occurrence_share(), 0);
}

// Measured on a larger text of the same kind (7,793 sentences): uniq grows with less text.
TEST(OracleScores, AgreeWithFiguresMeasuredElsewhere) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "morphology/tr");
  TOKRAIL_REQUIRE_SHARED_DATA(o200k_path, "tokenizers/vocab/o200k_base.tiktoken");
  std::vector<std::string> sentences;
  for (const char* name : {"ud_boun-dev.seg.tsv", "ud_kenet-dev.seg.tsv", "ud_penn-dev.seg.tsv"}) {
    for (std::string& sentence : read_gold(folder / name).sentences) {
      sentences.push_back(std::move(sentence));
    }
  }
  const std::vector<std::string_view> lines(sentences.begin(), sentences.end());
  const Tokenizer o200k = Tokenizer::load(o200k_path.string());
  const TokenStrings strings = token_strings(o200k, lines, Casing::kTurkish);
  const OracleScores tr =
      score_against(WordList::read(folder / "oracle_tr.txt", Casing::kTurkish), strings);
  const OracleScores pure =
      score_against(WordList::read(folder / "oracle_pure.txt", Casing::kTurkish), strings);
  EXPECT_NEAR(tr.occurrence_share(), 0.767, 0.02);
  EXPECT_NEAR(pure.occurrence_share(), 0.710, 0.02);
  EXPECT_NEAR(tr.different_share(), 0.505, 0.04);
  EXPECT_NEAR(pure.different_share(), 0.461, 0.04);
}

}  // namespace

}  // namespace tokrail
