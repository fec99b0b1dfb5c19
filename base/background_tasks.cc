#include "base/background_tasks.h"

#include <tbb/task_arena.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"

namespace tokrail {

/// The tasks that wait their turn. What is given to oneTBB only says "take one of these".
struct BackgroundTasks::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> waiting;
  size_t unfinished = 0;

  /// Does the next task, if there is one.
  void do_one(std::unique_lock<std::mutex>& lock) noexcept {
    if (waiting.empty()) return;
    std::function<void()> task = std::move(waiting.front());
    waiting.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
    --unfinished;
    changed.notify_all();
  }
};

struct BackgroundTasks::Arena {
  explicit Arena(int threads) : arena(threads, 0) {}
  tbb::task_arena arena;  ///< no slot is kept for the caller: it does not take part
};

BackgroundTasks::BackgroundTasks(int threads) : queue_(std::make_shared<Queue>()) {
  if (threads < 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a number of threads of at least 0, got " + std::to_string(threads));
  }
  // oneTBB has one thread less than the machine, for the caller is one of them, and would print a
  // warning if asked for more.
  const int available = std::max(1, available_threads() - 1);
  arena_ = std::make_unique<Arena>(threads == 0 ? available : std::min(threads, available));
}

BackgroundTasks::~BackgroundTasks() {
  wait();
}

void BackgroundTasks::run(std::function<void()> task) {
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->waiting.push_back(std::move(task));
    ++queue_->unfinished;
  }
  // Whoever waits may have taken the task before, so this may come late and find nothing.
  arena_->arena.enqueue([queue = queue_] {
    std::unique_lock lock(queue->mutex);
    queue->do_one(lock);
  });
}

void BackgroundTasks::wait() {
  std::unique_lock lock(queue_->mutex);
  while (queue_->unfinished > 0) {
    if (queue_->waiting.empty()) queue_->changed.wait(lock);
    queue_->do_one(lock);
  }
}

}  // namespace tokrail
