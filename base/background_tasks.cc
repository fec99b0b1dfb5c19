#include "base/background_tasks.h"

#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"

namespace tokrail {

struct BackgroundTasks::Arena {
  explicit Arena(int threads) : arena(threads, 0) {}
  tbb::task_arena arena;  ///< no slot is kept for the caller: it does not take part
  tbb::task_group tasks;
};

BackgroundTasks::BackgroundTasks(int threads) {
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
  // The group counts the task from here on, so that wait() sees those that have not begun.
  arena_->arena.enqueue(arena_->tasks.defer(std::move(task)));
}

void BackgroundTasks::wait() {
  arena_->arena.execute([this] { arena_->tasks.wait(); });
}

}  // namespace tokrail
