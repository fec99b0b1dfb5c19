// The host shim finds what it is there to find: kernels written wrong on purpose.
#include "tests/cuda_shim/cuda_shim.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tokrail {
namespace {

using cuda_shim::run_grid;

std::string failure_of(unsigned threads, const std::function<void()>& kernel) {
  try {
    run_grid(2, threads, kernel);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(CudaShim, SumsThroughBarriersAndShuffles) {
  std::vector<int> sums(7);
  const auto kernel = [&] {
    __shared__ int part[8];
    int sum = static_cast<int>(threadIdx.x);
    for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xFFFFFFFF, sum, step);
    if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
      int total = 0;
      for (const int value : part) total += value;
      sums[blockIdx.x] = total + static_cast<int>(gridDim.x + blockDim.x);
    }
  };
  for (uint64_t seed = 0; seed < 20; ++seed) {
    cuda_shim::set_seed(seed);
    run_grid(7, 256, kernel);
    for (const int sum : sums) EXPECT_EQ(sum, 255 * 128 + 7 + 256);
  }
}

TEST(CudaShim, WarpOperationsMeanWhatTheyMean) {
  std::vector<unsigned> bits(32), up(32), down(32), least(32), most(32), added(32);
  run_grid(1, 32, [&] {
    const unsigned lane = threadIdx.x;
    bits[lane] = __ballot_sync(0xFFFFFFFF, lane % 3 == 0);
    up[lane] = __shfl_up_sync(0xFFFFFFFF, lane, 2);
    down[lane] = __shfl_down_sync(0xFFFFFFFF, lane, 5);
    least[lane] = __reduce_min_sync(0xFFFFFFFF, lane + 4);
    most[lane] = __reduce_max_sync(0xFFFFFFFF, lane * 2);
    added[lane] = __reduce_add_sync(0xFFFFFFFF, lane);
  });
  for (unsigned lane = 0; lane < 32; ++lane) {
    EXPECT_EQ(bits[lane], 0x49249249u);
    EXPECT_EQ(up[lane], lane < 2 ? lane : lane - 2);
    EXPECT_EQ(down[lane], lane + 5 < 32 ? lane + 5 : lane);
    EXPECT_EQ(least[lane], 4u);
    EXPECT_EQ(most[lane], 62u);
    EXPECT_EQ(added[lane], 496u);
  }
}

TEST(CudaShim, BlockVotesCountThreads) {
  std::vector<int> counts(2);
  run_grid(2, 96, [&] {
    const int count = __syncthreads_count(threadIdx.x < 40);
    const int any = __syncthreads_or(threadIdx.x == 95);
    const int all = __syncthreads_and(threadIdx.x < 95);
    if (threadIdx.x == 50) counts[blockIdx.x] = count * 100 + any * 10 + all;
  });
  EXPECT_EQ(counts, (std::vector<int>{4010, 4010}));
}

TEST(CudaShim, AThreadThatReturnsBeforeABarrierIsFound) {
  const std::string text = failure_of(64, [] {
    if (threadIdx.x == 5) return;
    __syncthreads();
  });
  EXPECT_NE(text.find("of 64 threads 1 have returned"), std::string::npos) << text;
  EXPECT_NE(text.find("__syncthreads"), std::string::npos) << text;
}

TEST(CudaShim, DifferentBarriersAreFound) {
  EXPECT_NE(failure_of(64,
                       [] {
                         if (threadIdx.x < 16) {
                           __syncwarp();
                         } else {
                           __syncthreads();
                         }
                       }),
            "");
  EXPECT_NE(failure_of(32,
                       [] {
                         if (threadIdx.x < 16) {
                           __syncthreads_or(1);
                         } else {
                           __syncthreads();
                         }
                       }),
            "");
}

TEST(CudaShim, PartOfAWarpIsRefused) {
  EXPECT_NE(failure_of(32, [] { __ballot_sync(0xFFFF, 1); }), "");
  EXPECT_NE(failure_of(48, [] {}), "");
}

TEST(CudaShim, GoesOnAfterAFailure) {
  EXPECT_NE(failure_of(64,
                       [] {
                         if (threadIdx.x < 40) __syncthreads();
                       }),
            "");
  int runs = 0;
  run_grid(3, 64, [&] {
    __syncthreads();
    if (threadIdx.x == 0) ++runs;
  });
  EXPECT_EQ(runs, 3);
}

TEST(CudaShim, AMissingBarrierShowsAsOtherResults) {
  // Thread 40 reads what thread 0 writes, with nothing between.
  size_t seen = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    cuda_shim::set_seed(seed);
    int got = 0;
    run_grid(1, 64, [&] {
      __shared__ int word;
      cuda_shim::spoil_shared(&word, sizeof word);
      if (threadIdx.x == 0) word = 7;
      if (threadIdx.x == 40) got = word;
    });
    seen += got == 7 ? 1 : 0;
  }
  EXPECT_GT(seen, 5u);
  EXPECT_LT(seen, 45u);
}

TEST(CudaShim, AtomicsAddUp) {
  unsigned sum = 0;
  unsigned long long wide = 0;
  int most = 0;
  run_grid(5, 128, [&] {
    atomicAdd(&sum, 1u);
    atomicAdd(&wide, 1ull << 40);
    atomicMax(&most, static_cast<int>(threadIdx.x));
  });
  EXPECT_EQ(sum, 640u);
  EXPECT_EQ(wide, 640ull << 40);
  EXPECT_EQ(most, 127);
}

TEST(CudaShim, HostThreadsRunSideBySide) {
  std::vector<int> sums(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < sums.size(); ++i) {
    threads.emplace_back([&sums, i] {
      for (int repeat = 0; repeat < 20; ++repeat) {
        run_grid(4, 64, [&] {
          __shared__ int word;
          if (threadIdx.x == 0) word = static_cast<int>(i);
          __syncthreads();
          if (threadIdx.x == 63) sums[i] += word;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sums, (std::vector<int>{0, 80, 160, 240}));
}

}  // namespace
}  // namespace tokrail
