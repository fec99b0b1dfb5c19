// The CUDA backend with its kernels run on the host, and loops over random batches for it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "decoding/logits/cuda_backend.h"
#include "tests/cuda_shim/block_runner.h"
#include "tests/decoding/cuda_cases.h"
#include "tests/support/property.h"

namespace tokrail::test {

inline Backend& device() {
  static const std::unique_ptr<Backend> backend = make_cuda_backend(cuda::operations(), "fibers");
  return *backend;
}

// Memory of the "device", at the alignment that is asked for and full of rubbish.
class WorkspaceMemory {
 public:
  Workspace get(size_t rows, size_t vocab) {
    const size_t bytes = device().workspace_bytes(rows, vocab);
    memory_.assign(bytes / 8 + 32, 0xFFF8FFF8FFF8FFF8);
    void* data = memory_.data();
    size_t space = memory_.size() * 8;
    return {std::align(256, bytes, data, space), bytes};
  }

 private:
  std::vector<uint64_t> memory_;
};

// What was compared by all threads of a test.
struct Tally {
  std::atomic<size_t> rows{0};
  std::atomic<size_t> other_tokens{0};
};

// Runs check(cases) for as many seeds, on two threads; each check makes one batch.
// TOKRAIL_CUDA_CASES_FACTOR=x makes it x times as many.
inline void run_batches(size_t count, uint64_t salt, const std::function<void(CudaCases&)>& check) {
  if (const char* factor = std::getenv("TOKRAIL_CUDA_CASES_FACTOR")) {
    count = static_cast<size_t>(static_cast<double>(count) * std::atof(factor));
  }
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) {
      const uint64_t seed = property_seed() + salt * 1000003 + i;
      SCOPED_TRACE("seed " + std::to_string(seed) + " (TOKRAIL_SEED is " +
                   std::to_string(property_seed()) + ", batch " + std::to_string(i) + ")");
      cuda_shim::set_seed(seed);
      CudaCases cases(seed);
      check(cases);
      if (testing::Test::HasFailure()) return;
    }
  };
  std::thread other(work);
  work();
  other.join();
}

inline size_t some_vocab(CudaCases& cases) {
  switch (cases.below(16)) {
    case 0: return 1 + cases.below(40);
    case 1: return 1000 + cases.below(60);
    case 2: return 1025 + cases.below(3072);
    default: return 40 + cases.below(360);
  }
}

inline CudaCase some_case(CudaCases& cases, size_t most_rows) {
  const size_t vocab = some_vocab(cases);
  const size_t rows = 1 + cases.below(most_rows);
  return cases.next(rows, vocab);
}

inline SampleBatch on_device(const SampleBatch& batch) {
  SampleBatch copy = batch;
  copy.logits.device = DeviceKind::kCuda;
  return copy;
}

}  // namespace tokrail::test
