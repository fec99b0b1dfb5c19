#include "tokenizers/training/sentencepiece_trainer.h"

#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/property.h"
#include "tests/tokenizers/training/temporary_files.h"

namespace tokrail {
namespace {

using Model = SentencePieceTrainerOptions::Model;

std::string corpus() {
  test::Random random(2);
  const std::vector<std::string> words = {"lower",  "newest", "widest", "lowest",   "token",
                                          "tokens", "rails",  "train",  "training", "grammar"};
  std::string text;
  for (int line = 0; line < 2000; ++line) {
    for (int i = 0; i < 8; ++i) text += words[test::below(random, words.size())] + " ";
    text += std::to_string(line) + "\n";
  }
  return text;
}

SentencePieceTrainerOptions small(Model model = Model::kUnigram, size_t vocab_size = 60) {
  SentencePieceTrainerOptions options;
  options.model = model;
  options.vocab_size = vocab_size;
  options.threads = 1;
  return options;
}

SentencePieceTraining train(const std::string& text, const SentencePieceTrainerOptions& options) {
  test::TemporaryFiles files;
  return train_sentencepiece({files.write("corpus", text)}, options);
}

ErrorCode code_of(const std::string& text, const SentencePieceTrainerOptions& options) {
  try {
    train(text, options);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode{};
}

class Loaded {
 public:
  explicit Loaded(const std::string& model) {
    EXPECT_TRUE(processor_.LoadFromSerializedProto(model).ok());
  }
  sentencepiece::SentencePieceProcessor* operator->() { return &processor_; }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

TEST(SentencePieceTrainer, ModelsOfAllKindsCanBeLoaded) {
  const std::string text = corpus();
  for (const Model model : {Model::kUnigram, Model::kBpe, Model::kWord, Model::kChar}) {
    SentencePieceTrainerOptions options = small(model);
    options.hard_vocab_limit = false;
    const SentencePieceTraining trained = train(text, options);
    Loaded processor(trained.model);
    EXPECT_GT(processor->GetPieceSize(), 10);
    EXPECT_EQ(processor->DecodeIds(processor->EncodeAsIds("lower tokens")), "lower tokens");
    EXPECT_EQ(trained.lines, 2000u);
    EXPECT_EQ(trained.lines_too_long, 0u);
  }
}

TEST(SentencePieceTrainer, NothingIsPrinted) {
  const std::string text = corpus();
  testing::internal::CaptureStderr();
  train(text, small());
  code_of(text, small(Model::kUnigram, 50000));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(SentencePieceTrainer, TrainingAgainGivesTheSameModel) {
  const std::string text = corpus();
  SentencePieceTrainerOptions options = small();
  options.input_sentence_size = 500;
  EXPECT_EQ(train(text, options).model, train(text, options).model);
}

TEST(SentencePieceTrainer, OptionsReachTheModel) {
  SentencePieceTrainerOptions options = small(Model::kBpe, 400);
  options.hard_vocab_limit = false;
  options.byte_fallback = true;
  options.user_defined_symbols = {"<a,b>", "say \"x\""};
  options.control_symbols = {"<mask>"};
  options.pad_id = 3;
  options.split_digits = true;
  Loaded processor(train(corpus(), options).model);
  EXPECT_EQ(processor->pad_id(), 3);
  EXPECT_FALSE(processor->IsUnknown(processor->PieceToId("<a,b>")));
  EXPECT_FALSE(processor->IsUnknown(processor->PieceToId("say \"x\"")));
  EXPECT_TRUE(processor->IsControl(processor->PieceToId("<mask>")));
  EXPECT_TRUE(processor->IsByte(processor->PieceToId("<0x41>")));
}

TEST(SentencePieceTrainer, CountsTheLinesThatAreNotUsed) {
  SentencePieceTrainerOptions options = small();
  options.max_sentence_length = 100;
  const std::string text = corpus() + std::string(5000000, 'x') +
                           "\n\n\nreserved \xE2\x96\x85\nzero " + std::string(1, '\0') + "\n" +
                           std::string(101, 'y') + "\n" + std::string(100, 'z');
  const SentencePieceTraining trained = train(text, options);
  EXPECT_EQ(trained.lines, 2005u);
  EXPECT_EQ(trained.lines_too_long, 2u);
  EXPECT_EQ(trained.lines_reserved, 2u);
  EXPECT_EQ(trained.bytes_left_out, 5000000u + 101u + 12u + 6u);
}

TEST(SentencePieceTrainer, FilesDoNotRunIntoEachOther) {
  test::TemporaryFiles files;
  const auto trained = train_sentencepiece({files.write("a", corpus() + "no line feed"),
                                            files.write("b", "here\n"), files.write("c", "")},
                                           small());
  EXPECT_EQ(trained.lines, 2002u);
}

TEST(SentencePieceTrainer, NothingToLearnFromIsAnErrorAndNoAbort) {
  for (const Model model : {Model::kUnigram, Model::kBpe, Model::kWord, Model::kChar}) {
    for (const char* text : {"", "\n\n", " \t \n", "\x01\x02\n", "\xFF\xFE\n", "<s></s>\n"}) {
      EXPECT_EQ(code_of(text, small(model)), ErrorCode::kInvalidArgument) << text;
    }
    SentencePieceTrainerOptions options = small(model);
    options.user_defined_symbols = {"ab"};
    EXPECT_EQ(code_of("abab\nab\n", options), ErrorCode::kInvalidArgument);
  }
}

TEST(SentencePieceTrainer, TinyCorporaDoNotAbort) {
  for (const Model model : {Model::kUnigram, Model::kBpe, Model::kWord, Model::kChar}) {
    for (const char* text : {"a", "a\n", "!\n", "\xE2\x82\xAC\n", "ab ab\n", "a\xFF\n"}) {
      SentencePieceTrainerOptions options = small(model, 20);
      options.hard_vocab_limit = false;
      const ErrorCode code = code_of(text, options);
      EXPECT_TRUE(code == ErrorCode{} || code == ErrorCode::kInvalidArgument) << text;
    }
  }
}

TEST(SentencePieceTrainer, BadOptionsAreErrors) {
  const std::string text = corpus();
  const auto refused = [&](auto change) {
    SentencePieceTrainerOptions options = small();
    change(options);
    return code_of(text, options) == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](auto& o) { o.vocab_size = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.vocab_size = 50000; }));  // more than the text gives
  EXPECT_TRUE(refused([](auto& o) { o.vocab_size = 4; }));      // less than its characters
  EXPECT_TRUE(refused([](auto& o) { o.character_coverage = 0.5; }));
  EXPECT_TRUE(refused([](auto& o) { o.character_coverage = 0.0 / 0.0; }));
  EXPECT_TRUE(refused([](auto& o) { o.max_sentence_length = 5; }));
  EXPECT_TRUE(refused([](auto& o) { o.max_piece_length = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.normalization = "nonsense"; }));
  EXPECT_TRUE(refused([](auto& o) { o.unk_id = -1; }));
  EXPECT_TRUE(refused([](auto& o) { o.bos_id = o.eos_id; }));
  EXPECT_TRUE(refused([](auto& o) { o.user_defined_symbols = {""}; }));
  EXPECT_TRUE(refused([](auto& o) { o.user_defined_symbols = {"x", "x"}; }));
  EXPECT_TRUE(refused([](auto& o) { o.control_symbols = {"\xFF"}; }));
}

TEST(SentencePieceTrainer, ReportsAndStops) {
  std::stop_source stop;
  SentencePieceTrainerOptions options = small();
  std::vector<TrainingStage> stages;
  options.progress = [&](const TrainingProgress& p) { stages.push_back(p.stage); };
  train(corpus(), options);
  EXPECT_EQ(stages, (std::vector<TrainingStage>{TrainingStage::kReading, TrainingStage::kFitting}));
  options.stop = stop.get_token();
  options.progress = nullptr;
  stop.request_stop();
  EXPECT_EQ(code_of(corpus(), options), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace tokrail
