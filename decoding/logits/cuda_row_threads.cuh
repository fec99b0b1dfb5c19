// How the kernels that work on one row per CUDA block are started.
#pragma once

#include <cstddef>

namespace tokrail::cuda {

inline constexpr unsigned kMostRowThreads = 512;

/// Few rows leave processors idle: each then takes more threads.
inline unsigned row_threads(size_t rows) {
#ifdef TOKRAIL_CUDA_SHIM
  // Fibers cost time, and both sizes are to be seen in small batches.
  return rows <= 2 ? 128 : 64;
#else
  return rows <= 132 ? kMostRowThreads : rows <= 264 ? 256 : 128;
#endif
}

}  // namespace tokrail::cuda
