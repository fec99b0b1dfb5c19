// The part of CUDA that our kernels use, for the host compiler: included before everything else
// when a .cu file is compiled as C++ (g++ -x c++ -include tests/cuda_shim/cuda_shim.h x.cu).
//
// Kernels keep to: threadIdx & co., static __shared__ memory, barriers, warp operations with all
// lanes, atomics, 16-byte vectors. No CUB, no cooperative groups, no inline PTX, no device printf.
// How threads run and what is found: block_runner.h.
#pragma once

#define TOKRAIL_CUDA_SHIM 1

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "tests/cuda_shim/block_runner.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__
#define __launch_bounds__(...)
// Blocks run one after another on a host thread, so that a static variable of it is the block's.
#define __shared__ static thread_local

using dim3 = tokrail::cuda_shim::Dim3;
using cudaStream_t = void*;

#define threadIdx (::tokrail::cuda_shim::current.thread_index)
#define blockIdx (::tokrail::cuda_shim::current.block_index)
#define blockDim (::tokrail::cuda_shim::current.block_size)
#define gridDim (::tokrail::cuda_shim::current.grid_size)

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
  return {x, y, z, w};
}
inline uint2 make_uint2(unsigned x, unsigned y) {
  return {x, y};
}
inline float4 make_float4(float x, float y, float z, float w) {
  return {x, y, z, w};
}
inline float2 make_float2(float x, float y) {
  return {x, y};
}

inline void __syncthreads() {
  tokrail::cuda_shim::meet_block(tokrail::cuda_shim::Meeting::kBarrier, false);
}
inline int __syncthreads_count(int predicate) {
  return static_cast<int>(
      tokrail::cuda_shim::meet_block(tokrail::cuda_shim::Meeting::kCount, predicate != 0));
}
inline int __syncthreads_or(int predicate) {
  return tokrail::cuda_shim::meet_block(tokrail::cuda_shim::Meeting::kOr, predicate != 0) != 0;
}
inline int __syncthreads_and(int predicate) {
  return tokrail::cuda_shim::meet_block(tokrail::cuda_shim::Meeting::kAnd, predicate == 0) == 0;
}
inline void __syncwarp(unsigned mask = 0xFFFFFFFF) {
  tokrail::cuda_shim::meet_warp(tokrail::cuda_shim::Meeting::kWarp, mask, 0);
}
inline void __threadfence() {}
inline void __threadfence_block() {}

namespace tokrail::cuda_shim {

template <typename T>
uint64_t to_word(T value) {
  static_assert(sizeof(T) <= 8);
  uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  return word;
}
template <typename T>
T from_word(uint64_t word) {
  T value;
  std::memcpy(&value, &word, sizeof(T));
  return value;
}
template <typename T>
T shuffle(unsigned mask, T value, unsigned from) {
  const uint64_t* values = meet_warp(Meeting::kShuffle, mask, to_word(value));
  return from_word<T>(values[from]);
}

}  // namespace tokrail::cuda_shim

template <typename T>
T __shfl_sync(unsigned mask, T value, int from) {
  return tokrail::cuda_shim::shuffle(mask, value, static_cast<unsigned>(from) & 31);
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int bits) {
  return tokrail::cuda_shim::shuffle(mask, value,
                                     tokrail::cuda_shim::lane() ^ static_cast<unsigned>(bits));
}
// Lanes without a partner keep their own value.
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta) {
  const unsigned own = tokrail::cuda_shim::lane();
  return tokrail::cuda_shim::shuffle(mask, value, own >= delta ? own - delta : own);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta) {
  const unsigned own = tokrail::cuda_shim::lane();
  return tokrail::cuda_shim::shuffle(mask, value, own + delta < 32 ? own + delta : own);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) {
  const uint64_t* values = tokrail::cuda_shim::meet_warp(tokrail::cuda_shim::Meeting::kBallot, mask,
                                                         predicate != 0 ? 1 : 0);
  unsigned bits = 0;
  for (unsigned i = 0; i < 32; ++i) bits |= static_cast<unsigned>(values[i]) << i;
  return bits;
}
inline int __any_sync(unsigned mask, int predicate) {
  return __ballot_sync(mask, predicate) != 0;
}
inline int __all_sync(unsigned mask, int predicate) {
  return __ballot_sync(mask, predicate) == 0xFFFFFFFF;
}

namespace tokrail::cuda_shim {

template <typename Combine>
unsigned reduce(unsigned mask, unsigned value, Combine combine) {
  const uint64_t* values = meet_warp(Meeting::kReduce, mask, value);
  unsigned out = static_cast<unsigned>(values[0]);
  for (unsigned i = 1; i < 32; ++i) out = combine(out, static_cast<unsigned>(values[i]));
  return out;
}

}  // namespace tokrail::cuda_shim

inline unsigned __reduce_add_sync(unsigned mask, unsigned value) {
  return tokrail::cuda_shim::reduce(mask, value, [](unsigned a, unsigned b) { return a + b; });
}
inline unsigned __reduce_or_sync(unsigned mask, unsigned value) {
  return tokrail::cuda_shim::reduce(mask, value, [](unsigned a, unsigned b) { return a | b; });
}
inline unsigned __reduce_min_sync(unsigned mask, unsigned value) {
  return tokrail::cuda_shim::reduce(mask, value,
                                    [](unsigned a, unsigned b) { return a < b ? a : b; });
}
inline unsigned __reduce_max_sync(unsigned mask, unsigned value) {
  return tokrail::cuda_shim::reduce(mask, value,
                                    [](unsigned a, unsigned b) { return a > b ? a : b; });
}

// Only one fiber runs at a time, so that plain operations are atomic.
template <typename T>
T atomicAdd(T* target, T value) {
  tokrail::cuda_shim::maybe_yield();
  const T old = *target;
  *target = old + value;
  return old;
}
template <typename T>
T atomicMax(T* target, T value) {
  tokrail::cuda_shim::maybe_yield();
  const T old = *target;
  if (value > old) *target = value;
  return old;
}
template <typename T>
T atomicMin(T* target, T value) {
  tokrail::cuda_shim::maybe_yield();
  const T old = *target;
  if (value < old) *target = value;
  return old;
}
template <typename T>
T atomicOr(T* target, T value) {
  tokrail::cuda_shim::maybe_yield();
  const T old = *target;
  *target = old | value;
  return old;
}
template <typename T>
T atomicExch(T* target, T value) {
  tokrail::cuda_shim::maybe_yield();
  const T old = *target;
  *target = value;
  return old;
}
template <typename T>
T atomicCAS(T* target, T expected, T value) {
  tokrail::cuda_shim::maybe_yield();
  const T old = *target;
  if (old == expected) *target = value;
  return old;
}

template <typename T>
T __ldg(const T* address) {
  return *address;
}
template <typename T>
T __ldcs(const T* address) {
  return *address;
}
inline int __popc(unsigned value) {
  return std::popcount(value);
}
inline int __popcll(unsigned long long value) {
  return std::popcount(value);
}
inline int __ffs(int value) {
  return value == 0 ? 0 : std::countr_zero(static_cast<unsigned>(value)) + 1;
}
inline int __clz(int value) {
  return std::countl_zero(static_cast<unsigned>(value));
}
inline float __int_as_float(int value) {
  return std::bit_cast<float>(value);
}
inline float __uint_as_float(unsigned value) {
  return std::bit_cast<float>(value);
}
inline unsigned __float_as_uint(float value) {
  return std::bit_cast<unsigned>(value);
}
inline float __fmaf_rn(float a, float b, float c) {
  return std::fma(a, b, c);
}
inline float __fadd_rn(float a, float b) {
  return a + b;
}
inline float __fmul_rn(float a, float b) {
  return a * b;
}
