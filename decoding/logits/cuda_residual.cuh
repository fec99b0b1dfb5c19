// Probabilities of whole rows in double, what verification by rejection leaves of them, and draws.
//
// Values of a block are made by a function, fill(block, values): by one whole warp, striped. So a
// chain can make them from the logits each time, and a tree can keep them in memory.
#pragma once

#include "decoding/logits/cuda_prepare.cuh"
#include "decoding/logits/cuda_workspace.cuh"

namespace tokrail::cuda {

/// Shared memory of a CUDA block that draws from probabilities.
struct ResidualScratch {
  ScaledSums sums;
  double block[kBlock];
  double words[kBlock / law::kWord];
  TokenId token;
};

/// A row as probabilities.
struct Distribution {
  Row row;
  const BlockSum* drawn;
  law::Cut cut;
  double top, total;
  TokenId point;
  bool is_empty;
};

__device__ inline Distribution distribution_of(const RowSource& source, const BlockTable& table,
                                               const RowSummary& summary, size_t number) {
  const size_t first = number * table.blocks;
  return {row_of(source, number),
          summary.is_cut ? table.kept + first : table.allowed + first,
          {summary.cut_value, summary.cut_id},
          summary.top,
          summary.total,
          summary.point,
          summary.is_empty};
}

/// The probability of one token. Relative to the reference that its own logit would give a block:
/// the same float times an exact power of two, and never too small.
__device__ inline double probability(const Distribution& d, TokenId id) {
  if (d.is_empty) return 0;
  if (d.point != kNoToken) return id == d.point ? 1 : 0;
  if (id >= d.row.vocab) return 0;
  if ((mask_word(d.row.mask, d.row.vocab, id / 32) >> (id % 32) & 1) == 0) return 0;
  const float a = adjusted_logit(d.row, id);
  if (!(a > -law::kInfinity) || !law::keeps(d.cut, a, id)) return 0;
  const law::BlockScale scale = law::block_scale(a, d.row.scale);
  return static_cast<double>(law::weight(a, d.row.scale, scale)) *
         law::power_between(scale.reference, d.top) / d.total;
}

/// The probabilities of a block.
TOKRAIL_CALLED __device__ inline void fill_probabilities(const Distribution& d, unsigned block,
                                                         double (&values)[kHeld]) {
  for (unsigned k = 0; k < kHeld; ++k) values[k] = 0;
  if (d.is_empty) return;
  if (d.point != kNoToken) {
    for (unsigned k = 0; k < kHeld; ++k) values[k] = striped_id(block, k) == d.point ? 1 : 0;
    return;
  }
  const BlockSum sum = d.drawn[block];
  if (!(sum.sum > 0)) return;
  const law::BlockScale scale = law::block_scale(sum.max, d.row.scale);
  const double power = law::power_between(scale.reference, d.top);
  float a[kHeld];
  load_block(d.row, block, a);
  for (unsigned k = 0; k < kHeld; ++k) {
    if (!(a[k] > -law::kInfinity) || !law::keeps(d.cut, a[k], striped_id(block, k))) continue;
    values[k] = static_cast<double>(law::weight(a[k], d.row.scale, scale)) * power / d.total;
  }
}

/// Adds up all blocks in the law's order; by a whole CUDA block, all threads get the total.
template <typename Fill>
__device__ inline double sum_residual(const Fill& fill, unsigned blocks, ScaledSums& sums) {
  __syncthreads();
  for (unsigned b = threadIdx.x / kWarpThreads; b < blocks; b += blockDim.x / kWarpThreads) {
    double values[kHeld];
    fill(b, values);
    double lanes[4] = {0, 0, 0, 0};
    for (unsigned k = 0; k < kHeld; ++k) lanes[k % 4] += values[k];
    const double sum = fold_lanes(lanes);
    if (lane_of_thread() == 0) sums.blocks[b] = sum;
  }
  __syncthreads();
  const unsigned groups = (blocks + law::kGroupBlocks - 1) / law::kGroupBlocks;
  if (threadIdx.x < groups) {
    double sum = 0;
    const unsigned first = threadIdx.x * law::kGroupBlocks;
    for (unsigned b = first; b < first + law::kGroupBlocks && b < blocks; ++b) {
      sum += sums.blocks[b];
    }
    sums.groups[threadIdx.x] = sum;
  }
  __syncthreads();
  double total = 0;
  for (unsigned g = 0; g < groups; ++g) total += sums.groups[g];
  return total;
}

/// Draws at u; by a whole CUDA block, all threads get the token.
template <typename Fill>
__device__ inline TokenId draw_residual(const Fill& fill, unsigned blocks, double u,
                                        ResidualScratch& scratch) {
  double target = u * sum_residual(fill, blocks, scratch.sums);
  if (threadIdx.x < kWarpThreads) {
    const unsigned lane = lane_of_thread();
    const unsigned block = pick_block(scratch.sums, blocks, target);
    TokenId token = kNoToken;
    if (block < blocks) {
      double values[kHeld];
      fill(block, values);
      for (unsigned k = 0; k < kHeld; ++k) {
        scratch.block[128 * (k / 4) + 4 * lane + k % 4] = values[k];
      }
      __syncwarp();
      double folded[law::kWord];
      for (unsigned i = 0; i < law::kWord; ++i) folded[i] = scratch.block[32 * lane + i];
      scratch.words[lane] = law::fold(folded, law::kWord);
      __syncwarp();
      const size_t word = law::pick(law::kWord, target, [&](size_t w) { return scratch.words[w]; });
      const size_t held =
          law::pick(law::kWord, target, [&](size_t i) { return scratch.block[32 * word + i]; });
      token = block * kBlock + static_cast<uint32_t>(32 * word + held);
    }
    if (lane == 0) scratch.token = token;
  }
  __syncthreads();
  return scratch.token;
}

}  // namespace tokrail::cuda
