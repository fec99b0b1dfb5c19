// How the host side of a .cu file starts kernels: through one function that a GPU build turns into
// a launch on a stream, and a build for the host (tests/cuda_shim) into a loop over fibers.
#pragma once

#include <cstddef>
#include <cstdint>

#ifndef TOKRAIL_CUDA_SHIM
#include <cuda_runtime.h>
#endif

namespace tokrail::cuda {

// Shared memory of a block. Nothing is known of its content when a block starts; the host build
// fills it with rubbish to make that true there.
#ifdef TOKRAIL_CUDA_SHIM
#define TOKRAIL_SHARED(Type, name) \
  static thread_local Type name;   \
  ::tokrail::cuda_shim::spoil_shared(&name, sizeof name)
#else
#define TOKRAIL_SHARED(Type, name) __shared__ Type name
#endif

// Functions that are kept as such: kernels that work on one row call them from many places, and
// copies cost minutes of compiling.
#ifdef TOKRAIL_CUDA_SHIM
#define TOKRAIL_CALLED
#else
#define TOKRAIL_CALLED __noinline__
#endif

/// 0, or the number of the error that the runtime gave.
using LaunchError = int;

#ifdef TOKRAIL_CUDA_SHIM
template <typename Kernel, typename... Arguments>
LaunchError launch(Kernel kernel, size_t blocks, unsigned threads, void*, Arguments... arguments) {
  if (blocks == 0) return 0;
  cuda_shim::run_grid({static_cast<unsigned>(blocks), 1, 1}, {threads, 1, 1},
                      [&] { kernel(arguments...); });
  return 0;
}
#else
template <typename... Parameters, typename... Arguments>
LaunchError launch(void (*kernel)(Parameters...), size_t blocks, unsigned threads, void* stream,
                   Arguments... arguments) {
  if (blocks == 0) return 0;
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(static_cast<unsigned>(blocks));
  config.blockDim = dim3(threads);
  config.stream = static_cast<cudaStream_t>(stream);
  return static_cast<LaunchError>(cudaLaunchKernelEx(&config, kernel, arguments...));
}
#endif

inline constexpr unsigned kAllLanes = 0xFFFFFFFF;
inline constexpr unsigned kWarpThreads = 32;

}  // namespace tokrail::cuda
