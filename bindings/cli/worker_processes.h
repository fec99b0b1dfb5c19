// Jobs in child processes, so that one that crashes or hangs takes only itself along.
//
//   run_in_processes(jobs, {.workers = 2}, [] { return std::make_unique<MyWorker>(); },
//                    [](size_t job, JobEnd end, std::string_view answer) { ... });
//
// A worker is made in the child and lives for many jobs: what it keeps (caches, tables) stays until
// a job ends it; then another one is made. Jobs are given out in order, one at a time for each
// worker; answers come in the order in which they are ready. Call it before starting threads: a
// child goes on with the calling thread alone.
//
// Errors: what making a worker threw; Error(kIo) where the system refuses a process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tokrail::cli {

class Worker {
 public:
  virtual ~Worker() = default;
  /// An exception ends the worker, as a crash does.
  virtual std::string run(size_t job) = 0;
};

enum class JobEnd : uint8_t {
  kDone,
  kCrashed,   ///< the worker ended; the answer says how
  kTimedOut,  ///< the worker was ended
};

struct WorkerLimits {
  int workers = 1;
  double seconds = 60;  ///< processor time of one job; and ten times as much by the clock
  size_t memory = 0;    ///< bytes of address space of a worker; 0: no limit
};

void run_in_processes(size_t jobs, const WorkerLimits& limits,
                      const std::function<std::unique_ptr<Worker>()>& make,
                      const std::function<void(size_t, JobEnd, std::string_view)>& done);

}  // namespace tokrail::cli
