// The Turkish hybrid tokenizer that ships: what the documentation says of it, and its figures.
//
// Boundaries are those of its readings, which chains do not show; the words of half A were looked
// at when packs and priors were tuned, those of half B were not.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/shared_data.h"
#include "tokenizers/evaluation/hybrid_scores.h"
#include "tokenizers/evaluation/segmentation_scores.h"
#include "tokenizers/evaluation/text_scores.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/hybrid_spec.h"
#include "tokenizers/morphology/morph_text.h"
#include "tokenizers/stream_decoder.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

class TurkishHybrid : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tokenizer_ = std::make_unique<Tokenizer>(
        Tokenizer::load(test::source_path("data/tokenizers/turkish-hybrid-32k.tkz")));
  }
  static void TearDownTestSuite() { tokenizer_.reset(); }

  static const HybridSpec& hybrid() { return *tokenizer_->spec().hybrid; }

  static Analyser analyser() {
    return {hybrid().language, std::make_shared<const MorphCosts>(hybrid().costs)};
  }

  static std::vector<std::string> pieces(std::string_view text) {
    std::vector<std::string> result;
    for (const TokenId id : tokenizer_->encode(text)) {
      result.emplace_back(tokenizer_->vocabulary().piece(id));
    }
    return result;
  }

  static std::unique_ptr<Tokenizer> tokenizer_;
};

std::unique_ptr<Tokenizer> TurkishHybrid::tokenizer_;

using Strings = std::vector<std::string>;

TEST_F(TurkishHybrid, WritesTheExamplesOfTheDocumentation) {
  EXPECT_EQ(pieces("kitabımdakilerden"), Strings({"kitap", "+P1SG", "+LOC+KI", "+PL+ABL"}));
  EXPECT_EQ(pieces("saatler kitaplar"), Strings({"saat", "+PL", "kitap", "+PL"}));
  EXPECT_EQ(pieces("hakkı"), Strings({"hak", "+P3SG"}));
  EXPECT_EQ(pieces("suyu"), Strings({"su", "+P3SG"}));
  EXPECT_EQ(pieces("İSTANBUL'DAKİLER").front(), "<upper>");
  EXPECT_EQ(pieces("1.000'de"), Strings({"1", ".", "000", "+APOS+LOC"}));
  EXPECT_EQ(pieces("3.500'e"), Strings({"3", ".", "500", "+APOS+DAT"}));
  const Analyser reader = analyser();
  const auto cuts = [&](std::string_view word) {
    const std::string lower = hybrid().language->lower(word);
    return segmentation(lower, reader.all(lower, 1).at(0));
  };
  EXPECT_EQ(cuts("kitabımdakilerden"), "kitab|ım|da|ki|ler|den");
  EXPECT_EQ(cuts("İSTANBUL'DAKİLER"), "istanbul|'|da|ki|ler");
  EXPECT_EQ(cuts("1990'larda"), "1990|'|lar|da");
}

TEST_F(TurkishHybrid, ReturnsEveryByte) {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  const std::string texts[] = {
      "",
      " ",
      "  iki  boşluk\t\r\n\n satır ",
      "İSTANBUL'DAKİLER ve Ankara’dakiler, TL'ye 1990'larda %5'i; CNN'de (5'te)",
      "hükûmet hükümet dogru düzgün i\u0307stanbul e\u0301 \u200d\u200d \U0001F468\u200d\U0001F469",
      "the quick brown fox; Größenwahn; 東京都; \u0623\u0644\u0641",
      std::string("a\0b", 3),
      bytes + bytes,
      std::string(100000, 'k'),
  };
  for (const std::string& text : texts) {
    const std::vector<TokenId> ids = tokenizer_->encode(text);
    EXPECT_EQ(tokenizer_->decode_bytes(ids), text);
    StreamDecoder stream(tokenizer_->detokenizer(), {.invalid_utf8 = InvalidUtf8::kKeep});
    std::string streamed;
    for (const TokenId id : ids) streamed += stream.push(id);
    streamed += stream.finish();
    EXPECT_EQ(streamed, text);
  }
}

TEST_F(TurkishHybrid, RefusesToBecomeTokenizerJson) {
  try {
    (void)write_tokenizer_json(tokenizer_->spec());
    FAIL() << "a suffix has no one spelling";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST_F(TurkishHybrid, ReadsHeldOutWordsAsTheGoldDoes) {
  const auto path = test::find_shared_data("morphology/tr/gold_types.tsv");
  if (!path) GTEST_SKIP() << "needs the verification data";
  const Analyser reader = analyser();
  Analyser::Scratch scratch(reader);
  std::vector<Morph> morphs;
  const GoldFile gold = read_gold(*path);
  for (const GoldHalf half : {GoldHalf::kA, GoldHalf::kB}) {
    SegmentationScores scores;
    for (const GoldWord& word : half_of(gold.words, half)) {
      reader.best(hybrid().language->lower(word.word), scratch, morphs);
      std::vector<uint32_t> cuts;
      for (const Morph& morph : morphs) cuts.push_back(morph.end);
      cuts.pop_back();
      scores.add_word(gold_cuts(word), cuts, static_cast<uint32_t>(word.word.size()));
    }
    std::cout << "  half " << (half == GoldHalf::kA ? "A" : "B") << ": boundary F1 "
              << 100 * scores.f1() << ", exact " << 100 * scores.exact_share() << "\n";
    EXPECT_GE(scores.f1(), 0.92);
    EXPECT_GE(scores.exact_share(), 0.88);
  }
}

TEST_F(TurkishHybrid, WritesSentencesShortlyAndWithFewPieces) {
  std::vector<std::string> lines;
  std::vector<GoldWord> words;
  for (const char* name : {"boun", "kenet", "penn"}) {
    const auto path =
        test::find_shared_data("morphology/tr/ud_" + std::string(name) + "-dev.seg.tsv");
    if (!path) GTEST_SKIP() << "needs the verification data";
    GoldFile gold = read_gold(*path);
    for (std::string& line : gold.sentences) lines.push_back(std::move(line));
    for (GoldWord& word : gold.words) words.push_back(std::move(word));
  }
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  const TextScores text = score_text(*tokenizer_, views);
  const HybridTextScores kinds = score_hybrid_text(*tokenizer_, views);
  const HybridMorphScores shared = score_hybrid_morphs(*tokenizer_, words);
  std::cout << "  tokens per word " << text.tokens_per_word() << ", words with pieces "
            << 100 * kinds.fallback_share() << " %, suffix morphs in shared ids "
            << 100 * shared.covered_share() << " %\n";
  EXPECT_EQ(text.lines_returned, text.lines);
  EXPECT_LE(text.tokens_per_word(), 1.80);
  EXPECT_LE(kinds.fallback_share(), 0.05);
  EXPECT_GE(shared.covered_share(), 0.97);
}

}  // namespace
}  // namespace tokrail
