// Where the parts of the caller's workspace lie.
#pragma once

#include "decoding/logits/cuda_block_sums.cuh"

namespace tokrail::cuda {

inline constexpr size_t kWorkspaceAlignment = 256;

inline size_t aligned_bytes(size_t bytes) {
  return (bytes + kWorkspaceAlignment - 1) / kWorkspaceAlignment * kWorkspaceAlignment;
}

inline size_t row_words_of(size_t vocab) {
  return (vocab + 31) / 32;
}

/// What the distribution of a row is, beside its block sums; verification keeps one per row.
struct RowSummary {
  double top, total;  ///< of what can be drawn
  double log_sum;     ///< of what is allowed
  float cut_value;
  uint32_t cut_id;
  TokenId point;  ///< the token that has everything (+inf, greedy), or kNoToken
  TokenId token;  ///< what a plain draw gives, where it is asked for
  uint32_t flags;
  bool is_cut;
  bool is_empty;
  bool passes;  ///< of a target row: whether its drafted token is accepted
};

/// Two tables of block sums and two of summaries (target and draft rows), the masks of what is left
/// (draws without replacement), target and draft of a tree's node as probabilities.
struct Workspace {
  void* first_table;
  void* second_table;
  RowSummary* targets;
  RowSummary* drafts;
  uint32_t* left;
  double* rest;
  double* taken;
  size_t bytes;
};

inline Workspace place_workspace(void* memory, size_t rows, size_t vocab) {
  Workspace out{};
  char* at = static_cast<char*>(memory);
  const auto take = [&](size_t bytes) {
    char* const part = at == nullptr ? nullptr : at + out.bytes;
    out.bytes += aligned_bytes(bytes);
    return part;
  };
  out.first_table = take(block_table_bytes(rows, vocab));
  out.second_table = take(block_table_bytes(rows, vocab));
  out.left = reinterpret_cast<uint32_t*>(take(rows * row_words_of(vocab) * sizeof(uint32_t)));
  out.targets = reinterpret_cast<RowSummary*>(take(rows * sizeof(RowSummary)));
  out.drafts = reinterpret_cast<RowSummary*>(take(rows * sizeof(RowSummary)));
  const size_t padded = size_t{blocks_of(vocab)} * kBlock;
  out.rest = reinterpret_cast<double*>(take(padded * sizeof(double)));
  out.taken = reinterpret_cast<double*>(take(padded * sizeof(double)));
  return out;
}

}  // namespace tokrail::cuda
