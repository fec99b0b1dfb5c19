#include "bindings/cli/worker_processes.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tokrail::cli {

namespace {

using Clock = std::chrono::steady_clock;

// AddressSanitizer maps more addresses than a limit would leave.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsMemory = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kLimitsMemory = false;
#else
constexpr bool kLimitsMemory = true;
#endif
#else
constexpr bool kLimitsMemory = true;
#endif

constexpr int kOutOfMemory = 3;  // exit codes of a worker
constexpr int kThrew = 4;

[[noreturn]] void fail(const char* what) {
  throw Error(ErrorCode::kIo, std::string(what) + ": " + std::strerror(errno));
}

bool write_all(int descriptor, const void* data, size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(descriptor, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

bool read_all(int descriptor, void* data, size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = ::read(descriptor, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

// What a worker sends: an error code (0: none), a size, so many bytes.
struct Message {
  int32_t error = 0;
  std::string bytes;
};

bool send(int descriptor, const Message& message) {
  const uint64_t size = message.bytes.size();
  return write_all(descriptor, &message.error, sizeof message.error) &&
         write_all(descriptor, &size, sizeof size) &&
         write_all(descriptor, message.bytes.data(), message.bytes.size());
}

std::optional<Message> receive(int descriptor) {
  Message message;
  uint64_t size = 0;
  if (!read_all(descriptor, &message.error, sizeof message.error) ||
      !read_all(descriptor, &size, sizeof size)) {
    return std::nullopt;
  }
  message.bytes.resize(size);
  if (!read_all(descriptor, message.bytes.data(), size)) return std::nullopt;
  return message;
}

void set_limit(decltype(RLIMIT_CORE) which, size_t value) {
  const rlimit limit{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  ::setrlimit(which, &limit);
}

// The child: makes the worker, answers jobs until there are no more. Does not return.
[[noreturn]] void serve(const std::function<std::unique_ptr<Worker>()>& make,
                        const WorkerLimits& limits, int jobs, int answers) {
  set_limit(RLIMIT_CORE, 0);
  if (kLimitsMemory && limits.memory > 0) set_limit(RLIMIT_AS, limits.memory);
  try {
    std::unique_ptr<Worker> worker;
    try {
      worker = make();
    } catch (const Error& error) {
      send(answers, {static_cast<int32_t>(error.code()), error.what()});
      ::_exit(0);
    }
    if (!send(answers, {})) ::_exit(0);
    uint64_t job = 0;
    while (read_all(jobs, &job, sizeof job)) {
      if (!send(answers, {0, worker->run(job)})) break;
    }
    ::_exit(0);
  } catch (const std::bad_alloc&) {
    ::_exit(kOutOfMemory);
  } catch (const std::exception& error) {
    const std::string text = std::string("tokrail: a worker ended: ") + error.what() + '\n';
    write_all(STDERR_FILENO, text.data(), text.size());
    ::_exit(kThrew);
  }
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("ended by ") + ::strsignal(WTERMSIG(status));
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == kOutOfMemory) return "out of memory";
  return "ended with exit code " + std::to_string(code);
}

class Pool {
 public:
  Pool(const WorkerLimits& limits, const std::function<std::unique_ptr<Worker>()>& make)
      : limits_(limits), make_(make) {}
  ~Pool() {
    for (Child& child : children_) end(child, true);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void run(size_t jobs, const std::function<void(size_t, JobEnd, std::string_view)>& done) {
    children_.resize(std::min<size_t>(static_cast<size_t>(std::max(limits_.workers, 1)), jobs));
    size_t next = 0, finished = 0;
    while (finished < jobs) {
      for (Child& child : children_) {
        if (child.job || next == jobs) continue;
        if (child.process == 0) start(child);
        give(child, next++);
      }
      wait();
      for (Child& child : children_) {
        if (!child.job || !look_after(child, done)) continue;
        ++finished;
      }
    }
  }

 private:
  struct Child {
    pid_t process = 0;
    int jobs = -1, answers = -1;
    bool is_ready = false, has_answer = false;
    std::optional<size_t> job = std::nullopt;
    double used = 0;  // processor time when the job began
    Clock::time_point since = {};
  };

  void start(Child& child) {
    int to[2], from[2];
    if (::pipe(to) != 0) fail("pipe");
    if (::pipe(from) != 0) fail("pipe");
    const pid_t process = ::fork();
    if (process < 0) fail("fork");
    if (process == 0) {
      ::close(to[1]);
      ::close(from[0]);
      // Without this, a worker would not see that the job pipe of this process is closed.
      for (const Child& other : children_) {
        if (other.process == 0) continue;
        ::close(other.jobs);
        ::close(other.answers);
      }
      serve(make_, limits_, to[0], from[1]);
    }
    ::close(to[0]);
    ::close(from[1]);
    child = Child{.process = process, .jobs = to[1], .answers = from[0]};
  }

  static double processor_time(const Child& child) {
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(child.process, &clock) != 0) return 0;
    if (::clock_gettime(clock, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

  void give(Child& child, size_t job) {
    child.job = job;
    child.used = processor_time(child);
    child.since = Clock::now();
    const uint64_t number = job;
    // Where the worker is gone, its answers end, which is seen there.
    if (child.is_ready) write_all(child.jobs, &number, sizeof number);
  }

  void wait() {
    std::vector<pollfd> descriptors;
    for (const Child& child : children_) {
      descriptors.push_back({child.job ? child.answers : -1, POLLIN, 0});
    }
    constexpr int kMilliseconds = 50;
    ::poll(descriptors.data(), descriptors.size(), kMilliseconds);
    for (size_t i = 0; i < children_.size(); ++i) {
      children_[i].has_answer = descriptors[i].revents != 0;
    }
  }

  // Whether the job of the child has ended.
  bool look_after(Child& child, const std::function<void(size_t, JobEnd, std::string_view)>& done) {
    const size_t job = *child.job;
    if (!child.has_answer) {
      const double waited = std::chrono::duration<double>(Clock::now() - child.since).count();
      if (processor_time(child) - child.used < limits_.seconds && waited < 10 * limits_.seconds) {
        return false;
      }
      const bool was_ready = child.is_ready;
      end(child, true);
      if (!was_ready) throw Error(ErrorCode::kBudgetExhausted, "a worker does not get ready");
      done(job, JobEnd::kTimedOut, "");
      return true;
    }
    const std::optional<Message> message = receive(child.answers);
    if (!message) {
      const bool was_ready = child.is_ready;
      const std::string how = how_it_ended(end(child, false));
      if (!was_ready) throw Error(ErrorCode::kInternal, "a worker " + how + " at its start");
      done(job, JobEnd::kCrashed, how);
      return true;
    }
    if (!child.is_ready) {
      if (message->error != 0) {
        throw Error(static_cast<ErrorCode>(message->error), message->bytes);
      }
      child.is_ready = true;
      give(child, job);
      return false;
    }
    child.job.reset();
    done(job, JobEnd::kDone, message->bytes);
    return true;
  }

  static int end(Child& child, bool by_force) {
    if (child.process == 0) return 0;
    if (by_force) ::kill(child.process, SIGKILL);
    ::close(child.jobs);
    ::close(child.answers);
    int status = 0;
    while (::waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
    }
    child = Child{};
    return status;
  }

  const WorkerLimits limits_;
  const std::function<std::unique_ptr<Worker>()>& make_;
  std::vector<Child> children_;
};

}  // namespace

void run_in_processes(size_t jobs, const WorkerLimits& limits,
                      const std::function<std::unique_ptr<Worker>()>& make,
                      const std::function<void(size_t, JobEnd, std::string_view)>& done) {
  Pool(limits, make).run(jobs, done);
}

}  // namespace tokrail::cli
