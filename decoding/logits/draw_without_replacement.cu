#include "decoding/logits/cuda_operations.h"
#include "decoding/logits/cuda_prepare.cuh"
#include "decoding/logits/cuda_row_threads.cuh"
#include "decoding/logits/cuda_workspace.cuh"
#include "decoding/logits/draw_without_replacement.h"

namespace tokrail::cuda {

namespace {

// Writes the mask of what can be drawn, and gives the row sums of its own that draws may change.
// By a whole CUDA block.
__device__ void keep_for_removal(const PreparedRow& row, BlockSum* kept, uint32_t* left) {
  const RowWork& work = row.work;
  const unsigned lane = lane_of_thread();
  for (unsigned b = threadIdx.x / kWarpThreads; b < work.blocks; b += blockDim.x / kWarpThreads) {
    const uint32_t number = b * (kBlock / 32) + lane;
    uint32_t word = mask_word(work.row.mask, work.row.vocab, number);
    if (row.is_cut && row.drawn[b].max == -law::kInfinity) word = 0;
    if (row.is_cut && row.drawn[b].max > -law::kInfinity) {
      float a[law::kWord];
      load_words(work.row, b, word, a);
      for (unsigned i = 0; i < 32; ++i) {
        if (!law::keeps(row.cut, a[i], number * 32 + i)) word &= ~(1u << i);
      }
    }
    if (number * 32 < work.row.vocab) left[number] = word;
    if (lane == 0) kept[b] = row.drawn[b];
  }
}

__device__ float largest_max(const BlockSum* blocks, unsigned count) {
  float max = -law::kInfinity;
  for (unsigned b = lane_of_thread(); b < count; b += kWarpThreads) {
    max = fmaxf(max, blocks[b].max);
  }
  return warp_max(max);
}

// The draws of one row, by warp 0. `row` has the mask of what is left.
__device__ void draw_in_order(const Row& row, BlockSum* blocks, unsigned count, uint32_t* left,
                              uint32_t flags, Draw* draws, uint32_t draw_count,
                              DrawScratch& scratch) {
  const RowParameters& p = *row.parameters;
  const CounterRandom random(p.seed);
  const bool greedy = law::is_greedy(p);
  const unsigned lane = lane_of_thread();
  RowSum sum = fold_row(blocks, count, row.scale, scratch.scaled);
  const RowSum before = sum;
  for (uint32_t i = 0; i < draw_count; ++i) {
    Picked picked{kNoToken, 0};
    if (greedy) {
      const float max = largest_max(blocks, count);
      if (max > -law::kInfinity) picked = {first_of_value(row, blocks, count, max), max};
    } else {
      picked =
          draw_from_row(row, blocks, count, {}, sum, random.uniform(law::row_draw(p, i)), scratch);
    }
    Draw draw;
    draw.flags = flags;
    draw.token = picked.id;
    draw.log_prob = -static_cast<double>(law::kInfinity);
    if (picked.id != kNoToken) {
      const unsigned block = picked.id / kBlock;
      if (lane == 0) left[picked.id / 32] &= ~(1u << picked.id % 32);
      __syncwarp();
      float a[kHeld];
      load_block(row, block, a);
      uint32_t bits = 0;
      for (unsigned k = 0; k < kHeld; ++k) bits |= a[k] > -law::kInfinity ? 1u << k : 0;
      const BlockSum again = sum_block(a, bits, row.scale);
      if (lane == 0) blocks[block] = again;
      __syncwarp();
      sum = fold_row(blocks, count, row.scale, scratch.scaled);
      draw.log_prob = log_weight(picked.a, row.scale) - law::log_of_total(before.total, before.top);
      const bool empty = greedy ? largest_max(blocks, count) == -law::kInfinity : !(sum.total > 0);
      if (!empty) {
        const double part = sum.total * law::power_between(sum.top, before.top) / before.total;
        draw.remaining = part > DBL_MIN ? part : DBL_MIN;
      }
    }
    if (lane == 0) draws[i] = draw;
  }
}

__global__ void __launch_bounds__(kMostRowThreads)
    draw_rows_kernel(RowSource source, BlockTable table, uint32_t* left_rows, size_t row_words,
                     uint32_t count, Draw* draws) {
  TOKRAIL_SHARED(RowScratch, scratch);
  const size_t number = blockIdx.x;
  const PreparedRow row = prepare_row(source, table, number, true, scratch);
  Draw* const own_draws = draws + number * count;
  if (row.state != RowState::kReady) {
    TokenId first = kNoToken;
    if (row.state == RowState::kInfinite && threadIdx.x < kWarpThreads) {
      first = first_of_value(row.work.row, row.work.sums, row.work.blocks, row.work.max);
    }
    for (uint32_t i = threadIdx.x; i < count; i += blockDim.x) {
      Draw draw;
      draw.flags = scratch.flags;
      if (i == 0) draw.token = first;
      if (draw.token == kNoToken) draw.log_prob = -static_cast<double>(law::kInfinity);
      own_draws[i] = draw;
    }
    return;
  }
  BlockSum* const kept = table.kept + number * table.blocks;
  uint32_t* const left = left_rows + number * row_words;
  keep_for_removal(row, kept, left);
  __syncthreads();
  if (threadIdx.x >= kWarpThreads) return;
  Row own = row.work.row;
  own.mask = left;
  draw_in_order(own, kept, table.blocks, left, scratch.flags, own_draws, count, scratch.draw);
}

}  // namespace

int draw_without_replacement(const SampleBatch& batch, uint32_t count, Draw* draws, void* workspace,
                             void* stream) {
  const size_t rows = batch.logits.rows;
  const size_t vocab = batch.logits.vocab;
  const Workspace parts = place_workspace(workspace, rows, vocab);
  RowSource source{.batch = batch};
  source.batch.outputs = kMaskedOnly;
  source.batch.top_n = 0;
  const BlockTable table = place_block_table(parts.first_table, rows, vocab, kMaskedOnly);
  const LaunchError error = launch_block_sums(source, table, stream);
  if (error != 0) return error;
  return launch(draw_rows_kernel, rows, row_threads(rows), stream, source, table, parts.left,
                row_words_of(vocab), count, draws);
}

}  // namespace tokrail::cuda
