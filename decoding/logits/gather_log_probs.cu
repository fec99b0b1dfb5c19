#include "decoding/logits/cuda_draw.cuh"
#include "decoding/logits/cuda_operations.h"
#include "decoding/logits/gather_log_probs.h"

namespace tokrail::cuda {

namespace {

constexpr unsigned kThreads = 64;

struct Shared {
  ScaledSums scaled;
  double log_sum;
  float max;
  TokenId point;  ///< the lowest id of +inf, which has everything
};

__global__ void __launch_bounds__(kThreads)
    gather_kernel(RowSource source, BlockTable table, const TokenId* ids, const uint32_t* offsets,
                  float* log_probs, float* log_sums) {
  TOKRAIL_SHARED(Shared, shared);
  const size_t number = blockIdx.x;
  const Row row = row_of(source, number);
  const BlockSum* sums = table.allowed + number * table.blocks;
  const bool valid =
      __syncthreads_and(law::valid(*row.parameters) && adjustments_are_valid(row)) != 0;
  if (threadIdx.x < kWarpThreads) {
    float max = -law::kInfinity;
    for (unsigned b = threadIdx.x; b < table.blocks; b += kWarpThreads) {
      max = fmaxf(max, sums[b].max);
    }
    max = warp_max(max);
    TokenId point = kNoToken;
    if (max == law::kInfinity) point = first_of_value(row, sums, table.blocks, max);
    const RowSum sum = fold_row(sums, table.blocks, row.scale, shared.scaled);
    if (threadIdx.x == 0) {
      shared.max = max;
      shared.point = point;
      shared.log_sum = max == law::kInfinity    ? law::kInfinity
                       : max == -law::kInfinity ? -law::kInfinity
                                                : law::log_of_total(sum.total, sum.top);
      if (!valid) shared.log_sum = NAN;
      if (log_sums != nullptr) log_sums[number] = static_cast<float>(shared.log_sum);
    }
  }
  __syncthreads();
  for (uint32_t i = offsets[number] + threadIdx.x; i < offsets[number + 1]; i += blockDim.x) {
    const TokenId id = ids[i];
    float log_prob = valid ? -law::kInfinity : NAN;
    if (valid && id < row.vocab &&
        (mask_word(row.mask, row.vocab, id / 32) >> (id % 32) & 1) != 0) {
      const float a = adjusted_logit(row, id);
      if (shared.max == law::kInfinity) {
        log_prob = id == shared.point ? 0 : -law::kInfinity;
      } else if (a > -law::kInfinity) {
        log_prob = static_cast<float>(log_weight(a, row.scale) - shared.log_sum);
      }
    }
    log_probs[i] = log_prob;
  }
}

}  // namespace

int gather_log_probs(const SampleBatch& batch, const TokenId* ids, const uint32_t* offsets,
                     float* log_probs, float* log_sums, void* workspace, void* stream) {
  const size_t rows = batch.logits.rows;
  const BlockTable table = place_block_table(workspace, rows, batch.logits.vocab, kMaskedOnly);
  const RowSource source{.batch = batch};
  const LaunchError error = launch_block_sums(source, table, stream);
  if (error != 0) return error;
  return launch(gather_kernel, rows, kThreads, stream, source, table, ids, offsets, log_probs,
                log_sums);
}

}  // namespace tokrail::cuda
