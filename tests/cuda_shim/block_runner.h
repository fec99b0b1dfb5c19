// Runs the threads of a CUDA block as fibers of one host thread, for tests without a GPU.
//
// Every CUDA thread is a Boost.Context fiber. A fiber runs until it has to wait: at a barrier of
// its block or at a collective of its warp. Then another fiber that can go on is taken at random,
// so that every run is another interleaving; results that depend on it are races. Blocks of a grid
// run one after another, in random order.
//
// What is found: a barrier or collective that not all threads reach (one returned early, or they
// wait at different ones) ends the launch with std::runtime_error that says who waits where.
// What is not found: races inside the code between two waits that no order of whole pieces shows;
// blocks that wait for each other (they would hang on a GPU too, or not, by chance).
//
// Thread safety: each host thread has a runner of its own; several may launch at the same time.
// Sanitizers: fibers are announced to AddressSanitizer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace tokrail::cuda_shim {

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr Dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

/// What the kernel sees of the thread that runs now.
struct ThreadView {
  Dim3 thread_index, block_index, block_size, grid_size;
};
extern thread_local ThreadView current;

/// Kinds of waiting; all threads that meet must have come for the same.
enum class Meeting : uint8_t { kBarrier, kCount, kOr, kAnd, kWarp, kShuffle, kBallot, kReduce };

/// Waits for the whole block; the answer is the number of threads whose predicate was true.
unsigned meet_block(Meeting kind, bool predicate);
/// Waits for the whole warp; afterwards warp_values() are what the lanes brought. The mask must be
/// all lanes: that is the rule for our kernels.
const uint64_t* meet_warp(Meeting kind, uint32_t mask, uint64_t value);
/// Lets others run first, now and then: called where threads touch memory that they share.
void maybe_yield();
unsigned lane();
/// Fills a block's shared memory with rubbish when its first thread comes to it.
void spoil_shared(void* memory, size_t bytes);

/// Seed of the interleavings of this host thread's launches.
void set_seed(uint64_t seed);
/// Threads of blocks that were run by this host thread, for the tests' reports.
uint64_t threads_run();

/// Runs body() as every thread of every block. Throws std::runtime_error for a divergence.
void run_grid(Dim3 grid, Dim3 block, const std::function<void()>& body);

}  // namespace tokrail::cuda_shim
