// NgramModel: an n-gram language model over token ids, in one file that is mapped into memory.
//
// Interpolated modified Kneser-Ney: every token has a probability above 0 after every context, and
// the probabilities of a row sum to 1. A row costs one copy of the unigrams and the successors of
// the contexts that were seen; nothing is computed when a model is loaded.
//
//   auto model = NgramModel::load("english.ngram");
//   std::vector<float> row(model->vocab());
//   model->fill_row(context, row);                 // natural logarithms
//
// File, little-endian, all parts aligned to 8 bytes:
//   header            64 bytes: "TKNGRAM1", order, vocabulary size, boundary token, its hash,
//   counts unigrams          float[vocab]          log p(w) context tokens    uint32[contexts] of a
//   trie read from the newest token back; the children first children    uint32[contexts + 1]  of a
//   context are one token longer, and stand together first successors  uint32[contexts + 1]
//   back-off          float[contexts]       log of the mass left to the shorter context
//   successors        uint32[successors]    token, rising within a context
//   probabilities     float[successors]     log p(w | context), interpolated
//   tokenizer         a .tkz file, or nothing
//   checksum          uint64                of all before it
//
// Complexity: fill_row O(vocab + successors of at most order - 1 contexts). Thread safety:
// immutable. Errors: Error(kInvalidFile) for what is not such a file, with the place; every number
// in it is checked once when it is loaded. Paper: Chen and Goodman, "An empirical study of
// smoothing techniques for language modeling", 1998, section 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tokenizers/token_id.h"

namespace tokrail {

class NgramModel {
 public:
  static std::shared_ptr<const NgramModel> load(const std::filesystem::path& path);
  static std::shared_ptr<const NgramModel> from_bytes(std::string bytes);
  ~NgramModel();
  NgramModel(const NgramModel&) = delete;
  NgramModel& operator=(const NgramModel&) = delete;

  size_t vocab() const noexcept;
  size_t order() const noexcept;
  /// Stands before the first token of a text.
  TokenId boundary() const noexcept;
  /// Of the tokenizer that the ids belong to; 0: not known.
  uint64_t vocabulary_hash() const noexcept;
  /// The bytes of a .tkz file of that tokenizer; empty where there is none.
  std::string_view tokenizer() const noexcept;
  size_t contexts() const noexcept;
  size_t successors() const noexcept;
  size_t file_bytes() const noexcept;

  /// log p of every token after `context`, oldest first. Where the context is shorter than
  /// order - 1 it is the whole text so far. row.size() == vocab().
  void fill_row(std::span<const TokenId> context, std::span<float> row) const noexcept;
  /// The same for one token, without the row.
  double log_prob(std::span<const TokenId> context, TokenId token) const noexcept;

 private:
  struct View;
  explicit NgramModel(std::unique_ptr<View> view);
  std::unique_ptr<View> view_;
};

}  // namespace tokrail
