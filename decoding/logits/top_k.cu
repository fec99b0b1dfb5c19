#include "decoding/logits/cuda_operations.h"
#include "decoding/logits/cuda_row_threads.cuh"
#include "decoding/logits/cuda_top.cuh"
#include "decoding/logits/top_k.h"

namespace tokrail::cuda {

namespace {

__global__ void __launch_bounds__(kMostRowThreads)
    top_k_kernel(RowSource source, BlockTable table, uint32_t k, TokenId* ids, float* values) {
  TOKRAIL_SHARED(SelectScratch, scratch);
  TOKRAIL_SHARED(uint32_t, most);
  const size_t number = blockIdx.x;
  RowWork work{row_of(source, number), table.allowed + number * table.blocks, table.blocks, 0};
  if (threadIdx.x == 0) most = law::ordering_key(-law::kInfinity);
  __syncthreads();
  for (unsigned b = threadIdx.x; b < work.blocks; b += blockDim.x) {
    atomicMax(&most, law::ordering_key(work.sums[b].max));
  }
  __syncthreads();
  work.max = law::key_value(most);
  write_top(work, k, ids + number * k, values + number * k, 1, 1, 0, scratch);
}

}  // namespace

int top_k(const LogitsView& logits, const MaskView& masks, uint32_t k, TokenId* ids, float* values,
          void* workspace, void* stream) {
  if (k == 0) return 0;
  const RowSource source{.batch = {.logits = logits, .masks = masks}};
  const BlockTable table = place_block_table(workspace, logits.rows, logits.vocab, kMaskedOnly);
  const LaunchError error = launch_block_sums(source, table, stream);
  if (error != 0) return error;
  return launch(top_k_kernel, logits.rows, row_threads(logits.rows), stream, source, table, k, ids,
                values);
}

}  // namespace tokrail::cuda
