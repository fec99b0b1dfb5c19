#include "tokenizers/evaluation/segmentation_scores.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/oracle/slow_evaluation.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/evaluation/piece_tokenizer.h"
#include "tests/tokenizers/training/temporary_files.h"

namespace tokrail {

namespace {

using Cuts = std::vector<uint32_t>;

GoldWord gold_word(std::string word, std::vector<std::string> morphs, uint64_t count = 1) {
  return {std::move(word), std::move(morphs), count};
}

// The error of reading `text` as a gold file, without the folder.
std::string error_of(const std::string& text) {
  const test::TemporaryFiles files;
  try {
    read_gold(files.write("gold.tsv", text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    const std::string what = error.what();
    return what.substr(what.find("gold.tsv"));
  }
  return "no error";
}

GoldFile read(const std::string& text) {
  const test::TemporaryFiles files;
  return read_gold(files.write("gold.tsv", text));
}

TEST(GoldCuts, AreBytesOfTheWordAsWritten) {
  EXPECT_EQ(gold_cuts(gold_word("kitabım", {"kitab", "ım"})), (Cuts{5}));
  EXPECT_EQ(gold_cuts(gold_word("İllere", {"il", "ler", "e"})), (Cuts{3, 6}));  // İ: two bytes
  EXPECT_EQ(gold_cuts(gold_word("IRMAĞI", {"ırmağ", "ı"})), (Cuts{6}));         // I: one byte
  EXPECT_EQ(gold_cuts(gold_word("INDEX", {"in", "dex"})), (Cuts{2}));           // not Turkish
  EXPECT_EQ(gold_cuts(gold_word("ev", {"ev"})), Cuts{});
}

TEST(GoldCuts, NeedMorphsThatAreTheWord) {
  EXPECT_TRUE(concatenates(gold_word("Evler", {"ev", "ler"})));
  EXPECT_FALSE(concatenates(gold_word("evler", {"ev", "lar"})));
  EXPECT_FALSE(concatenates(gold_word("evler", {"ev"})));
  EXPECT_FALSE(concatenates(gold_word("ev", {"ev", "ler"})));
  EXPECT_FALSE(concatenates(gold_word("ev", {"ev", ""})));
  EXPECT_FALSE(concatenates(gold_word("ev", {})));
  EXPECT_FALSE(concatenates(gold_word("\xFF", {"\xFF"})));
}

TEST(GoldHalf, IsTheLowBitOfTheHashOfTheLoweredWord) {
  // FNV-1a of "a" is AF63DC4C8601EC8C, of "foobar" 85944171F73967E8, of "b" AF63DF4C8601F1A5.
  EXPECT_EQ(half_of(gold_word("A", {"a"})), GoldHalf::kA);
  EXPECT_EQ(half_of(gold_word("foobar", {"foo", "bar"})), GoldHalf::kA);
  EXPECT_EQ(half_of(gold_word("b", {"b"})), GoldHalf::kB);
  const std::vector<GoldWord> words = {gold_word("a", {"a"}), gold_word("b", {"b"})};
  ASSERT_EQ(half_of(words, GoldHalf::kB).size(), 1u);
  EXPECT_EQ(half_of(words, GoldHalf::kB)[0].word, "b");
}

TEST(GoldFile, ReadsTypes) {
  const GoldFile file = read("a\ta\t2\nevlerde\tev ler de\t17\r\n\n");
  EXPECT_TRUE(file.by_type);
  ASSERT_EQ(file.words.size(), 2u);
  EXPECT_EQ(file.words[1].word, "evlerde");
  EXPECT_EQ(file.words[1].morphs, (std::vector<std::string>{"ev", "ler", "de"}));
  EXPECT_EQ(file.words[1].count, 17u);
}

TEST(GoldFile, ReadsTokensOfSentences) {
  const GoldFile file = read(
      "# text = Evlerde var.\nEvlerde\tev ler de\tNOUN\nvar\tvar\tVERB\n.\t_\tPUNCT\n\n"
      "# text = Evler\nEvler\tev ler\tNOUN\n");
  EXPECT_FALSE(file.by_type);
  EXPECT_EQ(file.sentences, (std::vector<std::string>{"Evlerde var.", "Evler"}));
  EXPECT_EQ(file.words.size(), 3u);
  EXPECT_EQ(file.unsegmented, 1u);
}

TEST(GoldFile, ReadsSigmorphonWords) {
  const GoldFile file = read(
      "felezned\tfél @@ez @@ned\t110\nmakrókban\tmakró @@k @@ban\t100\n"
      "hot dogs\thot dog @@s\t100\n@@\t@@\t000\n");
  EXPECT_TRUE(file.by_type);
  ASSERT_EQ(file.words.size(), 4u);
  EXPECT_EQ(file.words[0].morphs, (std::vector<std::string>{"makró", "k", "ban"}));
  EXPECT_EQ(file.words[2].word, "dogs");
  EXPECT_EQ(file.left_out, 1u);
  EXPECT_TRUE(file.sentences.empty());
}

TEST(GoldFile, ReadsSigmorphonSentences) {
  const GoldFile file = read("The cats sleep .\tThe cat @@s sleep .\none two\tone\n");
  EXPECT_FALSE(file.by_type);
  EXPECT_EQ(file.words.size(), 4u);
  EXPECT_EQ(file.left_out, 2u);
  EXPECT_EQ(file.sentences.size(), 2u);
}

TEST(GoldFile, BadLinesAreToldWithTheirPlace) {
  EXPECT_EQ(error_of("a\ta\t2\nev\tev\n"),
            "gold.tsv:2: expected form, morphs and count with tabs between them");
  EXPECT_EQ(error_of("a\ta\t0\n"), "gold.tsv:1: expected a count above 0, got \"0\"");
  EXPECT_EQ(error_of("evler\tev lar\t1\n"),
            "gold.tsv:1: expected morphs that make up \"evler\", got \"ev lar\"");
  EXPECT_EQ(error_of("evler\tev  ler\t1\n"),
            "gold.tsv:1: expected morphs that make up \"evler\", got \"ev  ler\"");
  EXPECT_EQ(error_of("# text = a\na\ta\n"),
            "gold.tsv:2: expected form, morphs or _, and tag with tabs between them");
  EXPECT_EQ(error_of("a b\ta @@b\t1\t2\n"),
            "gold.tsv:1: expected word, morphs and perhaps class with tabs between them");
  EXPECT_EQ(error_of("a\ta\t1\n\xFF\t\xFF\t1\n"), "gold.tsv:2: expected UTF-8");
  EXPECT_EQ(error_of(std::string("\0\0\0", 3)),
            "gold.tsv:1: expected form, morphs and count with tabs between them");
  EXPECT_EQ(error_of(""), "gold.tsv: expected words with their morphs");
  EXPECT_THROW(read_gold("/no/such/file"), Error);
}

TEST(SegmentationScores, CountACutAsRightByItsPlace) {
  // " evler" is " ev" + "ler"; "evde" has no token "de": " ev" + "d" + "e".
  const Tokenizer tokenizer = test::piece_tokenizer({" e", " ev", "le", "ler"});
  EXPECT_EQ(predicted_cuts(tokenizer, "evler"), (Cuts{2}));
  EXPECT_EQ(predicted_cuts(tokenizer, "evde"), (Cuts{2, 3}));
  EXPECT_EQ(predicted_cuts(tokenizer, "ev"), Cuts{});
  const std::vector<GoldWord> gold = {gold_word("evler", {"ev", "ler"}, 5),
                                      gold_word("evde", {"ev", "de"}), gold_word("ev", {"ev"}),
                                      gold_word("xy", {"xy"})};
  const SegmentationScores scores = score_segmentation(tokenizer, gold);
  EXPECT_EQ(scores.words, 4u);
  EXPECT_EQ(scores.exact, 2u);  // evler, ev
  EXPECT_EQ(scores.gold_cuts, 2u);
  EXPECT_EQ(scores.predicted_cuts, 4u);  // one, two, none, one
  EXPECT_EQ(scores.right_cuts, 2u);
  EXPECT_EQ(scores.pieces, 8u);
  EXPECT_EQ(scores.pure_pieces, 4u);  // ev, ler; ev; ev
  EXPECT_EQ(scores.morphscore_words, 2u);
  EXPECT_EQ(scores.morphscore_right, 2u);
  EXPECT_DOUBLE_EQ(scores.precision(), 0.5);
  EXPECT_DOUBLE_EQ(scores.recall(), 1);
  EXPECT_DOUBLE_EQ(scores.f1(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(score_segmentation(tokenizer, gold, true).exact_share(), 6.0 / 8);
}

TEST(SegmentationScores, ACutInsideACharacterIsAWrongCut) {
  const Tokenizer bytes = test::piece_tokenizer({});
  // "ış" is four bytes: with the space five tokens, three cuts, one of them between the letters.
  EXPECT_EQ(predicted_cuts(bytes, "ış"), (Cuts{1, 2, 3}));
  const std::vector<GoldWord> gold = {gold_word("ış", {"ı", "ş"})};
  const SegmentationScores scores = score_segmentation(bytes, gold);
  EXPECT_EQ(scores.right_cuts, 1u);
  EXPECT_EQ(scores.predicted_cuts, 3u);
  EXPECT_EQ(scores.pure_pieces, 0u);
}

TEST(SegmentationScores, NothingToCountIsZero) {
  const SegmentationScores scores;
  EXPECT_EQ(scores.f1(), 0);
  EXPECT_EQ(scores.precision(), 0);
  EXPECT_EQ(scores.pure_share(), 0);
  EXPECT_EQ(scores.morphscore(), 0);
}

// Random words cut in two random ways, by the fast counters and by sets of ranges.
TEST(SegmentationScores, CountLikeTheOracle) {
  struct Case {
    std::vector<std::string> morphs, pieces;
  };
  const auto parts_of = [](test::Random& random, const std::string& word) {
    std::vector<std::string> parts(1);
    for (size_t i = 0; i < word.size(); ++i) {
      if (i > 0 && test::below(random, 3) == 0) parts.emplace_back();
      parts.back() += word[i];
    }
    return parts;
  };
  test::ValueProperty<Case> property;
  property.generate = [&](test::Random& random) {
    const std::string word(1 + test::below(random, 12), 'a');
    return Case{parts_of(random, word), parts_of(random, word)};
  };
  property.print = [](const Case& value) {
    std::string text;
    for (const std::string& part : value.morphs) text += part + '+';
    text += " against ";
    for (const std::string& part : value.pieces) text += part + '+';
    return text;
  };
  property.holds = [](const Case& value) {
    const auto cuts = [](const std::vector<std::string>& parts) {
      Cuts result;
      uint32_t at = 0;
      for (const std::string& part : parts) {
        if (at > 0) result.push_back(at);
        at += static_cast<uint32_t>(part.size());
      }
      return std::make_pair(result, at);
    };
    const auto [gold, length] = cuts(value.morphs);
    SegmentationScores scores;
    scores.add_word(gold, cuts(value.pieces).first, length, 3);
    test::SlowSegmentation slow;
    test::slow_score_word(value.morphs, value.pieces, slow);
    return scores.words == 3 && scores.exact == 3 * slow.exact &&
           scores.gold_cuts == 3 * slow.gold_cuts &&
           scores.predicted_cuts == 3 * slow.predicted_cuts &&
           scores.right_cuts == 3 * slow.right_cuts && scores.pieces == 3 * slow.pieces &&
           scores.pure_pieces == 3 * slow.pure &&
           scores.morphscore_words == 3 * slow.morphscore_words &&
           scores.morphscore_right == 3 * slow.morphscore_right;
  };
  test::check_values("segmentation scores", 5000, property);
}

// Files that may be anything: words or an error, nothing else.
TEST(GoldFile, NoFileIsAFault) {
  const test::TemporaryFiles files;
  test::check_texts("gold files", 400, [&](const std::string& text) {
    std::string table = text;
    for (size_t i = 0; i < table.size(); i += 7) table[i] = i % 2 == 0 ? '\t' : '\n';
    try {
      for (const GoldWord& word : read_gold(files.write("any", table)).words) {
        if (!concatenates(word)) return false;
      }
    } catch (const Error& error) {
      return error.code() == ErrorCode::kInvalidFile;
    }
    return true;
  });
}

// The figures of the field notes were measured on a larger set of the same making (24,157 types).
TEST(SegmentationScores, AgreeWithFiguresMeasuredElsewhere) {
  TOKRAIL_REQUIRE_SHARED_DATA(gold_path, "morphology/tr/gold_types.tsv");
  TOKRAIL_REQUIRE_SHARED_DATA(o200k_path, "tokenizers/vocab/o200k_base.tiktoken");
  TOKRAIL_REQUIRE_SHARED_DATA(cl100k_path, "tokenizers/vocab/cl100k_base.tiktoken");
  const GoldFile gold = read_gold(gold_path);
  const Tokenizer o200k = Tokenizer::load(o200k_path.string());
  const Tokenizer cl100k = Tokenizer::load(cl100k_path.string());
  const SegmentationScores of_o200k = score_segmentation(o200k, gold.words);
  const SegmentationScores of_cl100k = score_segmentation(cl100k, gold.words);
  EXPECT_NEAR(of_o200k.f1(), 0.340, 0.02);
  EXPECT_NEAR(of_o200k.pure_share(), 0.197, 0.03);
  EXPECT_NEAR(of_o200k.exact_share(), 0.133, 0.03);
  EXPECT_NEAR(of_o200k.morphscore(), 0.484, 0.03);
  EXPECT_NEAR(of_cl100k.f1(), 0.328, 0.02);
  EXPECT_NEAR(of_cl100k.recall(), 0.466, 0.02);
  EXPECT_NEAR(of_cl100k.pure_share(), 0.132, 0.03);
}

TEST(GoldFile, ReadsAllFilesOfTheVerificationData) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "morphology");
  EXPECT_EQ(read_gold(folder / "tr/gold_types.tsv").words.size(), 12765u);
  const GoldFile boun = read_gold(folder / "tr/ud_boun-dev.seg.tsv");
  EXPECT_EQ(boun.words.size(), 8978u);
  EXPECT_EQ(boun.unsegmented, 12023u - 8978u);
  EXPECT_EQ(boun.sentences.size(), 979u);
  const GoldFile hungarian = read_gold(folder / "sigmorphon2022/hun.word.dev.tsv");
  EXPECT_TRUE(hungarian.by_type);
  EXPECT_NEAR(static_cast<double>(hungarian.words.size()), 59169, 120);
  EXPECT_FALSE(read_gold(folder / "sigmorphon2022/ces.sentence.dev.tsv").by_type);
}

}  // namespace

}  // namespace tokrail
