// Progress: one line on standard error that tells how far a long job is.
//
//   Progress progress("encode", total_bytes, !options.no_progress);
//   progress.update(done_bytes);
//
// Drawn only where standard error is a terminal, at most ten times a second, and removed at the
// end. With a total: a bar, per cent, rate and time left; without: amount and rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tokrail::cli {

class Progress {
 public:
  enum class Unit : uint8_t { kBytes, kItems };

  /// total 0: not known.
  Progress(std::string label, uint64_t total, bool wanted, Unit unit = Unit::kBytes);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(uint64_t done);
  /// The next part of the job, with a count of its own.
  void restart(std::string label, uint64_t total, Unit unit);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(uint64_t done);

  std::string label_;
  uint64_t total_;
  Unit unit_;
  bool visible_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_draw_{};
};

}  // namespace tokrail::cli
