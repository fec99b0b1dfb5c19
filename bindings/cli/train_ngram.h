// tokrail model train-ngram, model score: n-gram models of tokens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct TrainNgramVerb {
  TokenizerChoice tokenizer;
  std::vector<std::string> files;
  std::string out;
  uint32_t order = 4;
  std::vector<uint64_t> min_counts = {1, 1, 2};
  std::string documents = "file";  ///< what one document is: line, paragraph or file
  std::string boundary;            ///< text of the token around documents; empty: the end token
  int threads = 0;
  bool no_tokenizer = false;
  bool no_progress = false;
};
int run_train_ngram(const TrainNgramVerb& verb);

struct ScoreNgramVerb {
  std::string model;
  TokenizerChoice tokenizer;  ///< empty: the one in the model's file
  std::vector<std::string> files;
  std::string documents = "file";
  bool json = false;
};
int run_score_ngram(const ScoreNgramVerb& verb);

}  // namespace tokrail::cli
