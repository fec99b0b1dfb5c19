// The first pass over the logits: maximum and sum of weights of every block of 1024 tokens.
//
// A warp takes one block, so that a row is read by as many warps as it has blocks, on as many
// processors as there are, whether the batch is one row or five hundred. What follows works on the
// table that this pass leaves, 8 to 44 bytes per block.
#pragma once

#include "decoding/logits/cuda_row.cuh"

namespace tokrail::cuda {

inline constexpr uint32_t kBlockHasNan = uint32_t{1} << 31;

/// Per row and block; null where not wanted.
struct BlockTable {
  BlockSum* allowed;  ///< at the row's scale
  BlockSum* filter;   ///< at the scale of the filters, for rows where it is another one
  BlockSum* kept;     ///< after truncation, written later
  BlockSum* all;      ///< adjusted, but masked or not
  BlockSum* raw;      ///< as the model gave it
  float* spread;      ///< sum of weight * (a - max), for the entropy
  uint32_t* counts;   ///< allowed tokens above -inf; kBlockHasNan
  unsigned blocks;    ///< per row
};

inline unsigned blocks_of(size_t vocab) {
  return static_cast<unsigned>((vocab + law::kBlock - 1) / law::kBlock);
}

/// Bytes that a table for so many rows takes, all of its columns.
size_t block_table_bytes(size_t rows, size_t vocab);
/// Places the columns in memory from `memory` on; those beside allowed, filter, kept and counts
/// only as `outputs` (SampleOutput) asks.
BlockTable place_block_table(void* memory, size_t rows, size_t vocab, uint32_t outputs);

/// Rows without logits are left out.
LaunchError launch_block_sums(const RowSource& source, const BlockTable& table, void* stream);

/// Rows of which nothing but the largest token is wanted have no sums.
__device__ inline bool is_token_only(const SampleBatch& batch, const Row& row) {
  return batch.outputs == kTokenOnly && batch.top_n == 0 && law::is_greedy(*row.parameters);
}

/// Whether a row's top-p looks at another scale than its draw.
__device__ inline bool needs_filter_sums(const RowParameters& p, float scale) {
  return p.top_p < 1 && law::filter_scale(p) != scale;
}

}  // namespace tokrail::cuda
