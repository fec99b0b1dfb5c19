// Draws from a row whose block sums are known, by one warp; and the sums of what truncation keeps.
#pragma once

#include "base/random.h"
#include "decoding/logits/cuda_select.cuh"

namespace tokrail::cuda {

/// Shared memory of a warp that draws.
struct DrawScratch {
  ScaledSums scaled;
  float words[kBlock / law::kWord];
  float weights[law::kWord];
};

/// Adjusted logits of a block by words: thread l has mask word l. -inf where `word` has no bit.
TOKRAIL_CALLED __device__ inline void load_words(const Row& row, unsigned block, uint32_t word,
                                                 float (&x)[law::kWord]) {
  const uint32_t first = block * kBlock + 32 * lane_of_thread();
#pragma unroll 8
  for (unsigned i = 0; i < 32; ++i) {
    x[i] = (word >> i & 1) != 0 ? law::load_logit(row.data, row.type, size_t{first} + i)
                                : -law::kInfinity;
  }
  for (const Adjustment* entry = first_adjustment(row, first);
       entry < row.adjustments_end && static_cast<uint32_t>(entry->token) < first + 32; ++entry) {
    const uint32_t held = static_cast<uint32_t>(entry->token) - first;
    if ((word >> held & 1) != 0) x[held] = law::adjusted(x[held], *entry, *row.parameters);
  }
}

/// A token of a block and its adjusted logit; id kNoToken if there is none.
struct Picked {
  TokenId id;
  float a;
};

/// The token of the block where the running sum of its kept weights passes `target`, which is
/// relative to the block's reference. By one warp; `word` is the thread's mask word.
TOKRAIL_CALLED __device__ inline Picked pick_in_block(const Row& row, uint32_t block, uint32_t word,
                                                      const law::Cut& cut, float max, float c,
                                                      double target, DrawScratch& scratch) {
  const unsigned lane = lane_of_thread();
  const uint32_t base = block * kBlock;
  const law::BlockScale scale = law::block_scale(max, c);
  float a[law::kWord];
  load_words(row, block, word, a);
  float weights[law::kWord];
  for (unsigned i = 0; i < law::kWord; ++i) {
    weights[i] = law::keeps(cut, a[i], base + 32 * lane + i) ? law::weight(a[i], c, scale) : 0;
  }
  float folded[law::kWord];
  for (unsigned i = 0; i < law::kWord; ++i) folded[i] = weights[i];
  scratch.words[lane] = law::fold(folded, law::kWord);
  __syncwarp();
  const size_t chosen = law::pick(law::kWord, target, [&](size_t w) { return scratch.words[w]; });
  if (lane == chosen) {
    for (unsigned i = 0; i < law::kWord; ++i) scratch.weights[i] = weights[i];
  }
  __syncwarp();
  if (chosen >= law::kWord) return {kNoToken, 0};
  const size_t held = law::pick(law::kWord, target, [&](size_t i) { return scratch.weights[i]; });
  const uint32_t id = base + static_cast<uint32_t>(32 * chosen + held);
  __syncwarp();
  return {id, adjusted_logit(row, id)};
}

/// Draws at u from a row's blocks, folded into `sum` and scratch.scaled. By one warp.
__device__ inline Picked draw_from_row(const Row& row, const BlockSum* blocks, unsigned count,
                                       const law::Cut& cut, const RowSum& sum, double u,
                                       DrawScratch& scratch) {
  double target = u * sum.total;
  const unsigned block = pick_block(scratch.scaled, count, target);
  if (block >= count) return {kNoToken, 0};
  const BlockSum chosen = blocks[block];
  const law::BlockScale scale = law::block_scale(chosen.max, row.scale);
  target /= law::power_between(scale.reference, sum.top);  // infinite stays infinite
  const uint32_t word = mask_word(row.mask, row.vocab, block * (kBlock / 32) + lane_of_thread());
  return pick_in_block(row, block, word, cut, chosen.max, row.scale, target, scratch);
}

/// The lowest id whose adjusted logit is the row's maximum (+inf too). By one warp.
__device__ inline TokenId first_of_value(const Row& row, const BlockSum* blocks, unsigned count,
                                         float value) {
  const unsigned lane = lane_of_thread();
  unsigned block = count;
  for (unsigned first = 0; first < count && block == count; first += kWarpThreads) {
    const bool here = first + lane < count && blocks[first + lane].max == value;
    const unsigned lanes = __ballot_sync(kAllLanes, here);
    if (lanes != 0) block = first + static_cast<unsigned>(__ffs(static_cast<int>(lanes))) - 1;
  }
  if (block == count) return kNoToken;
  const uint32_t base = block * kBlock;
  const uint32_t word = mask_word(row.mask, row.vocab, base / 32 + lane);
  float a[law::kWord];
  load_words(row, block, word, a);
  uint32_t id = 0xFFFFFFFF;
  for (int i = law::kWord - 1; i >= 0; --i) {
    if (a[i] == value) id = base + 32 * lane + static_cast<unsigned>(i);
  }
  return __reduce_min_sync(kAllLanes, id);
}

/// Sums of what `cut` keeps, per block, and how many those are (added to `*kept`, shared memory).
/// By a whole CUDA block.
__device__ inline void sum_kept(const RowWork& work, const law::Cut& cut, BlockSum* out,
                                unsigned* kept) {
  const unsigned warps = blockDim.x / kWarpThreads;
  const unsigned lane = lane_of_thread();
  const Row& row = work.row;
  for (unsigned b = threadIdx.x / kWarpThreads; b < work.blocks; b += warps) {
    BlockSum sum{-law::kInfinity, 0};
    if (work.sums[b].max >= cut.value && work.sums[b].max > -law::kInfinity) {
      float a[kHeld];
      load_block(row, b, a);
      uint32_t keeps = 0;
      for (unsigned k = 0; k < kHeld; ++k) {
        const bool is_kept = a[k] > -law::kInfinity && law::keeps(cut, a[k], striped_id(b, k));
        keeps |= is_kept ? 1u << k : 0;
      }
      sum = sum_block(a, keeps, row.scale);
      const unsigned number = __reduce_add_sync(kAllLanes, static_cast<unsigned>(__popc(keeps)));
      if (lane == 0 && number > 0) atomicAdd(kept, number);
    }
    if (lane == 0) out[b] = sum;
  }
}

/// Natural logarithm of a token's weight.
__device__ inline double log_weight(float a, float c) {
  return law::kLn2 * (static_cast<double>(a) * static_cast<double>(c));
}

}  // namespace tokrail::cuda
