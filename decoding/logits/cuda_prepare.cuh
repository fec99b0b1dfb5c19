// From a row's block sums to what can be drawn of it: flags, truncation, sums of what is kept.
#pragma once

#include "decoding/logits/cuda_draw.cuh"

namespace tokrail::cuda {

/// Shared memory of a CUDA block that prepares rows and draws from them.
struct RowScratch {
  SelectScratch select;
  DrawScratch draw;
  float max;
  uint32_t flags;
  uint32_t allowed;
  uint32_t kept;
  double filter_total;
};

enum class RowState : uint8_t {
  kBad,       ///< parameters that make no sense
  kEmpty,     ///< nothing is allowed
  kInfinite,  ///< the lowest id of +inf has everything
  kReady,
};

struct PreparedRow {
  RowWork work;
  const BlockSum* drawn;  ///< sums of what can be drawn: work.sums, or the table's kept
  law::Cut cut;
  RowState state;
  bool is_cut;
};

// Largest allowed logit, how many are allowed, flags. By warp 0.
__device__ inline void look_at_blocks(const BlockSum* sums, const uint32_t* counts, unsigned blocks,
                                      RowScratch& scratch) {
  float max = -law::kInfinity;
  unsigned allowed = 0;
  bool nan = false;
  for (unsigned b = lane_of_thread(); b < blocks; b += kWarpThreads) {
    max = fmaxf(max, sums[b].max);
    allowed += counts[b] & ~kBlockHasNan;
    nan = nan || (counts[b] & kBlockHasNan) != 0;
  }
  max = warp_max(max);
  allowed = __reduce_add_sync(kAllLanes, allowed);
  const bool any_nan = __any_sync(kAllLanes, nan) != 0;
  if (lane_of_thread() != 0) return;
  uint32_t flags = 0;
  if (any_nan) flags |= kRowNan;
  if (max == law::kInfinity) flags |= kRowInfinite;
  if (max == -law::kInfinity) flags |= kRowNothingAllowed;
  scratch.max = max;
  scratch.flags = flags;
  scratch.allowed = allowed;
  scratch.kept = 0;
}

/// Prepares a row of those that the table belongs to; by a whole CUDA block. A greedy row is
/// truncated only if `truncate_greedy`: its largest token is never cut off.
TOKRAIL_CALLED __device__ inline PreparedRow prepare_row(const RowSource& source,
                                                         const BlockTable& table, size_t number,
                                                         bool truncate_greedy,
                                                         RowScratch& scratch) {
  const size_t first = number * table.blocks;
  PreparedRow row{{row_of(source, number), table.allowed + first, table.blocks, 0},
                  table.allowed + first,
                  {},
                  RowState::kReady,
                  false};
  RowWork& work = row.work;
  const RowParameters& p = *work.row.parameters;
  if (__syncthreads_and(law::valid(p) && adjustments_are_valid(work.row)) == 0) {
    if (threadIdx.x == 0) scratch.flags = kRowBadParameters;
    row.state = RowState::kBad;
    __syncthreads();
    return row;
  }
  const bool leads = threadIdx.x < kWarpThreads;
  if (leads) look_at_blocks(work.sums, table.counts + first, work.blocks, scratch);
  __syncthreads();
  work.max = scratch.max;
  if (work.max == -law::kInfinity) row.state = RowState::kEmpty;
  if (work.max == law::kInfinity) row.state = RowState::kInfinite;
  if (row.state != RowState::kReady || !is_truncated(p, work.row.vocab)) return row;
  if (law::is_greedy(p) && !truncate_greedy) return row;
  if (p.top_p < 1) {
    const BlockSum* sums = needs_filter_sums(p, work.row.scale) ? table.filter + first : work.sums;
    if (leads) {
      const RowSum sum = fold_row(sums, work.blocks, law::filter_scale(p), scratch.draw.scaled);
      if (threadIdx.x == 0) scratch.filter_total = sum.total;
    }
    __syncthreads();
  }
  row.cut = truncated(work, p.top_p < 1 ? scratch.filter_total : 0, scratch.select);
  row.is_cut = true;
  row.drawn = table.kept + first;
  sum_kept(work, row.cut, table.kept + first, &scratch.kept);
  __syncthreads();
  return row;
}

}  // namespace tokrail::cuda
