// Matcher::Step: what holds after a number of accepts; the steps before are shared with forks.
//
// A step keeps what was taken, so that its threads can be found again when the grammar has dropped
// its states (threads are numbers that mean something within one epoch only). Internal to the
// module. Immutable once it is in a Matcher, but for the threads, which are read and written under
// the grammar's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grammar/matcher.h"
#include "grammar/recogniser/compiled_state.h"

namespace tokrail {

struct Matcher::Step {
  std::shared_ptr<const Step> before;
  mutable std::vector<recogniser::Thread> threads;
  mutable uint64_t epoch = 0;
  TokenId id = kNoToken;  ///< what was taken; kNoToken: the bytes
  std::string bytes;
  DecodeContext context = 0;
  size_t covered = 0;  ///< bytes of the required prefix
  size_t number = 0;
  bool ended = false;

  /// The threads, found again if the grammar's states were dropped. Under the lock.
  const std::vector<recogniser::Thread>& current(CompiledGrammar::Impl& impl) const;

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
