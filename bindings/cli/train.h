// tokrail train: text to a tokenizer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenizers/training/bpe_trainer.h"
#include "tokenizers/training/sentencepiece_trainer.h"

namespace tokrail::cli {

struct TrainBpeVerb {
  std::vector<std::string> files;
  std::string out;
  std::string to;  ///< format of `out`; empty: by its name
  std::string digits = "pattern";
  std::string objective = "frequency";
  BpeTrainerOptions options;
  bool no_progress = false;
};

struct TrainSentencePieceVerb {
  std::vector<std::string> files;
  std::string out;
  SentencePieceTrainerOptions options;
  bool no_progress = false;
};

int run_train_bpe(const TrainBpeVerb& verb);
int run_train_sentencepiece(const TrainSentencePieceVerb& verb);

}  // namespace tokrail::cli
