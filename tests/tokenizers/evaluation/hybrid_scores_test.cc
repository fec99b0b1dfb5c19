#include "tokenizers/evaluation/hybrid_scores.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/property.h"
#include "tests/tokenizers/evaluation/piece_tokenizer.h"
#include "tests/tokenizers/hybrid_specs.h"
#include "tests/tokenizers/morphology/toy_language.h"
#include "tokenizers/evaluation/text_scores.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail {

namespace {

// kitap, el and gel as stems; PL+LOC as a chain; "xyz" and "lık" as pieces.
Tokenizer small_hybrid() {
  const auto language = test::compile_pack(test::kToyTurkish);
  HybridParts parts;
  parts.language = language;
  parts.costs = MorphCosts::flat(*language);
  for (FormId form = 0; form < language->form_count(); ++form) {
    const std::string_view text = language->form(form).text;
    if (text == "kitap" || text == "el" || text == "gel") {
      parts.stems.push_back({form, StemCase::kLower});
    }
  }
  parts.chains = {{language->suffix("PL"), language->suffix("LOC")}};
  parts.pieces = {"xyz", " xyz", "lık"};
  HybridTrainerOptions options;
  options.vocab_size = 0;
  options.special_tokens = {"<|endoftext|>"};
  return Tokenizer::from_spec(build_hybrid_spec(std::move(parts), options));
}

TEST(HybridScores, KindsAreRangesOfIds) {
  HybridSpec spec;
  spec.specials = {0, 1};
  spec.bytes = {1, 257};
  spec.marks = {257, 260};
  spec.suffixes = {260, 270};
  spec.chains = {270, 270};
  spec.numerals = {270, 280};
  spec.stems = {280, 290};
  spec.pieces = {290, 300};
  EXPECT_EQ(hybrid_kind(spec, 0), HybridKind::kSpecial);
  EXPECT_EQ(hybrid_kind(spec, 256), HybridKind::kByte);
  EXPECT_EQ(hybrid_kind(spec, 269), HybridKind::kSuffix);
  EXPECT_EQ(hybrid_kind(spec, 270), HybridKind::kNumeral);
  EXPECT_EQ(hybrid_kind(spec, 289), HybridKind::kStem);
  EXPECT_EQ(hybrid_kind(spec, 299), HybridKind::kPiece);
  EXPECT_EQ(hybrid_kind_name(HybridKind::kChain), "chain");
}

TEST(HybridScores, OtherTokenizersHaveNone) {
  const Tokenizer tokenizer = test::piece_tokenizer({"ab"});
  const std::vector<std::string_view> lines = {"ab"};
  const std::vector<GoldWord> gold = {{"evler", {"ev", "ler"}, 1}};
  EXPECT_EQ(score_hybrid_text(tokenizer, lines).tokens(), 0u);
  EXPECT_EQ(score_hybrid_morphs(tokenizer, gold).suffix_morphs, 0u);
}

TEST(HybridScores, WordsThatNeedPiecesOrBytes) {
  const Tokenizer tokenizer = small_hybrid();
  // kitapta: stem and suffix. xyz: a piece. kitap,: the comma is no letter. q: a byte. 12: no word.
  const std::vector<std::string_view> lines = {"kitapta xyz kitap, q 12", "elde"};
  const HybridTextScores scores = score_hybrid_text(tokenizer, lines);
  EXPECT_EQ(scores.letter_words, 5u);
  EXPECT_EQ(scores.fallback_words, 2u);
  EXPECT_EQ(scores.literal_words, 1u);
  EXPECT_EQ(scores.count(HybridKind::kStem), 3u);
  EXPECT_EQ(scores.count(HybridKind::kSuffix), 2u);
  EXPECT_EQ(scores.count(HybridKind::kChain), 0u);
  EXPECT_EQ(scores.tokens(), tokenizer.encode(lines[0]).size() + tokenizer.encode(lines[1]).size());
}

TEST(HybridScores, SuffixMorphsWithSharedIds) {
  const Tokenizer tokenizer = small_hybrid();
  const auto shared = [&](const char* word, const std::vector<std::string>& morphs) {
    const std::vector<GoldWord> gold = {{word, morphs, 1}};
    return score_hybrid_morphs(tokenizer, gold);
  };
  EXPECT_EQ(shared("kitapta", {"kitap", "ta"}).shared, 1u);
  // The stem's end changes: what is held back belongs to the stem.
  EXPECT_EQ(shared("kitabım", {"kitab", "ım"}).shared, 1u);
  // A chain of two suffixes is two morphs, if its ends are borders.
  EXPECT_EQ(shared("kitaplarda", {"kitap", "lar", "da"}).shared, 2u);
  EXPECT_EQ(shared("kitaplarda", {"kitap", "larda"}).shared, 0u);
  EXPECT_EQ(shared("kitaplarda", {"kitap", "larda"}).covered, 1u);
  EXPECT_EQ(shared("kitaplarda", {"kita", "plar", "da"}).shared, 0u);
  // A derivation that the language does not know.
  EXPECT_EQ(shared("kitaplık", {"kitap", "lık"}).suffix_morphs, 1u);
  EXPECT_EQ(shared("kitaplık", {"kitap", "lık"}).covered, 0u);
  EXPECT_EQ(shared("kitap", {"kitap"}).suffix_morphs, 0u);
}

TEST(HybridScores, CutsAreWhereMorphsMeet) {
  const Tokenizer tokenizer = small_hybrid();
  EXPECT_EQ(predicted_cuts(tokenizer, "kitabım"), (std::vector<uint32_t>{5}));
  EXPECT_EQ(predicted_cuts(tokenizer, "elde"), (std::vector<uint32_t>{2}));
  EXPECT_EQ(predicted_cuts(tokenizer, "kitaplarda"), (std::vector<uint32_t>{5}));  // one chain
}

// Whatever the text, every token is of one kind and words are parts of words.
TEST(HybridScores, CountsAddUp) {
  const Tokenizer tokenizer = small_hybrid();
  test::check_texts("hybrid scores", 300, [&](const std::string& text) {
    const std::vector<std::string_view> lines = {text};
    const HybridTextScores scores = score_hybrid_text(tokenizer, lines);
    const TextScores whole = score_text(tokenizer, lines);
    return scores.tokens() == whole.tokens && scores.letter_words <= whole.words &&
           scores.literal_words <= scores.fallback_words &&
           scores.fallback_words <= scores.letter_words && whole.lines_returned == 1;
  });
}

}  // namespace

}  // namespace tokrail
