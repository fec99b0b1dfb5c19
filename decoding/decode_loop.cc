#include "decoding/decode_loop.h"

#include <algorithm>
#include <atomic>
#include <string>

#include "base/parallel.h"

namespace tokrail {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void end_all(std::span<Lane> lanes, GenerationStatus status, std::string_view why) {
  for (Lane& lane : lanes) {
    lane.end(status, std::string(why));
  }
}

// Ends what has no room or no time left; false when no lane is live.
bool any_goes_on(std::span<Lane> lanes, const LoopLimits& limits) {
  const bool late = Clock::now() >= limits.deadline;
  if (late || (limits.cancel != nullptr && limits.cancel->load(std::memory_order_relaxed))) {
    end_all(lanes, GenerationStatus::kCancelled, late ? "the deadline has passed" : "");
  }
  bool any = false;
  for (Lane& lane : lanes) {
    any = !lane.end_if_full() || any;
  }
  return any;
}

void end_on_source(const LogitSource& source, SourceStatus status, std::span<Lane> lanes) {
  const bool full = status == SourceStatus::kContextFull;
  end_all(lanes, full ? GenerationStatus::kLength : GenerationStatus::kError, source.failure());
}

}  // namespace

void run_lanes(LogitSource& source, size_t vocab, std::span<Lane> lanes, SharedContexts& contexts,
               const LoopParts& parts, const LoopLimits& limits) {
  std::vector<uint32_t> live;
  std::vector<uint8_t> again(lanes.size());
  while (any_goes_on(lanes, limits)) {
    live.clear();
    for (uint32_t i = 0; i < lanes.size(); ++i) {
      lanes[i].live() ? live.push_back(i) : contexts.leave(i);
    }
    const auto before = Clock::now();
    if (!contexts.move_on()) {
      end_all(lanes, GenerationStatus::kError, "the source has no room for another sequence");
      break;
    }
    const EvalResult rows = contexts.eval();
    if (rows.status != SourceStatus::kOk) {
      end_on_source(source, rows.status, lanes);
      break;
    }
    const double waited = seconds_since(before);
    parallel_for(
        0, live.size(), 1,
        [&](size_t begin, size_t end) {
          for (size_t i = begin; i < end; ++i) {
            Lane& lane = lanes[live[i]];
            ++lane.statistics().model_calls;
            lane.statistics().model_seconds += waited;
            again[live[i]] =
                !parts.step(lane, LaneRows(rows.logits, contexts.rows(live[i]), vocab));
          }
        },
        limits.threads);
    for (const uint32_t i : live) {
      again[i] ? contexts.restart(i) : contexts.extend(i, lanes[i].last_tokens());
    }
    if (parts.after_step) {
      parts.after_step(lanes, contexts);
    }
  }
}

}  // namespace tokrail
