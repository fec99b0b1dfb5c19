#include "base/parallel.h"

#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>

#include "base/error.h"

namespace tokrail {
namespace {

void check_threads(int threads) {
  if (threads >= 0) return;
  throw Error(ErrorCode::kInvalidArgument,
              "expected a number of threads of at least 0, got " + std::to_string(threads));
}

// Runs work where at most `threads` threads take part; 0 is where we are. oneTBB never uses more
// threads than the machine has, and would print a warning if asked to.
template <typename Work>
void run_within(int threads, const Work& work) {
  if (threads == 0) {
    work();
  } else {
    tbb::task_arena(std::min(threads, available_threads())).execute(work);
  }
}

// The exception of the lowest number among those that are reported.
class FirstFailure {
 public:
  /// Work with a number above that of a failure need not be done.
  bool precedes(size_t number) const noexcept {
    return lowest_.load(std::memory_order_relaxed) < number;
  }

  void report(size_t number, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (number >= lowest_.load(std::memory_order_relaxed)) return;
    lowest_.store(number, std::memory_order_relaxed);
    failure_ = std::move(failure);
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::atomic<size_t> lowest_ = static_cast<size_t>(-1);
  std::mutex mutex_;
  std::exception_ptr failure_;
};

// An item of the pipeline, or the failure that stands in its place.
struct Parcel {
  detail::PipelineItem item;
  std::exception_ptr failure;
};

}  // namespace

int available_threads() noexcept {
  return std::max(1, tbb::info::default_concurrency());
}

size_t worker_count(int threads) {
  check_threads(threads);
  if (threads > 0) return static_cast<size_t>(threads);
  return static_cast<size_t>(std::max(1, tbb::this_task_arena::max_concurrency()));
}

void parallel_for_workers(size_t first, size_t last, size_t grain,
                          const std::function<void(size_t, size_t, size_t)>& body, int threads) {
  check_threads(threads);
  if (first >= last) return;
  grain = std::max<size_t>(grain, 1);
  const size_t chunks = (last - first - 1) / grain + 1;
  const auto bounds = [&](size_t chunk) {
    const size_t begin = first + chunk * grain;
    return std::pair(begin, begin + std::min(grain, last - begin));
  };
  if (threads == 1 || chunks == 1) {
    for (size_t chunk = 0; chunk < chunks; ++chunk) {
      const auto [begin, end] = bounds(chunk);
      body(begin, end, 0);
    }
    return;
  }
  FirstFailure failure;
  const auto run_chunk = [&](size_t chunk) {
    if (failure.precedes(chunk)) return;
    const auto [begin, end] = bounds(chunk);
    try {
      const int worker = tbb::this_task_arena::current_thread_index();
      body(begin, end, static_cast<size_t>(std::max(worker, 0)));
    } catch (...) {
      failure.report(chunk, std::current_exception());
    }
  };
  run_within(threads, [&] {
    // Isolated, so that a body that waits for parallel work of its own does not take up another
    // chunk of this loop under the same worker number meanwhile.
    tbb::parallel_for(size_t{0}, chunks, [&](size_t chunk) {
      tbb::this_task_arena::isolate([&] { run_chunk(chunk); });
    });
  });
  failure.rethrow();
}

void parallel_for(size_t first, size_t last, size_t grain,
                  const std::function<void(size_t, size_t)>& body, int threads) {
  parallel_for_workers(
      first, last, grain, [&body](size_t begin, size_t end, size_t) { body(begin, end); }, threads);
}

struct ThreadLimit::Arena {
  explicit Arena(int limit) : arena(limit) {}
  tbb::task_arena arena;
};

ThreadLimit::ThreadLimit(int threads) {
  check_threads(threads);
  const int available = available_threads();
  arena_ = std::make_unique<Arena>(threads == 0 ? available : std::min(threads, available));
}

ThreadLimit::~ThreadLimit() = default;

int ThreadLimit::threads() const noexcept {
  return arena_->arena.max_concurrency();
}

void ThreadLimit::run(const std::function<void()>& work) const {
  arena_->arena.execute(work);
}

namespace {

void run_pipeline_alone(const std::function<detail::PipelineItem()>& read,
                        const std::function<detail::PipelineItem(detail::PipelineItem)>& work,
                        const std::function<void(detail::PipelineItem)>& write) {
  while (detail::PipelineItem item = read()) write(work(std::move(item)));
}

}  // namespace

void detail::run_ordered_pipeline(const std::function<PipelineItem()>& read,
                                  const std::function<PipelineItem(PipelineItem)>& work,
                                  const std::function<void(PipelineItem)>& write, int threads) {
  check_threads(threads);
  if (threads == 1) return run_pipeline_alone(read, work, write);
  std::atomic<bool> stopped = false;  // set by the first failure: reading on would be in vain
  std::exception_ptr failure;         // written by the serial last stage only
  const auto read_stage = [&](tbb::flow_control& control) -> Parcel {
    Parcel parcel;
    try {
      if (!stopped.load(std::memory_order_relaxed)) parcel.item = read();
    } catch (...) {
      parcel.failure = std::current_exception();
      stopped.store(true, std::memory_order_relaxed);
      return parcel;
    }
    if (!parcel.item) control.stop();
    return parcel;
  };
  const auto work_stage = [&](Parcel parcel) -> Parcel {
    if (parcel.failure) return parcel;
    try {
      parcel.item = work(std::move(parcel.item));
    } catch (...) {
      parcel.item.reset();
      parcel.failure = std::current_exception();
      stopped.store(true, std::memory_order_relaxed);
    }
    return parcel;
  };
  const auto write_stage = [&](Parcel parcel) {
    if (failure) return;  // all that follows the first failure is dropped
    if (!parcel.failure) {
      try {
        write(std::move(parcel.item));
      } catch (...) {
        parcel.failure = std::current_exception();
        stopped.store(true, std::memory_order_relaxed);
      }
    }
    failure = parcel.failure;
  };
  run_within(threads, [&] {
    const size_t under_way =
        static_cast<size_t>(std::max(1, tbb::this_task_arena::max_concurrency())) * 4;
    tbb::parallel_pipeline(
        under_way,
        tbb::make_filter<void, Parcel>(tbb::filter_mode::serial_in_order, read_stage) &
            tbb::make_filter<Parcel, Parcel>(tbb::filter_mode::parallel, work_stage) &
            tbb::make_filter<Parcel, void>(tbb::filter_mode::serial_in_order, write_stage));
  });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tokrail
