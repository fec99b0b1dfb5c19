// Work on many threads with results that never depend on how many there are.
//
// Loops are cut into chunks at fixed places, pipelines keep their order, and of several failures
// the first in that order is the one thrown, as if one thread had done it all. `threads` is the
// most that may work at the same time: 0 is as many as the machine has (or as the surrounding
// ThreadLimit allows), 1 runs on the calling thread alone.
//
//   parallel_for(0, texts.size(), 16, [&](size_t begin, size_t end) {
//     for (size_t i = begin; i < end; ++i) ids[i] = encode(texts[i]);
//   });
//   ordered_pipeline<std::string, Ids>(read_line, encode, write_ids, 4);
//
// Thread safety: all functions may be called from any thread, and from inside each other.
// Errors: what the given functions throw; Error kInvalidArgument for a negative thread count.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace tokrail {

/// Threads that work with `threads` = 0 outside of any ThreadLimit.
int available_threads() noexcept;

/// Calls body(begin, end) for [first, first + grain), [first + grain, ...) up to `last`, in any
/// order and on several threads. Grain 0 means 1. When bodies throw, chunks before the first
/// failing one have all been run, some after it may have been, and its exception is rethrown.
void parallel_for(size_t first, size_t last, size_t grain,
                  const std::function<void(size_t, size_t)>& body, int threads = 0);

/// The same with a third argument: the number of a worker, 0 to worker_count(threads) - 1. No two
/// bodies run at the same time with the same number, so that scratch memory can be kept per worker.
void parallel_for_workers(size_t first, size_t last, size_t grain,
                          const std::function<void(size_t, size_t, size_t)>& body, int threads = 0);

/// How many worker numbers parallel_for_workers uses when called from here.
size_t worker_count(int threads = 0);

/// A group of at most `threads` threads. What run() is given, and all parallel work below it that
/// asks for 0 threads, stays within the group. Cheap to keep, some microseconds to make.
class ThreadLimit {
 public:
  explicit ThreadLimit(int threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

  /// How many it can be: not more than the machine has.
  int threads() const noexcept;
  void run(const std::function<void()>& work) const;

 private:
  struct Arena;
  std::unique_ptr<Arena> arena_;
};

namespace detail {
// Items travel as shared pointers, so that those still under way when a stage throws are freed.
using PipelineItem = std::shared_ptr<void>;
void run_ordered_pipeline(const std::function<PipelineItem()>& read,
                          const std::function<PipelineItem(PipelineItem)>& work,
                          const std::function<void(PipelineItem)>& write, int threads);
}  // namespace detail

/// read() -> optional<In>, one call at a time, until it is empty; work(In) -> Out on several
/// threads; write(Out), one call at a time in the order of reading. At most a small multiple of
/// the threads are under way. A failure of read or work is thrown after all items before it were
/// written; nothing after it is written.
template <typename In, typename Out, typename Read, typename Work, typename Write>
void ordered_pipeline(Read&& read, Work&& work, Write&& write, int threads = 0) {
  detail::run_ordered_pipeline(
      [&]() -> detail::PipelineItem {
        std::optional<In> item = read();
        return item ? std::make_shared<In>(*std::move(item)) : nullptr;
      },
      [&](detail::PipelineItem item) -> detail::PipelineItem {
        return std::make_shared<Out>(work(std::move(*static_cast<In*>(item.get()))));
      },
      [&](detail::PipelineItem item) { write(std::move(*static_cast<Out*>(item.get()))); },
      threads);
}

}  // namespace tokrail
