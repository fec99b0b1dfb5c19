// How a training job tells where it is, and how it is asked to stop.
//
// Jobs take a callback and a std::stop_token. The callback is called on the thread that called the
// job, never from two threads at once, a few to a few hundred times per second; what it throws
// ends the job and reaches the caller. A job that is asked to stop throws Error(kCancelled).
//
//   std::stop_source stop;
//   options.stop = stop.get_token();
//   options.progress = [](const TrainingProgress& p) { draw_bar(p.done, p.total); };
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "base/error.h"

namespace tokrail {

enum class TrainingStage : uint8_t {
  kReading,     ///< done and total are bytes of the input files as stored
  kMerging,     ///< done and total are merges; total is an upper bound
  kFitting,     ///< a job of another library that does not say how far it is; total is 0
  kEstimating,  ///< done and total are iterations over the distinct words
  kChoosing,    ///< done and total are ids to be given to chains
};

struct TrainingProgress {
  TrainingStage stage = TrainingStage::kReading;
  uint64_t done = 0;
  uint64_t total = 0;  ///< 0: not known
};

using TrainingProgressCallback = std::function<void(const TrainingProgress&)>;

/// Throws Error(kCancelled) if a stop was requested.
inline void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) {
    throw Error(ErrorCode::kCancelled, "training was cancelled by the caller");
  }
}

}  // namespace tokrail
