#include "decoding/logits/cuda_block_sums.cuh"

namespace tokrail::cuda {

namespace {

constexpr unsigned kWarpsPerBlock = 8;
// With fewer warps than this, each is a CUDA block of its own and so spread over the processors.
constexpr size_t kFewWarps = 2048;

// Sums over the allowed and over all in one go: a weight relative to the larger reference is the
// same float times a power of two (law::kSharedSpan).
__device__ void sum_allowed_and_all(const float (&a)[kHeld], uint32_t bits, float c,
                                    BlockSum& allowed, BlockSum& all) {
  const float max = max_striped(a, bits);
  const float max_all = max_striped(a, 0xFFFFFFFF);
  if (!(fabsf(max) < law::kInfinity) || !(fabsf(max_all) < law::kInfinity)) {
    allowed = sum_striped(a, bits, c);
    all = sum_striped(a, 0xFFFFFFFF, c);
    return;
  }
  const law::BlockScale own = law::block_scale(max, c);
  const law::BlockScale wide = law::block_scale(max_all, c);
  const float between = static_cast<float>(wide.reference - own.reference);
  if (own.shift != 0 || wide.shift != 0 || !(between <= law::kSharedSpan)) {
    allowed = sum_striped(a, bits, c);
    all = sum_striped(a, 0xFFFFFFFF, c);
    return;
  }
  float sums[4] = {0, 0, 0, 0};
  float sums_all[4] = {0, 0, 0, 0};
#pragma unroll
  for (unsigned k = 0; k < kHeld; ++k) {
    const float rounded = fmaf(a[k], c, wide.rounding);
    const float n = rounded - wide.rounding;
    const uint32_t fraction = law::float_bits(law::exp2_fraction(fmaf(a[k], c, -n)));
    const float rounded_own = rounded + between;
    const float weight_all = law::bits_float(fraction + (law::float_bits(rounded) << 23));
    const float weight = law::bits_float(fraction + (law::float_bits(rounded_own) << 23));
    sums_all[k % 4] += rounded >= wide.floor ? weight_all : 0;
    sums[k % 4] += (bits >> k & 1) != 0 && rounded_own >= own.floor ? weight : 0;
  }
  allowed = {max, fold_lanes(sums)};
  all = {max_all, fold_lanes(sums_all)};
}

// Sum of weight * (a - max) over the block.
__device__ float spread_of(const float (&a)[kHeld], uint32_t bits, float c, float max) {
  float sums[4] = {0, 0, 0, 0};
  if (fabsf(max) < law::kInfinity) {
    const law::BlockScale scale = law::block_scale(max, c);
#pragma unroll
    for (unsigned k = 0; k < kHeld; ++k) {
      const float weight = (bits >> k & 1) != 0 ? law::weight(a[k], c, scale) : 0;
      if (weight > 0) sums[k % 4] = fmaf(weight, a[k] - max, sums[k % 4]);
    }
  }
  return fold_lanes(sums);
}

template <LogitsType kType>
__global__ void __launch_bounds__(kWarpsPerBlock* kWarpThreads, 3)
    block_sums_kernel(RowSource source, BlockTable table) {
  const size_t warp = (size_t{blockIdx.x} * blockDim.x + threadIdx.x) / kWarpThreads;
  if (warp >= source.batch.logits.rows * table.blocks) return;
  const size_t number = warp / table.blocks;
  const uint32_t base = static_cast<uint32_t>(warp % table.blocks) * kBlock;
  if (logits_row(source, number) < 0) return;
  const Row row = row_of(source, number);
  const unsigned lane = lane_of_thread();

  const uint32_t first_word = base / 32;
  const uint32_t bits = striped_bits(mask_word(row.mask, row.vocab, first_word + lane));
  uint32_t wanted = bits;
  const bool all = table.all != nullptr || table.raw != nullptr;
  if (all && row.mask != nullptr) {
    wanted = striped_bits(mask_word(nullptr, row.vocab, first_word + lane));
  }
  float a[kHeld];
  load_striped<kType>(row, base, wanted, a);
  if (table.raw != nullptr) {
    const BlockSum raw = sum_striped(a, wanted, law::kLog2E);
    if (lane == 0) table.raw[warp] = raw;
  }
  if (row.adjustments < row.adjustments_end) adjust_striped(row, base, wanted, a);

  uint32_t number_allowed = 0;
  bool nan = false;
#pragma unroll
  for (unsigned k = 0; k < kHeld; ++k) {
    const bool is_allowed = (bits >> k & 1) != 0;
    number_allowed += is_allowed && a[k] > -law::kInfinity ? 1 : 0;
    nan = nan || (is_allowed && a[k] != a[k]);
  }
  number_allowed = __reduce_add_sync(kAllLanes, number_allowed);
  if (__any_sync(kAllLanes, nan)) number_allowed |= kBlockHasNan;

  BlockSum allowed;
  if (is_token_only(source.batch, row)) {
    allowed = {max_striped(a, bits), 0};
  } else if (table.all != nullptr) {
    BlockSum everything;
    if (__any_sync(kAllLanes, bits != wanted)) {
      sum_allowed_and_all(a, bits, row.scale, allowed, everything);
    } else {
      allowed = everything = sum_striped(a, bits, row.scale);
    }
    if (lane == 0) table.all[warp] = everything;
  } else {
    allowed = sum_striped(a, bits, row.scale);
  }
  if (table.spread != nullptr) {
    const float spread = spread_of(a, bits, row.scale, allowed.max);
    if (lane == 0) table.spread[warp] = spread;
  }
  if (row.parameters != nullptr && needs_filter_sums(*row.parameters, row.scale)) {
    const BlockSum filter = sum_striped(a, bits, law::filter_scale(*row.parameters));
    if (lane == 0) table.filter[warp] = filter;
  }
  if (lane == 0) {
    table.allowed[warp] = allowed;
    table.counts[warp] = number_allowed;
  }
}

constexpr size_t kColumns = 5;  // of BlockSum

}  // namespace

size_t block_table_bytes(size_t rows, size_t vocab) {
  return rows * blocks_of(vocab) * (kColumns * sizeof(BlockSum) + 2 * sizeof(float));
}

BlockTable place_block_table(void* memory, size_t rows, size_t vocab, uint32_t outputs) {
  const size_t cells = rows * blocks_of(vocab);
  BlockSum* columns = static_cast<BlockSum*>(memory);
  float* spread = reinterpret_cast<float*>(columns + kColumns * cells);
  BlockTable table{};
  table.allowed = columns;
  table.filter = columns + cells;
  table.kept = columns + 2 * cells;
  if ((outputs & kWithLogSumAll) != 0) table.all = columns + 3 * cells;
  if ((outputs & kWithRawLogProb) != 0) table.raw = columns + 4 * cells;
  if ((outputs & kWithEntropy) != 0) table.spread = spread;
  table.counts = reinterpret_cast<uint32_t*>(spread + cells);
  table.blocks = blocks_of(vocab);
  return table;
}

LaunchError launch_block_sums(const RowSource& source, const BlockTable& table, void* stream) {
  const size_t warps = source.batch.logits.rows * table.blocks;
  const size_t per_block = warps <= kFewWarps ? 1 : kWarpsPerBlock;
  const size_t blocks = (warps + per_block - 1) / per_block;
  const unsigned threads = static_cast<unsigned>(per_block) * kWarpThreads;
  switch (source.batch.logits.type) {
    case LogitsType::kF32:
      return launch(block_sums_kernel<LogitsType::kF32>, blocks, threads, stream, source, table);
    case LogitsType::kBf16:
      return launch(block_sums_kernel<LogitsType::kBf16>, blocks, threads, stream, source, table);
    case LogitsType::kF16:
      return launch(block_sums_kernel<LogitsType::kF16>, blocks, threads, stream, source, table);
  }
  return 1;  // cudaErrorInvalidValue
}

}  // namespace tokrail::cuda
