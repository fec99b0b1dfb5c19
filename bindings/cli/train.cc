#include "bindings/cli/train.h"

#include <iostream>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/tokenizer_target.h"
#include "bindings/cli/training_bar.h"

namespace tokrail::cli {

namespace {

DigitPolicy digit_policy(const std::string& name) {
  if (name == "pattern") return DigitPolicy::kAsPattern;
  if (name == "single") return DigitPolicy::kSingle;
  if (name == "three") return DigitPolicy::kUpToThree;
  throw Error(ErrorCode::kInvalidArgument, "expected pattern, single or three", "--digits");
}

BpeObjective objective(const std::string& name) {
  if (name == "frequency") return BpeObjective::kFrequency;
  if (name == "likelihood") return BpeObjective::kLikelihood;
  throw Error(ErrorCode::kInvalidArgument, "expected frequency or likelihood", "--objective");
}

void report(const BpeTraining& trained, const std::string& out) {
  std::cerr << out << ": " << trained.spec.vocabulary.size() << " ids (" << trained.merges
            << " merges) from " << trained.bytes << " bytes, " << trained.pieces << " pieces, "
            << trained.distinct_pieces << " different\n";
  if (trained.stop_reason == BpeStopReason::kNoPairLeft) {
    std::cerr << "the text gives no more merges: the vocabulary is smaller than asked for\n";
  }
  if (trained.reserved_tokens > 0) {
    std::cerr << trained.reserved_tokens << " reserved tokens fill up the multiple\n";
  }
  if (trained.lines_cut > 0) {
    std::cerr << trained.lines_cut << " lines were too long to be read at once and were cut\n";
  }
  if (trained.pruned_words > 0) {
    std::cerr << trained.pruned_words << " rare pieces (" << trained.pruned_occurrences
              << " occurrences) were forgotten to stay within --max-memory\n";
  }
}

}  // namespace

int run_train_bpe(const TrainBpeVerb& verb) {
  BpeTrainerOptions options = verb.options;
  options.digits = digit_policy(verb.digits);
  options.objective = objective(verb.objective);
  const std::string format = target_format(verb.out, verb.to);
  const auto source = open_text_files(verb.files);
  TrainingBar bar(!verb.no_progress);
  options.progress = [&](const TrainingProgress& now) { bar(now); };
  const BpeTraining trained = train_bpe(*source, options);
  bar.clear();
  write_tokenizer(trained.spec, verb.out, format);
  report(trained, verb.out);
  return kOk;
}

int run_train_sentencepiece(const TrainSentencePieceVerb& verb) {
  SentencePieceTrainerOptions options = verb.options;
  TrainingBar bar(!verb.no_progress);
  options.progress = [&](const TrainingProgress& now) { bar(now); };
  const SentencePieceTraining trained = train_sentencepiece(verb.files, options);
  bar.clear();
  write_file_atomically(verb.out, trained.model);
  std::cerr << verb.out << ": trained on " << trained.lines << " lines, " << trained.bytes
            << " bytes\n";
  if (trained.lines_too_long > 0) {
    std::cerr << trained.lines_too_long << " lines longer than " << options.max_sentence_length
              << " bytes were left out (--max-line-bytes)\n";
  }
  if (trained.lines_reserved > 0) {
    std::cerr << trained.lines_reserved << " lines with U+2585 or U+0000 were left out\n";
  }
  return kOk;
}

}  // namespace tokrail::cli
