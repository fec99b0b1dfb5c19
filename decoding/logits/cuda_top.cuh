// The largest tokens of a row in order, by one CUDA block.
#pragma once

#include "decoding/logits/cuda_select.cuh"

namespace tokrail::cuda {

/// Writes the ids and values of the `count` largest allowed tokens, largest first, lower id first
/// among equals, and fills up with kNoToken and -inf. A value is
/// factor * (a * scale) - offset.
__device__ inline void write_top(const RowWork& work, uint32_t count, TokenId* ids, float* values,
                                 double factor, double scale, double offset,
                                 SelectScratch& scratch) {
  const auto show = [factor, scale, offset](float a) {
    return static_cast<float>(factor * (static_cast<double>(a) * scale) - offset);
  };
  law::Cut cut;
  if (count < work.row.vocab) {
    Goal goal;
    goal.count = count;
    goal.least = bound_of_count(work, count, scratch);
    cut = narrowed(work, cut, goal, scratch);
  }
  if (threadIdx.x == 0) scratch.listed = 0;
  __syncthreads();
  const bool in_list = count <= kListed;
  visit_row(work, cut.value, [&](float a, uint32_t id) {
    if (!law::keeps(cut, a, id)) return;
    const uint32_t place = atomicAdd(&scratch.listed, 1u);
    if (place >= count) return;
    if (in_list) {
      scratch.list[place] = list_entry(a, id);
    } else {
      ids[place] = id;
      values[place] = a;
    }
  });
  __syncthreads();
  const uint32_t found = scratch.listed < count ? scratch.listed : count;
  if (in_list) {
    sort_list(scratch.list, found);
    for (uint32_t i = threadIdx.x; i < found; i += blockDim.x) {
      const unsigned long long entry = scratch.list[i];
      ids[i] = entry_id(entry);
      values[i] = show(entry_value(entry));
    }
  } else {
    sort_network(found, [ids, values](unsigned low, unsigned high) {
      const float a = values[low];
      const float b = values[high];
      const TokenId id_a = ids[low];
      const TokenId id_b = ids[high];
      if (a > b || (a == b && id_a < id_b)) return;
      values[low] = b;
      values[high] = a;
      ids[low] = id_b;
      ids[high] = id_a;
    });
    for (uint32_t i = threadIdx.x; i < found; i += blockDim.x) values[i] = show(values[i]);
  }
  for (uint32_t i = found + threadIdx.x; i < count; i += blockDim.x) {
    ids[i] = kNoToken;
    values[i] = -law::kInfinity;
  }
  __syncthreads();
}

}  // namespace tokrail::cuda
