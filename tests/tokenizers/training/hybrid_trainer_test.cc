#include "tokenizers/training/hybrid_trainer.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/property.h"
#include "tests/tokenizers/morphology/language_packs.h"
#include "tokenizers/formats/tkz.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

LanguageSource small_turkish() {
  return parse_language(test::kSmallTurkish, "small.lang");
}

// Sentences of the pack's stems, of names it does not know, of numbers and of other text.
std::string corpus() {
  const char* const words[] = {"kitap",      "kitabım",  "kitaplarda", "Kitapları",  "saatler",
                               "ağzı",       "hakkı",    "Ankara'da",  "TBMM'de",    "gelecek",
                               "arıyor",     "suyu",     "gidecekler", "KİTAPLAR",   "evde",
                               "Pardus",     "Pardusu",  "Pardus'ta",  "Parduslar",  "diskler",
                               "diski",      "diskte",   "disk",       "1990'larda", "12345",
                               "kitaplarım", "saatlere", "vaktim",     "kâr",        "x"};
  test::Random random(61);
  std::string text;
  for (int line = 0; line < 400; ++line) {
    const size_t count = 1 + test::below(random, 9);
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) text += ' ';
      text += words[test::below(random, std::size(words))];
      if (test::below(random, 5) == 0) text += ',';
    }
    text += test::below(random, 3) == 0 ? "!\n" : ".\n";
  }
  return text;
}

HybridTrainerOptions small() {
  HybridTrainerOptions options;
  options.vocab_size = 2000;
  options.chains = 20;
  options.pieces = 100;
  return options;
}

HybridTraining train(const HybridTrainerOptions& options, const std::string& text = corpus()) {
  const std::string_view view = text;
  auto source = texts_in_memory({&view, 1});
  return train_hybrid(*source, small_turkish(), options);
}

ErrorCode code_of(const HybridTrainerOptions& options) {
  try {
    train(options, "kitap");
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode{};
}

std::set<std::string> stems_of(const HybridTraining& trained) {
  std::set<std::string> stems;
  const HybridSpec& hybrid = *trained.spec.hybrid;
  for (TokenId id = hybrid.stems.begin; id < hybrid.stems.end; ++id) {
    stems.emplace(trained.spec.vocabulary.texts[id]);
  }
  return stems;
}

TEST(HybridTrainer, FillsTheVocabularyExactly) {
  const HybridTraining trained = train(small());
  EXPECT_EQ(trained.spec.vocabulary.size(), 2000u);
  EXPECT_EQ(trained.spec.hybrid->size(), 2000u);
  EXPECT_NO_THROW(check_hybrid_spec(*trained.spec.hybrid, 2000));
  EXPECT_GT(trained.chains, 0u);
  EXPECT_GT(trained.stems, 10u);
  EXPECT_GT(trained.pieces, 0u);
  EXPECT_GT(trained.reserved_tokens, 0u) << "so small a language does not fill 2000 ids";
  EXPECT_GT(trained.tokens_per_word, 1.0);
  EXPECT_LT(trained.tokens_per_word, 4.0);
  EXPECT_EQ(trained.spec.roles.eos, (std::vector<TokenId>{0}));
}

TEST(HybridTrainer, ATightVocabularyLeavesOutWhatSavesLeast) {
  HybridTrainerOptions options = small();
  options.numbers = NumberChunks::kSingle;
  options.vocab_size = 256 + 1 + 3 + 12 + 40;
  const HybridTraining trained = train(options);
  EXPECT_EQ(trained.spec.vocabulary.size(), options.vocab_size);
  EXPECT_EQ(trained.reserved_tokens, 0u);
  EXPECT_EQ(trained.spec.hybrid->numerals.size(), 12u);
}

TEST(HybridTrainer, EverythingReturns) {
  for (const NumberChunks numbers : {NumberChunks::kPieces, NumberChunks::kSingle,
                                     NumberChunks::kThreeFromLeft, NumberChunks::kThreeFromRight}) {
    for (const CaseIds case_ids : {CaseIds::kMarks, CaseIds::kFrequentStems}) {
      HybridTrainerOptions options = small();
      options.numbers = numbers;
      options.case_ids = case_ids;
      const Tokenizer tokenizer = Tokenizer::from_spec(train(options).spec);
      const std::string text = corpus();
      EXPECT_EQ(tokenizer.decode_bytes(tokenizer.encode(text)), text);
      test::check_texts("returns", 200, [&](const std::string& any) {
        return tokenizer.decode_bytes(tokenizer.encode(any)) == any;
      });
    }
  }
}

TEST(HybridTrainer, DependsOnNothingButTextLanguageAndOptions) {
  HybridTrainerOptions options = small();
  options.threads = 1;
  const std::string one = write_tkz(train(options).spec);
  options.threads = 2;
  EXPECT_EQ(write_tkz(train(options).spec), one);
}

TEST(HybridTrainer, LearnsNamesAndLoans) {
  const HybridTraining trained = train(small());
  const std::set<std::string> stems = stems_of(trained);
  EXPECT_GE(trained.learnt_roots, 2u);
  EXPECT_TRUE(stems.contains("Pardus"));
  EXPECT_TRUE(stems.contains("disk"));
  EXPECT_FALSE(stems.contains("diskler"));
  EXPECT_FALSE(stems.contains("kitaplar")) << "a known stem with a suffix is no root";

  HybridTrainerOptions options = small();
  options.learn_roots = false;
  const HybridTraining without = train(options);
  EXPECT_EQ(without.learnt_roots, 0u);
  EXPECT_FALSE(stems_of(without).contains("Pardus"));
}

TEST(HybridTrainer, SuffixesAreIds) {
  HybridTrainerOptions options = small();
  options.chains = 0;
  const HybridTraining trained = train(options);
  EXPECT_EQ(trained.spec.hybrid->chains.size(), 0u);
  const Tokenizer tokenizer = Tokenizer::from_spec(trained.spec);
  const std::vector<TokenId> ids = tokenizer.encode("kitaplarda");
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(trained.spec.vocabulary.texts[ids[1]], "+PL");
  EXPECT_EQ(trained.spec.vocabulary.texts[ids[2]], "+LOC");
  const Tokenizer chained = Tokenizer::from_spec(train(small()).spec);
  EXPECT_EQ(chained.encode("kitaplarda").size(), 2u);
}

TEST(HybridTrainer, MarksOrStemsForCapitals) {
  HybridTrainerOptions options = small();
  options.case_ids = CaseIds::kMarks;
  const HybridTraining trained = train(options);
  for (const StemToken& stem : trained.spec.hybrid->stem_tokens) {
    EXPECT_EQ(stem.letter_case, StemCase::kLower);
  }
}

TEST(HybridTrainer, TextsWithNothingToLearnFrom) {
  for (const std::string& text : {std::string(), std::string("\n\n"), std::string("\xFF\xFE\0x", 4),
                                  std::string(5000, 'k')}) {
    const HybridTraining trained = train(small(), text);
    EXPECT_EQ(trained.spec.vocabulary.size(), 2000u);
    const Tokenizer tokenizer = Tokenizer::from_spec(trained.spec);
    EXPECT_EQ(tokenizer.decode_bytes(tokenizer.encode(text)), text);
  }
}

TEST(HybridTrainer, RefusesBadOptions) {
  HybridTrainerOptions options = small();
  options.vocab_size = 300;
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
  options = small();
  options.special_tokens = {"<a>", "<a>"};
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
  options = small();
  options.special_tokens = {"\xFF"};
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
  options = small();
  options.eos_token = "<none>";
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
  options = small();
  options.estimation.lexeme_prior = 0;
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
}

TEST(HybridTrainer, CanBeStoppedAndTellsWhereItIs) {
  HybridTrainerOptions options = small();
  std::set<TrainingStage> stages;
  options.progress = [&](const TrainingProgress& now) { stages.insert(now.stage); };
  train(options);
  EXPECT_TRUE(stages.contains(TrainingStage::kReading));
  EXPECT_TRUE(stages.contains(TrainingStage::kEstimating));
  EXPECT_TRUE(stages.contains(TrainingStage::kChoosing));
  EXPECT_TRUE(stages.contains(TrainingStage::kMerging));
  std::stop_source stop;
  stop.request_stop();
  options.stop = stop.get_token();
  EXPECT_EQ(code_of(options), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace tokrail
