// Matcher::Step: what holds after a number of accepts; the steps before are shared with forks.
//
// Internal to the module. Immutable once it is in a Matcher.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "grammar/matcher.h"
#include "grammar/recogniser/recogniser.h"

namespace tokrail {

struct Matcher::Step {
  std::shared_ptr<const Step> before;
  std::vector<recogniser::Thread> threads;
  DecodeContext context = 0;
  size_t number = 0;
  bool ended = false;

  Step() = default;
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  ~Step() {
    // A long chain is taken apart in a loop, not by recursion.
    auto next = std::move(before);
    while (next && next.use_count() == 1) {
      auto after = std::move(const_cast<Step&>(*next).before);
      next = std::move(after);
    }
  }
};

}  // namespace tokrail
