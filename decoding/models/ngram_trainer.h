// NgramTrainer: counts n-grams of token ids and makes an n-gram model of them.
//
//   NgramTrainer trainer({.order = 4, .vocab = tokenizer.size(), .boundary = eos});
//   for (const auto& document : documents) trainer.add(tokenizer.encode(document));
//   write_file_atomically("english.ngram", trainer.finish());
//
// Interpolated modified Kneser-Ney smoothing: three discounts per order from the counts of counts;
// orders below the highest count in how many contexts a sequence was seen, except behind the
// boundary, where there is no context. Sequences counted fewer than min_counts[n - 1] times are
// left out of the file, and their mass goes to the shorter context.
//
// Complexity: O(tokens log tokens) and 24 bytes per distinct sequence of the highest order while
// counting. Thread safety: one thread calls, several work. Errors: Error(kInvalidArgument) for
// options and ids out of range, Error(kCancelled). Paper: Chen and Goodman 1998, section 4;
// Heafield et al., "Scalable modified Kneser-Ney language model estimation", ACL 2013 (adjusted
// counts).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tokenizers/token_id.h"

namespace tokrail {

struct NgramTrainingOptions {
  uint32_t order = 4;  ///< 1 to 8; vocab and order together need at most 128 bits of ids
  size_t vocab = 0;
  TokenId boundary = 0;          ///< stands before and behind every document
  uint64_t vocabulary_hash = 0;  ///< written into the file
  std::string tokenizer = {};    ///< bytes of a .tkz file, written into the file
  /// Least count of sequences of length 1, 2, ... that are kept; the last number goes for all
  /// longer ones. Single tokens are always kept.
  std::vector<uint64_t> min_counts = {1, 1, 2};
  int threads = 0;
  const std::atomic<bool>* cancel = nullptr;
  /// Part of finish() that is done, from 0 to 1.
  std::function<void(double)> progress = {};
};

class NgramTrainer {
 public:
  explicit NgramTrainer(NgramTrainingOptions options);
  ~NgramTrainer();

  void add(std::span<const TokenId> document);
  /// Tokens added, boundaries included.
  uint64_t tokens() const noexcept;
  /// The model as the bytes of its file. The trainer is empty afterwards.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
