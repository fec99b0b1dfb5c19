// ResidualPieces: byte strings for what the language leaves unread.
//
// Ordinary byte-level BPE (learn_bpe) over counted strings: stems without an id, each with its
// space, text between words, white space. Digits are left out unless numbers are pieces, since
// numerals have ids of their own. Runs of spaces that indent code are among the pieces always.
// Complexity, errors: those of learn_bpe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/training/training_progress.h"

namespace tokrail {

struct ResidualOptions {
  size_t limit = 6000;
  bool with_digits = false;
  int threads = 0;
  TrainingProgressCallback progress;
  std::stop_token stop;
};

/// Counts strings; equal ones are added up.
class ResidualPieces {
 public:
  explicit ResidualPieces(ResidualOptions options) : options_(std::move(options)) {}

  void add(std::string_view text, uint64_t weight);
  /// At most `limit` strings of two bytes and more, in the order they were learnt.
  std::vector<std::string> learn();

 private:
  ResidualOptions options_;
  std::vector<std::pair<std::string, uint64_t>> strings_;
};

}  // namespace tokrail
