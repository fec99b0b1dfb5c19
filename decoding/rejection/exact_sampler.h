// ExactSampler: whole sequences with exactly the law of the model under the constraint.
//
// Rejection sampling of sequences with memory: a trie of the prefixes visited keeps an upper bound
// of the mass that can still be valid below each of them. A token is drawn from p(x) * bound(x), so
// that what is known to be dead is never proposed again; an attempt that runs into mass that turns
// out to be dead is thrown away and the bounds on its path are lowered. An accepted sequence is a
// sample of p(y) [y valid] / Z, whatever the trie knew. Bounds only fall, and reach the expected
// future validity.
//
// Why it is exact: along an attempt the probability of reaching prefix u is p(u) bound(u) / bound
// of the beginning, because factors cancel: where the sum S of p(x) * bound(x) below u is less than
// the bound that u was drawn with, a coin keeps the attempt with probability S / bound(u). So every
// valid y is proposed with p(y) / bound of the beginning, and what is accepted has the law sought.
// A constraint's mask takes the mass of all refused tokens out at the first visit; where masks are
// not cheap, tokens are tested as they come.
//
//   ExactSampler exact;
//   exact.begin(0);                                       // attempt 0
//   while (!complete) {
//     const ExactStep step = exact.step(row, *constraint);
//     if (step.status != StepStatus::kOk) break;          // no attempt can succeed
//     if (!step.accepted) { exact.begin(++attempt); ...; continue; }  // from the beginning
//     constraint->accept(step.token);
//   }
//
// With ExactMode::kExpectedFuture no attempt is rejected: the token is drawn from p(x) * bound(x)
// and the bounds are lowered on the way; the law tends to the exact one as they do.
//
// Sharing: outputs of one request may share a sampler; attempts are then made in the order of
// sample indices, so that results do not depend on threads. All must have the same prompt, chain of
// samplers and constraint. Memory: 56 bytes and a hash entry per visited prefix, at most max_nodes
// (kept nodes stay right, new ones are not remembered). Complexity: a step is a read of the row, a
// mask and O(children seen before).
// Thread safety: one thread. Papers: Park et al., "Grammar-aligned decoding", 2024; Parys et al.,
// "Constrained adaptive rejection sampling", 2025.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

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

  /// Begins attempt `attempt` of a sample; its draws are those that row.parameters names, with
  /// this number added to the index of the draw.
  void begin(uint32_t attempt);
  ExactStep step(const PreparedRow& row, const Constraint& constraint) noexcept;
  /// The prefix under way has no valid continuation (a length cap, say): its mass is taken out.
  void dead() noexcept;

  /// Upper bound of the valid part of the mass at the beginning; falls to Z.
  double bound() const noexcept;
  /// The same behind a prefix; 1 for what was not visited.
  double bound(std::span<const TokenId> prefix) const noexcept;
  size_t nodes() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
