#include "decoding/logits/cuda_operations.h"
#include "decoding/logits/cuda_prepare.cuh"
#include "decoding/logits/cuda_row_threads.cuh"
#include "decoding/logits/cuda_top.cuh"
#include "decoding/logits/sample_masked.h"

namespace tokrail::cuda {

namespace {

// Natural log of the sum over a row; infinite where +inf is in it.
__device__ double log_sum_of(const BlockSum* sums, const RowWork& work, float c,
                             ScaledSums& scaled) {
  float max = -law::kInfinity;
  for (unsigned b = lane_of_thread(); b < work.blocks; b += kWarpThreads) {
    max = fmaxf(max, sums[b].max);
  }
  max = warp_max(max);
  const RowSum sum = fold_row(sums, work.blocks, c, scaled);
  __syncwarp();
  if (max == law::kInfinity) return law::kInfinity;
  return sum.total > 0 ? law::log_of_total(sum.total, sum.top) : -law::kInfinity;
}

__device__ double entropy_of(const BlockSum* sums, const float* spread, unsigned blocks, float c,
                             const RowSum& row) {
  // -sum of p log2 p, with log2 p = a * c - top - log2(total).
  double weighted = 0;
  for (unsigned b = lane_of_thread(); b < blocks; b += kWarpThreads) {
    if (!(sums[b].sum > 0)) continue;
    const double reference = reference_of(sums[b], c);
    const double exponents =
        static_cast<double>(spread[b]) * c +
        static_cast<double>(sums[b].sum) * (static_cast<double>(sums[b].max) * c - row.top);
    weighted += exponents * law::power_between(reference, row.top);
  }
  for (int step = 16; step > 0; step /= 2) {
    weighted += __shfl_xor_sync(kAllLanes, weighted, step);
  }
  return law::kLn2 * (log2(row.total) - weighted / row.total);
}

__device__ float max_logit_of(const RowParameters& p, float max) {
  return law::is_greedy(p) ? max : max * p.inverse_temperature;
}

// The row's token and what is said of it. By warp 0.
__device__ RowResult draw_row(const PreparedRow& prepared, const BlockTable& table, size_t first,
                              RowScratch& scratch, double& log_sum) {
  const RowWork& work = prepared.work;
  const Row& row = work.row;
  const RowParameters& p = *row.parameters;
  ScaledSums& scaled = scratch.draw.scaled;
  const bool infinite = prepared.state == RowState::kInfinite;
  const bool is_point = infinite || law::is_greedy(p);
  RowResult result;
  result.flags = scratch.flags;
  if (prepared.state != RowState::kEmpty) {
    result.allowed = scratch.allowed;
    result.kept = is_point ? 1 : prepared.is_cut ? scratch.kept : scratch.allowed;
  }
  if (prepared.state != RowState::kEmpty) result.max_logit = max_logit_of(p, work.max);
  double log_sum_all = 0;
  if (table.all != nullptr) log_sum_all = log_sum_of(table.all + first, work, row.scale, scaled);
  double raw_sum = 0;
  if (table.raw != nullptr) raw_sum = log_sum_of(table.raw + first, work, law::kLog2E, scaled);
  RowSum sum = fold_row(work.sums, work.blocks, row.scale, scaled);
  if (prepared.state == RowState::kEmpty) {
    result.log_sum = -law::kInfinity;
    if (table.all != nullptr) result.log_sum_all = static_cast<float>(log_sum_all);
    return result;
  }
  log_sum = infinite ? law::kInfinity : law::log_of_total(sum.total, sum.top);
  if (table.spread != nullptr) {
    const double entropy = entropy_of(work.sums, table.spread + first, work.blocks, row.scale, sum);
    result.entropy = infinite || !(entropy > 0) ? 0 : static_cast<float>(entropy);
  }
  Picked picked{kNoToken, 0};
  if (is_point) {
    picked = {first_of_value(row, work.sums, work.blocks, work.max), work.max};
  } else {
    if (prepared.is_cut) {
      __syncwarp();
      sum = fold_row(prepared.drawn, work.blocks, row.scale, scaled);
    }
    picked = draw_from_row(row, prepared.drawn, work.blocks, prepared.cut, sum,
                           CounterRandom(p.seed).uniform(law::row_draw(p)), scratch.draw);
  }
  result.token = picked.id;
  result.log_sum = static_cast<float>(log_sum);
  if (table.all != nullptr) result.log_sum_all = static_cast<float>(log_sum_all);
  if (picked.id == kNoToken) return result;
  const double own = log_weight(picked.a, row.scale);
  result.log_prob = infinite ? 0 : static_cast<float>(own - log_sum);
  if (table.all != nullptr) {
    result.log_prob_all = infinite ? 0 : static_cast<float>(own - log_sum_all);
  }
  if (table.raw != nullptr) {
    const float x = law::load_logit(row.data, row.type, picked.id);
    result.raw_log_prob = raw_sum < static_cast<double>(law::kInfinity)
                              ? static_cast<float>(log_weight(x, law::kLog2E) - raw_sum)
                              : (x == law::kInfinity ? 0 : -law::kInfinity);
  }
  return result;
}

// The top of a row that has no order: nothing, or the one token that has everything.
__device__ void fill_top(const SampleBatch& batch, size_t number, TokenId first) {
  for (uint32_t i = threadIdx.x; i < batch.top_n; i += blockDim.x) {
    const bool is_first = i == 0 && first != kNoToken;
    batch.top_ids[number * batch.top_n + i] = is_first ? first : kNoToken;
    batch.top_log_probs[number * batch.top_n + i] = is_first ? 0 : -law::kInfinity;
  }
}

__global__ void __launch_bounds__(kMostRowThreads)
    sample_rows_kernel(RowSource source, BlockTable table, RowResult* results) {
  TOKRAIL_SHARED(RowScratch, scratch);
  TOKRAIL_SHARED(double, log_sum);
  const SampleBatch& batch = source.batch;
  const size_t number = blockIdx.x;
  const PreparedRow row = prepare_row(source, table, number, false, scratch);
  if (row.state == RowState::kBad) {
    if (threadIdx.x == 0) {
      results[number] = RowResult{};
      results[number].flags = kRowBadParameters;
    }
    fill_top(batch, number, kNoToken);
    return;
  }
  TokenId token = kNoToken;
  if (threadIdx.x < kWarpThreads) {
    double row_log_sum = 0;
    RowResult result = draw_row(row, table, number * table.blocks, scratch, row_log_sum);
    token = result.token;
    if (threadIdx.x == 0) {
      log_sum = row_log_sum;
      if (is_token_only(batch, row.work.row)) result.log_sum = result.log_prob = NAN;
      if ((batch.outputs & kWithCounts) == 0) result.allowed = result.kept = 0;
      results[number] = result;
    }
  }
  if (batch.top_n == 0) return;
  if (row.state != RowState::kReady) {
    fill_top(batch, number, token);
    return;
  }
  __syncthreads();
  write_top(row.work, batch.top_n, batch.top_ids + number * batch.top_n,
            batch.top_log_probs + number * batch.top_n, law::kLn2, row.work.row.scale, log_sum,
            scratch.select);
}

}  // namespace

int sample_masked(const SampleBatch& batch, RowResult* results, void* workspace, void* stream) {
  const size_t rows = batch.logits.rows;
  const BlockTable table = place_block_table(workspace, rows, batch.logits.vocab, batch.outputs);
  const RowSource source{.batch = batch};
  const LaunchError error = launch_block_sums(source, table, stream);
  if (error != 0) return error;
  return launch(sample_rows_kernel, rows, row_threads(rows), stream, source, table, results);
}

}  // namespace tokrail::cuda
