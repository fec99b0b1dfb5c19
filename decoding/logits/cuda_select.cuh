// Truncation and top-k on the GPU: where a prefix of the tokens, in falling order, ends.
//
// One CUDA block works on one row whose block sums are known. A count (top-k) or a mass (top-p) is
// looked for level by level: the tokens that can matter are counted into bins of their value, the
// bin where the prefix ends is found, and if it has few tokens they are sorted and the end is
// exact; if it has many, bins are laid over it again, down to one value, whose tokens are counted
// in the order of their ids. Blocks whose maximum is too small are not read.
//
// Masses in bins are integers, so that the order in which threads come does not matter.
#pragma once

#include "decoding/logits/cuda_block_sums.cuh"

namespace tokrail::cuda {

inline constexpr unsigned kBins = 1024;
inline constexpr unsigned kListed = 1024;  ///< tokens that are sorted in shared memory
inline constexpr float kMassUnit = 0x1p42f;

/// Shared memory of a search.
struct SelectScratch {
  uint32_t counts[kBins];
  unsigned long long masses[kBins];
  unsigned long long list[kListed];
  unsigned long long total_mass;
  unsigned long long found_mass;
  uint32_t found_bin;
  uint32_t found_count;
  uint32_t listed;
  uint32_t low_key, high_key;
  float cut_value;
  uint32_t cut_id;
};

/// A row in the hands of a CUDA block.
struct RowWork {
  Row row;
  const BlockSum* sums;  ///< of the allowed, per block
  unsigned blocks;
  float max;  ///< of the row, finite
};

/// Calls visit(value, id) for the allowed tokens of one block; by one whole warp. `visit` may use
/// no warp operation.
template <typename Visit>
__device__ inline void visit_block(const Row& row, unsigned block, const Visit& visit) {
  float a[kHeld];
  load_block(row, block, a);
#pragma unroll 1
  for (unsigned k = 0; k < kHeld; ++k) {
    if (a[k] > -law::kInfinity) visit(a[k], striped_id(block, k));
  }
}

/// The same for all blocks that have a token at or above `least`; by a whole CUDA block.
template <typename Visit>
__device__ inline void visit_row(const RowWork& work, float least, const Visit& visit) {
  const unsigned warps = blockDim.x / kWarpThreads;
  for (unsigned b = threadIdx.x / kWarpThreads; b < work.blocks; b += warps) {
    const float max = work.sums[b].max;
    if (max >= least && max > -law::kInfinity) visit_block(work.row, b, visit);
  }
}

/// What is looked for.
struct Goal {
  uint32_t count = 0;  ///< tokens; 0: look for a mass
  double mass = 0;     ///< relative to the row's top at `scale`; below 0: `part` of the prefix
  double part = 0;     ///< top_p
  float scale = 0;     ///< of the weights whose mass counts
  float least = -law::kInfinity;  ///< tokens below it cannot be in the answer
};

/// Bins over values, equal in width at first, later over keys.
struct Bins {
  bool by_value;
  float max, per_value;
  uint32_t low_key, high_key;
  unsigned shift;

  /// kBins: outside.
  __device__ unsigned of(float a) const {
    if (by_value) {
      const float bin = (max - a) * per_value;
      return bin < static_cast<float>(kBins - 1) ? static_cast<unsigned>(bin) : kBins - 1;
    }
    const uint32_t key = law::ordering_key(a);
    if (key < low_key || key > high_key) return kBins;
    return (high_key - key) >> shift;
  }
};

__device__ inline unsigned long long mass_of(float a, float scale, const law::BlockScale& top) {
  return static_cast<unsigned long long>(
      static_cast<double>(law::weight(a, scale, top)) * kMassUnit + 0.5);
}

/// A lower bound of the count-th largest value: the largest block maximum that so many blocks
/// reach.
TOKRAIL_CALLED __device__ inline float bound_of_count(const RowWork& work, uint32_t count,
                                                      SelectScratch& scratch) {
  if (threadIdx.x == 0) scratch.low_key = law::ordering_key(-law::kInfinity);
  __syncthreads();
  if (count <= work.blocks) {
    for (unsigned b = threadIdx.x; b < work.blocks; b += blockDim.x) {
      const float max = work.sums[b].max;
      unsigned reaching = 0;
      for (unsigned other = 0; other < work.blocks; ++other) {
        reaching += work.sums[other].max >= max ? 1 : 0;
      }
      if (reaching >= count) atomicMax(&scratch.low_key, law::ordering_key(max));
    }
  }
  __syncthreads();
  const float bound = law::key_value(scratch.low_key);
  __syncthreads();
  return bound;
}

/// The first bins of a search: they reach down to `least`, or as far as block maxima let expect.
__device__ inline Bins first_bins(const RowWork& work, float least, SelectScratch& scratch) {
  float reach = work.max - least;
  if (!(reach < law::kInfinity)) {
    if (threadIdx.x == 0) scratch.low_key = law::ordering_key(work.max);
    __syncthreads();
    for (unsigned b = threadIdx.x; b < work.blocks; b += blockDim.x) {
      const float max = work.sums[b].max;
      if (max > -law::kInfinity) atomicMin(&scratch.low_key, law::ordering_key(max));
    }
    __syncthreads();
    // Maxima of 1024 tokens are some deviations above the middle of the row.
    reach = 4 * (work.max - law::key_value(scratch.low_key));
    __syncthreads();
    if (!(reach < law::kInfinity)) reach = FLT_MAX;
    if (!(reach > 0)) reach = 16;
  }
  Bins bins{};
  bins.by_value = true;
  bins.max = work.max;
  bins.per_value = reach > 0 ? static_cast<float>(kBins - 1) / reach : 0;
  if (!(bins.per_value < law::kInfinity)) bins.per_value = 0;
  return bins;
}

/// Finds the bin where count or mass is reached, given what lies above the bins; by warp 0.
/// found_bin is kBins if the prefix ends before that.
__device__ inline void find_bin(const Goal& goal, uint32_t count_above,
                                unsigned long long mass_above, SelectScratch& scratch) {
  constexpr unsigned kPerLane = kBins / kWarpThreads;
  const unsigned lane = lane_of_thread();
  uint32_t count = 0;
  unsigned long long mass = 0;
  for (unsigned i = 0; i < kPerLane; ++i) {
    count += scratch.counts[lane * kPerLane + i];
    mass += scratch.masses[lane * kPerLane + i];
  }
  uint32_t count_before = count;
  unsigned long long mass_before = mass;
  for (unsigned step = 1; step < kWarpThreads; step *= 2) {
    const uint32_t other = __shfl_up_sync(kAllLanes, count_before, step);
    const unsigned long long other_mass = __shfl_up_sync(kAllLanes, mass_before, step);
    if (lane >= step) {
      count_before += other;
      mass_before += other_mass;
    }
  }
  const unsigned long long all = __shfl_sync(kAllLanes, mass_before, 31) + mass_above;
  count_before += count_above - count;
  mass_before += mass_above - mass;
  if (lane == 0) {
    scratch.found_bin = kBins;
    scratch.total_mass = all;
  }
  __syncwarp();
  const double wanted =
      goal.mass >= 0 ? goal.mass * kMassUnit : goal.part * static_cast<double>(all);
  const bool here =
      count > 0 && (goal.count > 0 ? count_before < goal.count && count_before + count >= goal.count
                                   : static_cast<double>(mass_before + mass) >= wanted);
  const unsigned reached = __ballot_sync(kAllLanes, here);
  if (reached == 0 || static_cast<int>(lane) != __ffs(static_cast<int>(reached)) - 1) return;
  for (unsigned i = 0; i < kPerLane; ++i) {
    const unsigned bin = lane * kPerLane + i;
    const uint32_t in_bin = scratch.counts[bin];
    const bool ends =
        in_bin > 0 &&
        (goal.count > 0 ? count_before + in_bin >= goal.count
                        : static_cast<double>(mass_before + scratch.masses[bin]) >= wanted);
    if (ends) {
      scratch.found_bin = bin;
      scratch.found_count = count_before;
      scratch.found_mass = mass_before;
      return;
    }
    count_before += in_bin;
    mass_before += scratch.masses[bin];
  }
}

/// List entries rise as tokens fall: larger values first, then lower ids.
__device__ inline unsigned long long list_entry(float a, uint32_t id) {
  return static_cast<unsigned long long>(~law::ordering_key(a)) << 32 | id;
}
__device__ inline float entry_value(unsigned long long entry) {
  return law::key_value(~static_cast<uint32_t>(entry >> 32));
}
__device__ inline uint32_t entry_id(unsigned long long entry) {
  return static_cast<uint32_t>(entry);
}

/// A sorting network over `count` places, by a whole CUDA block: exchange(low, high) puts two of
/// them in order. All comparisons point the same way, so that places beyond the end can be left
/// out.
template <typename Exchange>
__device__ inline void sort_network(unsigned count, const Exchange& exchange) {
  unsigned size = 2;
  while (size < count) size *= 2;
  for (unsigned run = 2; run <= size; run *= 2) {
    for (unsigned i = threadIdx.x; i < size / 2; i += blockDim.x) {
      const unsigned first = i / (run / 2) * run;
      const unsigned low = first + i % (run / 2);
      const unsigned high = first + run - 1 - i % (run / 2);
      if (high < count) exchange(low, high);
    }
    __syncthreads();
    for (unsigned step = run / 4; step > 0; step /= 2) {
      for (unsigned i = threadIdx.x; i < size / 2; i += blockDim.x) {
        const unsigned low = i / step * 2 * step + i % step;
        if (low + step < count) exchange(low, low + step);
      }
      __syncthreads();
    }
  }
}

TOKRAIL_CALLED __device__ inline void sort_list(unsigned long long* list, unsigned count) {
  sort_network(count, [list](unsigned low, unsigned high) {
    const unsigned long long a = list[low];
    const unsigned long long b = list[high];
    if (a > b) {
      list[low] = b;
      list[high] = a;
    }
  });
}

/// The end of the prefix in a sorted list of few tokens; by warp 0. The last token if the goal is
/// missed by rounding.
__device__ inline void find_in_list(const Goal& goal, const law::BlockScale& top, unsigned listed,
                                    SelectScratch& scratch) {
  const unsigned lane = lane_of_thread();
  unsigned end = listed - 1;
  if (goal.count > 0) {
    const unsigned place = goal.count - scratch.found_count - 1;
    end = place < end ? place : end;
  } else {
    const unsigned long long all = scratch.total_mass;
    const double wanted =
        goal.mass >= 0 ? goal.mass * kMassUnit : goal.part * static_cast<double>(all);
    unsigned long long before = scratch.found_mass;
    for (unsigned first = 0; first < listed; first += kWarpThreads) {
      unsigned long long sum =
          first + lane < listed ? mass_of(entry_value(scratch.list[first + lane]), goal.scale, top)
                                : 0;
      for (unsigned step = 1; step < kWarpThreads; step *= 2) {
        const unsigned long long other = __shfl_up_sync(kAllLanes, sum, step);
        if (lane >= step) sum += other;
      }
      const bool reached = first + lane < listed && static_cast<double>(before + sum) >= wanted;
      const unsigned lanes = __ballot_sync(kAllLanes, reached);
      if (lanes != 0) {
        end = first + static_cast<unsigned>(__ffs(static_cast<int>(lanes))) - 1;
        break;
      }
      before += __shfl_sync(kAllLanes, sum, 31);
    }
  }
  if (lane == 0) {
    scratch.cut_value = entry_value(scratch.list[end]);
    scratch.cut_id = entry_id(scratch.list[end]);
  }
}

/// Tokens that all have one value: the end of the prefix is the `needed`-th of them by id. By a
/// whole CUDA block.
__device__ inline void cut_among_equals(const RowWork& work, const law::Cut& prefix, float value,
                                        uint32_t needed, SelectScratch& scratch) {
  const unsigned lane = lane_of_thread();
  const unsigned warps = blockDim.x / kWarpThreads;
  for (unsigned b = threadIdx.x / kWarpThreads; b < work.blocks; b += warps) {
    uint32_t equal = 0;
    if (work.sums[b].max >= value) {
      visit_block(work.row, b, [&](float a, uint32_t id) {
        equal += a == value && law::keeps(prefix, a, id) ? 1 : 0;
      });
      equal = __reduce_add_sync(kAllLanes, equal);
    }
    if (lane == 0) scratch.counts[b] = equal;
  }
  __syncthreads();
  if (threadIdx.x == 0) {
    uint32_t block = 0;
    while (block + 1 < work.blocks && scratch.counts[block] < needed) {
      needed -= scratch.counts[block++];
    }
    scratch.found_bin = block;
    scratch.found_count = needed;
    scratch.listed = 0;
  }
  __syncthreads();
  if (threadIdx.x < kWarpThreads) {
    visit_block(work.row, scratch.found_bin, [&](float a, uint32_t id) {
      if (a == value && law::keeps(prefix, a, id)) {
        scratch.list[atomicAdd(&scratch.listed, 1u)] = list_entry(a, id);
      }
    });
  }
  __syncthreads();
  const unsigned listed = scratch.listed;
  sort_list(scratch.list, listed);
  if (threadIdx.x == 0) {
    const unsigned place = scratch.found_count < listed ? scratch.found_count : listed;
    scratch.cut_value = value;
    scratch.cut_id = entry_id(scratch.list[place - 1]);
  }
}

/// Counts the tokens of the prefix from `least` up, and their masses. By a whole CUDA block.
__device__ inline void count_into_bins(const RowWork& work, const law::Cut& prefix,
                                       const Goal& goal, float least, const Bins& bins,
                                       SelectScratch& scratch) {
  const law::BlockScale top = law::block_scale(work.max, goal.scale);
  for (unsigned i = threadIdx.x; i < kBins; i += blockDim.x) {
    scratch.counts[i] = 0;
    scratch.masses[i] = 0;
  }
  __syncthreads();
  visit_row(work, least, [&](float a, uint32_t id) {
    if (!(a >= least) || !law::keeps(prefix, a, id)) return;
    const unsigned bin = bins.of(a);
    if (bin == kBins) return;
    atomicAdd(&scratch.counts[bin], 1u);
    if (goal.count == 0) atomicAdd(&scratch.masses[bin], mass_of(a, goal.scale, top));
  });
  __syncthreads();
}

/// Bins over the keys of those tokens that lie in the bin that was found. By a whole CUDA block.
__device__ inline Bins bins_over(const RowWork& work, const law::Cut& prefix, float least,
                                 const Bins& old, SelectScratch& scratch) {
  uint32_t low_key = 0xFFFFFFFF;
  uint32_t high_key = 0;
  visit_row(work, least, [&](float a, uint32_t id) {
    if (!(a >= least) || !law::keeps(prefix, a, id) || old.of(a) != scratch.found_bin) return;
    const uint32_t key = law::ordering_key(a);
    low_key = key < low_key ? key : low_key;
    high_key = key > high_key ? key : high_key;
  });
  low_key = __reduce_min_sync(kAllLanes, low_key);
  high_key = __reduce_max_sync(kAllLanes, high_key);
  if (lane_of_thread() == 0) {
    atomicMin(&scratch.low_key, low_key);
    atomicMax(&scratch.high_key, high_key);
  }
  __syncthreads();
  Bins bins{};
  bins.low_key = scratch.low_key;
  bins.high_key = scratch.high_key;
  bins.shift = 0;
  while ((bins.high_key - bins.low_key) >> bins.shift >= kBins) ++bins.shift;
  __syncthreads();
  return bins;
}

/// How many tokens of the value `least` are needed to reach a mass.
__device__ inline uint32_t equals_for_mass(const Goal& goal, float least,
                                           const law::BlockScale& top,
                                           unsigned long long mass_above) {
  const double each = static_cast<double>(mass_of(least, goal.scale, top));
  const double left = goal.mass * kMassUnit - static_cast<double>(mass_above);
  const double number = each > 0 ? ceil(left / each) : 1;
  return number < 1 ? 1 : number > 4e9 ? 0xFFFFFFFF : static_cast<uint32_t>(number);
}

/// The smallest prefix of `prefix` that reaches the goal, or `prefix` where it never does. By a
/// whole CUDA block; all threads get the answer.
TOKRAIL_CALLED __device__ inline law::Cut narrowed(const RowWork& work, const law::Cut& prefix,
                                                   const Goal& goal, SelectScratch& scratch) {
  float least = prefix.value > goal.least ? prefix.value : goal.least;
  const law::BlockScale top = law::block_scale(work.max, goal.scale);
  Bins bins = first_bins(work, least, scratch);
  uint32_t count_above = 0;
  unsigned long long mass_above = 0;
  double mass = goal.mass;
  for (;;) {
    count_into_bins(work, prefix, goal, least, bins, scratch);
    Goal now = goal;
    now.mass = mass;
    if (threadIdx.x < kWarpThreads) find_bin(now, count_above, mass_above, scratch);
    if (threadIdx.x == 0) {
      scratch.listed = 0;
      scratch.low_key = 0xFFFFFFFF;
      scratch.high_key = 0;
    }
    __syncthreads();
    const unsigned bin = scratch.found_bin;
    if (bin == kBins) return prefix;
    // The mass of the whole prefix is known after the first pass, which sees all of it.
    if (mass < 0) mass = goal.part * (static_cast<double>(scratch.total_mass) / kMassUnit);
    now.mass = mass;
    if (scratch.counts[bin] <= kListed) {
      visit_row(work, least, [&](float a, uint32_t id) {
        if (a >= least && law::keeps(prefix, a, id) && bins.of(a) == bin) {
          scratch.list[atomicAdd(&scratch.listed, 1u)] = list_entry(a, id);
        }
      });
      __syncthreads();
      const unsigned listed = scratch.listed;
      sort_list(scratch.list, listed);
      if (threadIdx.x < kWarpThreads) find_in_list(now, top, listed, scratch);
      break;
    }
    count_above = scratch.found_count;
    mass_above = scratch.found_mass;
    bins = bins_over(work, prefix, least, bins, scratch);
    least = law::key_value(bins.low_key);
    if (bins.low_key != bins.high_key) continue;
    uint32_t needed = goal.count - count_above;
    if (goal.count == 0) needed = equals_for_mass(now, least, top, mass_above);
    cut_among_equals(work, prefix, least, needed, scratch);
    break;
  }
  __syncthreads();
  const law::Cut cut{scratch.cut_value, scratch.cut_id};
  __syncthreads();
  return cut;
}

/// What the filters of a row keep. `total`: of the allowed at the filters' scale, for top-p.
TOKRAIL_CALLED __device__ inline law::Cut truncated(const RowWork& work, double total,
                                                    SelectScratch& scratch) {
  const RowParameters& p = *work.row.parameters;
  const float scale = law::filter_scale(p);
  law::Cut cut;
  const float threshold = law::min_p_threshold(work.max, scale, p.min_p);
  if (p.order == FilterOrder::kVllm && threshold > cut.value) cut.value = threshold;
  if (p.top_k > 0 && p.top_k < work.row.vocab) {
    Goal goal;
    goal.count = p.top_k;
    goal.scale = scale;
    goal.least = bound_of_count(work, p.top_k, scratch);
    cut = narrowed(work, cut, goal, scratch);
  }
  if (p.top_p < 1) {
    Goal goal;
    goal.part = p.top_p;
    goal.scale = scale;
    goal.mass = -1;
    if (cut.value == -law::kInfinity) {
      goal.mass = p.top_p * total;
      // Weights below (1 - top_p) / vocab of the largest are together less than what is left out.
      if (scale > 0) {
        const double octaves = log2((1 - static_cast<double>(p.top_p)) / work.row.vocab) - 0.01;
        goal.least = static_cast<float>(work.max + octaves / scale);
      }
    }
    cut = narrowed(work, cut, goal, scratch);
  }
  if (p.order != FilterOrder::kVllm && threshold > cut.value) cut = {threshold, 0xFFFFFFFF};
  return cut;
}

__device__ inline bool is_truncated(const RowParameters& p, uint32_t vocab) {
  return p.min_p > 0 || (p.top_k > 0 && p.top_k < vocab) || p.top_p < 1;
}

}  // namespace tokrail::cuda
