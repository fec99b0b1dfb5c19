// ExactSampler: whole sequences with exactly the law of the model under the constraint.
//
// Rejection sampling of sequences with memory: a trie of the prefixes visited keeps an upper bound
// of the mass that can still be valid below each of them. A token is drawn from p(x) * bound(x), so
// that what is known to be dead is never proposed again; an attempt that runs into mass that turns
// out to be dead is thrown away and the bounds on its path are lowered. An accepted sequence is a
// sample of p(y) [y valid] / Z, whatever the trie knew. Bounds only fall, and reach the expected
// future validity.
//
//   ExactSampler exact;
//   exact.begin();                                       // an attempt
//   while (...) {
//     const ExactStep step = exact.step(row, *constraint);   // a token, or reject the attempt
//     if (!step.accepted) { exact.begin(); continue; }
//     constraint->accept(step.token);
//   }
//
// With ExactMode::kExpectedFuture no attempt is rejected: the token is drawn from p(x) * bound(x)
// and the bounds are lowered on the way; the law tends to the exact one as they do.
//
// Sharing: outputs of one request may share a sampler; attempts are then made in the order of
// sample indices, so that results do not depend on threads. Memory: O(visited prefixes x their
// touched children), bounded by max_nodes (kept nodes stay right, new ones are not remembered).
// Thread safety: one thread. Papers: Park et al., "Grammar-aligned decoding", 2024; Parys et al.,
// "Constrained adaptive rejection sampling", 2025.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "decoding/rejection/step_sampler.h"

namespace tokrail {

enum class ExactMode : uint8_t { kExact, kExpectedFuture };

struct ExactOptions {
  ExactMode mode = ExactMode::kExact;
  size_t max_nodes = size_t{1} << 20;
};

struct ExactStep {
  bool accepted = false;  ///< false: the attempt is thrown away (or status tells why not to go on)
  TokenId token = 0;
  StepStatus status = StepStatus::kOk;
  double log_prob = 0;  ///< log p(token) in the chain's distribution
  StepReport report;
};

class ExactSampler {
 public:
  explicit ExactSampler(const ExactOptions& options = {});
  ~ExactSampler();
  ExactSampler(ExactSampler&&) noexcept;
  ExactSampler& operator=(ExactSampler&&) noexcept;

  /// Begins attempt `attempt` of a sample; its draws are those of row.parameters with this number.
  void begin(uint32_t attempt);
  ExactStep step(const PreparedRow& row, const Constraint& constraint) noexcept;
  /// The prefix under way has no valid continuation (a length cap, say): its mass is taken out.
  void dead() noexcept;

  /// Upper bound of the valid part of the mass at the beginning; falls to Z.
  double bound() const noexcept;
  size_t nodes() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
