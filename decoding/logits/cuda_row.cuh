// What kernels share: a warp reads one block of 1024 tokens, and folds the sums of a row.
//
// A warp holds a block in one of two layouts. Striped, for sums: thread l has the tokens
// 128 * j + 4 * l + i (register 4 * j + i), so that loads are 16 bytes wide (8 for 16-bit logits)
// and the 128 lanes of the law (logit_math.h) are four registers of each thread. By words, for
// draws: thread l has the tokens 32 * l + i, which is mask word l.
#pragma once

#include "decoding/logits/cuda_launch.cuh"
#include "decoding/logits/logit_math.h"
#include "decoding/logits/sample_masked.h"

namespace tokrail::cuda {

namespace law = logit_math;

inline constexpr unsigned kBlock = law::kBlock;
inline constexpr unsigned kHeld = kBlock / kWarpThreads;  ///< tokens of a block per thread
/// Most blocks of a row: a vocabulary of a million.
inline constexpr unsigned kMostBlocks = 1024;

__device__ inline unsigned lane_of_thread() {
  return threadIdx.x % kWarpThreads;
}

/// One row of a batch and what its parameters say.
struct Row {
  const void* data;
  const uint32_t* mask;  ///< null: everything is allowed
  const Adjustment* adjustments;
  const Adjustment* adjustments_end;
  const RowParameters* parameters;  ///< null: as the model gave it, temperature 1
  LogitsType type;
  bool aligned;  ///< four logits may be loaded at once
  uint32_t vocab;
  float scale;  ///< c of the law
};

__device__ inline const uint32_t* mask_of(const MaskView& masks, size_t row) {
  if (masks.words == nullptr) return nullptr;
  if (masks.row_index == nullptr) return masks.words + row * masks.row_words;
  const int32_t index = masks.row_index[row];
  return index < 0 ? nullptr : masks.words + static_cast<size_t>(index) * masks.row_words;
}

__device__ inline const void* row_data(const LogitsView& logits, size_t row) {
  return static_cast<const char*>(logits.data) +
         row * logits.row_stride * (logits.type == LogitsType::kF32 ? 4 : 2);
}

__device__ inline bool quads_are_aligned(const void* data, LogitsType type) {
  const unsigned bytes = type == LogitsType::kF32 ? 16 : 8;
  return (reinterpret_cast<uintptr_t>(data) & (bytes - 1)) == 0;
}

/// Which logits the rows of a batch have. Rows of a draft are numbered like the target rows that
/// they go with, whose masks they share.
enum class RowMap : uint8_t {
  kOwn,    ///< row r has logits r
  kChain,  ///< the target of chains: of each chain, width + 1 rows, those up to its length count
  kDraft,  ///< the draft of chains: of each chain, width rows, those below its length count
  kTree,   ///< row r has logits index[r], none where that is negative
};

struct RowSource {
  SampleBatch batch;  ///< logits.rows is the number of rows, not of what lies there
  RowMap map = RowMap::kOwn;
  uint32_t width = 0;
  const uint32_t* lengths = nullptr;  ///< of chains; null: width
  const int32_t* index = nullptr;     ///< kTree; null: r
  size_t logits_rows = 0;             ///< kTree: numbers beyond it are none
};

/// The logits of row `number`, or -1.
__device__ inline int64_t logits_row(const RowSource& source, size_t number) {
  if (source.map == RowMap::kOwn) return static_cast<int64_t>(number);
  if (source.map == RowMap::kTree) {
    const int64_t row =
        source.index == nullptr ? static_cast<int64_t>(number) : source.index[number];
    return row < static_cast<int64_t>(source.logits_rows) ? row : -1;
  }
  const size_t chain = number / (source.width + 1);
  const uint32_t place = static_cast<uint32_t>(number % (source.width + 1));
  uint32_t length = source.lengths == nullptr ? source.width : source.lengths[chain];
  length = length < source.width ? length : source.width;
  if (source.map == RowMap::kChain) return place <= length ? static_cast<int64_t>(number) : -1;
  return place < length ? static_cast<int64_t>(chain * source.width + place) : -1;
}

/// Row `number`, which has logits.
__device__ inline Row row_of(const RowSource& source, size_t number) {
  const SampleBatch& batch = source.batch;
  const size_t at = static_cast<size_t>(logits_row(source, number));
  Row row;
  row.data = row_data(batch.logits, at);
  row.mask = mask_of(batch.masks, number);
  row.adjustments = nullptr;
  row.adjustments_end = nullptr;
  if (batch.adjustments.entries != nullptr) {
    row.adjustments = batch.adjustments.entries + batch.adjustments.offsets[number];
    row.adjustments_end = batch.adjustments.entries + batch.adjustments.offsets[number + 1];
  }
  row.parameters = batch.parameters == nullptr ? nullptr : batch.parameters + at;
  row.type = batch.logits.type;
  row.aligned = quads_are_aligned(row.data, row.type);
  row.vocab = static_cast<uint32_t>(batch.logits.vocab);
  row.scale = row.parameters == nullptr ? law::kLog2E : law::weight_scale(*row.parameters);
  return row;
}

/// Mask word `number` of a row; bits beyond the vocabulary are 0. An ordinary load: draws change
/// the masks that they read.
__device__ inline uint32_t mask_word(const uint32_t* mask, uint32_t vocab, uint32_t number) {
  const uint32_t first = number * 32;
  if (first >= vocab) return 0;
  const uint32_t valid = vocab - first >= 32 ? 0xFFFFFFFF : (1u << (vocab - first)) - 1;
  return mask == nullptr ? valid : mask[number] & valid;
}

/// From a mask by words to the bits of the striped layout: bit 4 * j + i of the answer is token
/// 128 * j + 4 * l + i of the block.
__device__ inline uint32_t striped_bits(uint32_t own_word) {
  const unsigned lane = lane_of_thread();
  uint32_t bits = 0;
#pragma unroll
  for (unsigned j = 0; j < 8; ++j) {
    const uint32_t word = __shfl_sync(kAllLanes, own_word, static_cast<int>(4 * j + lane / 8));
    bits |= (word >> (lane % 8 * 4) & 15) << (4 * j);
  }
  return bits;
}

struct Quad {
  float value[4];
};

template <LogitsType kType>
__device__ inline float one_logit(const void* data, size_t id) {
  return law::load_logit(data, kType, id);
}

/// Four logits from an aligned address.
template <LogitsType kType>
__device__ inline Quad four_logits(const void* data, size_t id) {
  Quad quad;
  if constexpr (kType == LogitsType::kF32) {
    const float4 v = __ldg(reinterpret_cast<const float4*>(static_cast<const float*>(data) + id));
    quad.value[0] = v.x;
    quad.value[1] = v.y;
    quad.value[2] = v.z;
    quad.value[3] = v.w;
  } else {
    const uint2 v = __ldg(reinterpret_cast<const uint2*>(static_cast<const uint16_t*>(data) + id));
    const uint16_t parts[4] = {static_cast<uint16_t>(v.x), static_cast<uint16_t>(v.x >> 16),
                               static_cast<uint16_t>(v.y), static_cast<uint16_t>(v.y >> 16)};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      quad.value[i] =
          kType == LogitsType::kBf16 ? law::from_bf16(parts[i]) : law::from_f16(parts[i]);
    }
  }
  return quad;
}

/// Logits of a block, striped, -inf where `wanted` has no bit. Loads of four that are not wanted
/// are not made.
template <LogitsType kType>
__device__ inline void load_striped(const Row& row, uint32_t base, uint32_t wanted,
                                    float (&x)[kHeld]) {
  const unsigned lane = lane_of_thread();
  if (row.aligned && row.vocab - base >= kBlock) {
#pragma unroll
    for (unsigned j = 0; j < 8; ++j) {
      Quad quad = {{0, 0, 0, 0}};
      if ((wanted >> (4 * j) & 15) != 0) {
        quad = four_logits<kType>(row.data, size_t{base} + 128 * j + 4 * lane);
      }
#pragma unroll
      for (unsigned i = 0; i < 4; ++i) {
        x[4 * j + i] = (wanted >> (4 * j + i) & 1) != 0 ? quad.value[i] : -law::kInfinity;
      }
    }
    return;
  }
#pragma unroll
  for (unsigned k = 0; k < kHeld; ++k) {
    x[k] = -law::kInfinity;
    if ((wanted >> k & 1) != 0) {
      x[k] = one_logit<kType>(row.data, size_t{base} + 128 * (k / 4) + 4 * lane + k % 4);
    }
  }
}

/// The first adjustment of the row for a token at or above `base`.
__device__ inline const Adjustment* first_adjustment(const Row& row, uint32_t base) {
  const Adjustment* low = row.adjustments;
  const Adjustment* high = row.adjustments_end;
  while (low < high) {
    const Adjustment* middle = low + (high - low) / 2;
    if (static_cast<uint32_t>(middle->token) < base) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// Whether this thread's share (every blockDim.x-th) of the row's adjustments makes sense.
__device__ inline bool adjustments_are_valid(const Row& row) {
  bool valid = true;
  for (const Adjustment* entry = row.adjustments + threadIdx.x; entry < row.adjustments_end;
       entry += blockDim.x) {
    valid = valid && static_cast<uint32_t>(entry->token) < row.vocab &&
            (entry == row.adjustments || entry[-1].token < entry->token);
  }
  return valid;
}

/// Applies what the row says of single tokens. Registers have no address, hence the comparison
/// with each of them; lists are short.
__device__ inline void adjust_striped(const Row& row, uint32_t base, uint32_t wanted,
                                      float (&x)[kHeld]) {
  const unsigned lane = lane_of_thread();
  for (const Adjustment* entry = first_adjustment(row, base);
       entry < row.adjustments_end && static_cast<uint32_t>(entry->token) < base + kBlock;
       ++entry) {
    const uint32_t within = static_cast<uint32_t>(entry->token) - base;
    const unsigned owner = within / 4 % kWarpThreads;
    const unsigned held = within / 128 * 4 + within % 4;
    if (owner != lane || (wanted >> held & 1) == 0) continue;
#pragma unroll
    for (unsigned k = 0; k < kHeld; ++k) {
      if (k == held) x[k] = law::adjusted(x[k], *entry, *row.parameters);
    }
  }
}

/// One adjusted logit.
__device__ inline float adjusted_logit(const Row& row, uint32_t id) {
  const float logit = law::load_logit(row.data, row.type, id);
  const Adjustment* entry = first_adjustment(row, id);
  if (entry < row.adjustments_end && static_cast<uint32_t>(entry->token) == id) {
    return law::adjusted(logit, *entry, *row.parameters);
  }
  return logit;
}

__device__ inline float warp_max(float value) {
  return law::key_value(__reduce_max_sync(kAllLanes, law::ordering_key(value)));
}

/// fold() of the 128 lanes of a block, of which this thread has four. Lanes change hands while they
/// are folded, so that eight shuffles do.
template <typename Number>
__device__ inline Number fold_lanes(const Number (&sums)[4]) {
  const bool upper = (threadIdx.x & 16) != 0;
  const bool odd = (threadIdx.x & 8) != 0;
  const Number received0 = __shfl_xor_sync(kAllLanes, upper ? sums[0] : sums[2], 16);
  const Number received1 = __shfl_xor_sync(kAllLanes, upper ? sums[1] : sums[3], 16);
  const Number kept0 = (upper ? sums[2] : sums[0]) + received0;
  const Number kept1 = (upper ? sums[3] : sums[1]) + received1;
  const Number received = __shfl_xor_sync(kAllLanes, odd ? kept0 : kept1, 8);
  Number kept = (odd ? kept1 : kept0) + received;
  kept += __shfl_xor_sync(kAllLanes, kept, 4);
  kept += __shfl_xor_sync(kAllLanes, kept, 2);
  kept += __shfl_xor_sync(kAllLanes, kept, 1);
  kept += __shfl_xor_sync(kAllLanes, kept, 16);  // register i + register i + 2
  kept += __shfl_xor_sync(kAllLanes, kept, 8);
  return kept;
}

/// A block's largest value and the sum of its weights relative to it; max -inf: nothing there.
struct alignas(8) BlockSum {
  float max;
  float sum;
};

/// The largest of the block's values whose bit is set; NaN is left out.
__device__ inline float max_striped(const float (&a)[kHeld], uint32_t bits) {
  float max = -law::kInfinity;
#pragma unroll
  for (unsigned k = 0; k < kHeld; ++k) {
    if ((bits >> k & 1) != 0) max = fmaxf(max, a[k]);
  }
  return warp_max(max);
}

/// Sum of the weights of the registers whose bit is set. +inf gives no sum: such rows have no
/// weights.
__device__ inline BlockSum sum_striped(const float (&a)[kHeld], uint32_t bits, float c) {
  const float max = max_striped(a, bits);
  if (!(fabsf(max) < law::kInfinity)) return {max, 0};
  const law::BlockScale scale = law::block_scale(max, c);
  float sums[4] = {0, 0, 0, 0};
#pragma unroll
  for (unsigned k = 0; k < kHeld; ++k) {
    const float weight = law::weight(a[k], c, scale);
    sums[k % 4] += (bits >> k & 1) != 0 ? weight : 0;
  }
  return {max, fold_lanes(sums)};
}

/// Adjusted logits of the allowed tokens of a block, striped, -inf elsewhere; by one whole warp.
TOKRAIL_CALLED __device__ inline void load_block(const Row& row, unsigned block,
                                                 float (&out)[kHeld]) {
  const uint32_t base = block * kBlock;
  const uint32_t bits = striped_bits(mask_word(row.mask, row.vocab, base / 32 + lane_of_thread()));
  float a[kHeld];
  if (row.type == LogitsType::kF32) load_striped<LogitsType::kF32>(row, base, bits, a);
  if (row.type == LogitsType::kBf16) load_striped<LogitsType::kBf16>(row, base, bits, a);
  if (row.type == LogitsType::kF16) load_striped<LogitsType::kF16>(row, base, bits, a);
  if (row.adjustments < row.adjustments_end) adjust_striped(row, base, bits, a);
#pragma unroll
  for (unsigned k = 0; k < kHeld; ++k) out[k] = a[k];
}

/// The id of register k of this thread.
__device__ inline uint32_t striped_id(unsigned block, unsigned k) {
  return block * kBlock + 128 * (k / 4) + 4 * lane_of_thread() + k % 4;
}

/// sum_striped for those who keep a block in memory.
TOKRAIL_CALLED __device__ inline BlockSum sum_block(const float (&a)[kHeld], uint32_t bits,
                                                    float c) {
  return sum_striped(a, bits, c);
}

/// The sum of a row.
struct RowSum {
  double top;
  double total;  ///< relative to 2^top; 0: nothing there
};

/// What the blocks and the groups of blocks of a row count for, relative to its top. In shared
/// memory; belongs to one warp.
struct ScaledSums {
  double blocks[kMostBlocks];
  double groups[kMostBlocks / law::kGroupBlocks];
};

__device__ inline double warp_max(double value) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    const double other = __shfl_xor_sync(kAllLanes, value, step);
    value = other > value ? other : value;
  }
  return value;
}

__device__ inline double reference_of(const BlockSum& block, float c) {
  return law::block_scale(block.max, c).reference;
}

/// Folds the sums of a row's blocks; done by one whole warp, all threads get the answer.
__device__ inline RowSum fold_row(const BlockSum* blocks, unsigned count, float c,
                                  ScaledSums& scaled) {
  __syncwarp();  // whoever still reads an older fold
  const unsigned lane = lane_of_thread();
  double top = -static_cast<double>(law::kInfinity);
  for (unsigned b = lane; b < count; b += kWarpThreads) {
    const BlockSum block = blocks[b];
    if (!(block.sum > 0)) continue;
    const double reference = reference_of(block, c);
    top = reference > top ? reference : top;
  }
  top = warp_max(top);
  for (unsigned b = lane; b < count; b += kWarpThreads) {
    const BlockSum block = blocks[b];
    scaled.blocks[b] =
        block.sum > 0 ? block.sum * law::power_between(reference_of(block, c), top) : 0;
  }
  __syncwarp();
  const unsigned groups = (count + law::kGroupBlocks - 1) / law::kGroupBlocks;
  if (lane < groups) {
    double sum = 0;
    const unsigned first = lane * law::kGroupBlocks;
    for (unsigned b = first; b < first + law::kGroupBlocks && b < count; ++b) {
      sum += scaled.blocks[b];
    }
    scaled.groups[lane] = sum;
  }
  __syncwarp();
  RowSum row{top, 0};
  for (unsigned g = 0; g < groups; ++g) row.total += scaled.groups[g];
  return row;
}

/// Finds the block where the running sum passes `target`, which becomes what is left of it there;
/// `count` if there is nothing. Any number of threads may ask.
__device__ inline unsigned pick_block(const ScaledSums& scaled, unsigned count, double& target) {
  const unsigned groups = (count + law::kGroupBlocks - 1) / law::kGroupBlocks;
  const size_t group = law::pick(groups, target, [&](size_t g) { return scaled.groups[g]; });
  if (group >= groups) return count;
  const unsigned first = static_cast<unsigned>(group * law::kGroupBlocks);
  const unsigned in_group = count - first < law::kGroupBlocks ? count - first : law::kGroupBlocks;
  return first + static_cast<unsigned>(law::pick(
                     in_group, target, [&](size_t b) { return scaled.blocks[first + b]; }));
}

}  // namespace tokrail::cuda
