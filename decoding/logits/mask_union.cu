#include "decoding/logits/cuda_launch.cuh"
#include "decoding/logits/cuda_operations.h"
#include "decoding/logits/mask_union.h"

namespace tokrail::cuda {

namespace {

constexpr unsigned kThreads = 128;

// A thread makes one word of one mask; the threads of a warp read neighbouring words of each row of
// the table. The list is short and the same for all of them.
__global__ void __launch_bounds__(kThreads)
    mask_union_kernel(BitRowsView table, UnionLists lists, uint32_t* masks, unsigned parts) {
  const size_t row = blockIdx.x / parts;
  const size_t word = size_t{blockIdx.x % parts} * blockDim.x + threadIdx.x;
  if (word >= table.row_words) return;
  uint32_t bits = 0;
  const uint32_t end = lists.offsets[row + 1];
  for (uint32_t i = lists.offsets[row]; i < end; ++i) {
    const uint32_t id = lists.ids[i];
    if (id < table.rows) bits |= table.words[id * table.row_words + word];
  }
  masks[row * table.row_words + word] = bits;
}

}  // namespace

int mask_union(const BitRowsView& table, const UnionLists& lists, uint32_t* masks, void* stream) {
  const size_t parts = (table.row_words + kThreads - 1) / kThreads;
  return launch(mask_union_kernel, lists.rows * parts, kThreads, stream, table, lists, masks,
                static_cast<unsigned>(parts));
}

}  // namespace tokrail::cuda
