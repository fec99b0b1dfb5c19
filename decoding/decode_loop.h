// The one loop of decoding: contexts to rows, rows to tokens, tokens to contexts, until every lane
// has ended. Internal to decoding.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "decoding/lane.h"
#include "decoding/shared_contexts.h"

namespace tokrail {

/// What a way of decoding does at its places in the loop.
struct LoopParts {
  /// Takes a token for the lane from its rows. False: the lane starts again behind the prompt.
  std::function<bool(Lane&, const LaneRows&)> step;
  /// After all lanes have stepped: may judge, resample and end lanes.
  std::function<void(std::span<Lane>, SharedContexts&)> after_step;
};

struct LoopLimits {
  int threads = 0;
  const std::atomic<bool>* cancel = nullptr;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// Runs the lanes until none is live. Lanes that are not live at the start stand aside.
void run_lanes(LogitSource& source, size_t vocab, std::span<Lane> lanes, SharedContexts& contexts,
               const LoopParts& parts, const LoopLimits& limits);

}  // namespace tokrail
