// BackgroundTasks: work that goes on beside the caller, on a few threads of oneTBB.
//
//   BackgroundTasks tasks(2);
//   tasks.run([job] { job->compile(); });
//
// Tasks begin in the order they were given. Thread safety: run() may be called from any
// thread, also from a task. The destructor waits for all tasks. Errors: a task must not throw
// (std::terminate); Error(kInvalidArgument) for a negative thread count. Where all threads of the
// machine wait for something, tasks may not begin until one is free: who waits for a task should be
// able to do its work himself.
#pragma once

#include <functional>
#include <memory>

namespace tokrail {

class BackgroundTasks {
 public:
  /// `threads`: how many tasks may go on at the same time; 0: as many as the machine has threads
  /// beside the caller's, which is also the most.
  explicit BackgroundTasks(int threads = 0);
  ~BackgroundTasks();
  BackgroundTasks(const BackgroundTasks&) = delete;
  BackgroundTasks& operator=(const BackgroundTasks&) = delete;

  void run(std::function<void()> task);
  /// Until no task is left; helps with them, so one more than `threads` may go on meanwhile.
  void wait();

 private:
  struct Queue;
  struct Arena;
  std::shared_ptr<Queue> queue_;
  std::unique_ptr<Arena> arena_;
};

}  // namespace tokrail
