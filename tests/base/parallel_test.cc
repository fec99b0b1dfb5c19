#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tokrail {
namespace {

constexpr int kThreadCounts[] = {0, 1, 2, 3, 8};

TEST(ParallelFor, CoversTheRangeOnceInFixedChunks) {
  for (const int threads : kThreadCounts) {
    for (const size_t grain : {size_t{0}, size_t{1}, size_t{7}, size_t{1000}, ~size_t{0}}) {
      std::mutex mutex;
      std::set<std::pair<size_t, size_t>> chunks;
      std::vector<std::atomic<int>> seen(500);
      parallel_for(
          100, 500, grain,
          [&](size_t begin, size_t end) {
            for (size_t i = begin; i < end; ++i) ++seen[i];
            const std::lock_guard lock(mutex);
            chunks.emplace(begin, end);
          },
          threads);
      for (size_t i = 0; i < 500; ++i) ASSERT_EQ(seen[i], i < 100 ? 0 : 1);
      const size_t step = grain == 0 ? 1 : grain;
      for (const auto& [begin, end] : chunks) {
        ASSERT_EQ((begin - 100) % step, 0u);
        ASSERT_EQ(end, step > 500 - begin ? 500 : begin + step);
      }
    }
  }
}

TEST(ParallelFor, EmptyRangeAndTheEndOfIntegers) {
  int calls = 0;
  parallel_for(5, 5, 1, [&](size_t, size_t) { ++calls; });
  parallel_for(6, 5, 1, [&](size_t, size_t) { ++calls; });
  EXPECT_EQ(calls, 0);
  std::atomic<size_t> sum = 0;
  const size_t last = ~size_t{0};
  parallel_for(last - 10, last, 3, [&](size_t begin, size_t end) { sum += end - begin; });
  EXPECT_EQ(sum, 10u);
}

TEST(ParallelFor, ThrowsTheFirstFailureInOrder) {
  for (const int threads : kThreadCounts) {
    for (int round = 0; round < 50; ++round) {
      std::vector<std::atomic<int>> seen(200);
      try {
        parallel_for(
            0, 200, 1,
            [&](size_t begin, size_t) {
              ++seen[begin];
              if (begin >= 50 && begin % 10 == 3) throw std::runtime_error(std::to_string(begin));
            },
            threads);
        FAIL() << "nothing thrown";
      } catch (const std::runtime_error& error) {
        ASSERT_STREQ(error.what(), "53");
      }
      for (size_t i = 0; i <= 53; ++i) ASSERT_EQ(seen[i], 1);
    }
  }
}

TEST(ParallelFor, WorkersNeverShareANumber) {
  for (const int threads : kThreadCounts) {
    const size_t workers = worker_count(threads);
    std::vector<std::atomic<int>> busy(workers);
    std::atomic<bool> clash = false;
    parallel_for_workers(
        0, 300, 1,
        [&](size_t, size_t, size_t worker) {
          if (worker >= workers || busy[worker]++ != 0) clash = true;
          // Waiting for inner work must not run another chunk of the outer loop here.
          parallel_for(0, 20, 1, [](size_t, size_t) {
            std::this_thread::sleep_for(std::chrono::microseconds(5));
          });
          if (worker < workers) --busy[worker];
        },
        threads);
    EXPECT_FALSE(clash) << threads;
  }
}

TEST(ParallelFor, RefusesNegativeThreads) {
  EXPECT_THROW(parallel_for(
                   0, 1, 1, [](size_t, size_t) {}, -1),
               Error);
  EXPECT_THROW(ThreadLimit(-1), Error);
  EXPECT_THROW(worker_count(-2), Error);
  EXPECT_GE(available_threads(), 1);
}

TEST(ThreadLimit, BoundsWhatRunsInside) {
  const int two = std::min(2, available_threads());
  const ThreadLimit limit(2);
  EXPECT_EQ(limit.threads(), two);
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  limit.run([&] {
    EXPECT_EQ(worker_count(), static_cast<size_t>(two));
    parallel_for(0, 200, 1, [&](size_t, size_t) {
      const int now = ++running;
      int before = most.load();
      while (before < now && !most.compare_exchange_weak(before, now)) {
      }
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      --running;
    });
  });
  EXPECT_LE(most, 2);
  EXPECT_THROW(limit.run([] { throw std::runtime_error("out"); }), std::runtime_error);
  EXPECT_EQ(ThreadLimit(0).threads(), available_threads());
  // oneTBB would print a warning.
  EXPECT_EQ(ThreadLimit(1 << 20).threads(), available_threads());
}

std::vector<std::string> run_pipeline(int threads, int count) {
  std::vector<std::string> written;
  int next = 0;
  ordered_pipeline<int, std::string>(
      [&]() -> std::optional<int> {
        if (next == count) return std::nullopt;
        return next++;
      },
      [](int value) {
        // Later items may finish earlier.
        if (value % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
        return std::to_string(value);
      },
      [&](std::string text) { written.push_back(std::move(text)); }, threads);
  return written;
}

TEST(OrderedPipeline, KeepsTheOrder) {
  for (const int threads : kThreadCounts) {
    EXPECT_TRUE(run_pipeline(threads, 0).empty());
    const std::vector<std::string> written = run_pipeline(threads, 1000);
    ASSERT_EQ(written.size(), 1000u);
    for (size_t i = 0; i < written.size(); ++i) ASSERT_EQ(written[i], std::to_string(i));
  }
}

TEST(OrderedPipeline, CarriesItemsThatOnlyMove) {
  int next = 0;
  int sum = 0;
  ordered_pipeline<std::unique_ptr<int>, std::unique_ptr<int>>(
      [&]() -> std::optional<std::unique_ptr<int>> {
        if (next == 100) return std::nullopt;
        return std::make_unique<int>(next++);
      },
      [](std::unique_ptr<int> value) { return value; },
      [&](std::unique_ptr<int> value) { sum += *value; });
  EXPECT_EQ(sum, 4950);
}

TEST(OrderedPipeline, FailuresComeAfterEverythingBefore) {
  enum class Stage { kRead, kWork, kWrite };
  for (const int threads : kThreadCounts) {
    for (const Stage stage : {Stage::kRead, Stage::kWork, Stage::kWrite}) {
      for (int round = 0; round < 20; ++round) {
        int next = 0;
        std::vector<int> written;
        const auto fail_at = [&](Stage here, int value) {
          if (here == stage && value >= 40 && value % 5 == 2) {
            throw std::runtime_error(std::to_string(value));
          }
        };
        try {
          ordered_pipeline<int, int>(
              [&]() -> std::optional<int> {
                fail_at(Stage::kRead, next);
                if (next == 200) return std::nullopt;
                return next++;
              },
              [&](int value) {
                fail_at(Stage::kWork, value);
                return value;
              },
              [&](int value) {
                fail_at(Stage::kWrite, value);
                written.push_back(value);
              },
              threads);
          FAIL() << "nothing thrown";
        } catch (const std::runtime_error& error) {
          ASSERT_STREQ(error.what(), "42");
        }
        std::vector<int> expected(42);
        std::iota(expected.begin(), expected.end(), 0);
        ASSERT_EQ(written, expected);
      }
    }
  }
}

}  // namespace
}  // namespace tokrail
