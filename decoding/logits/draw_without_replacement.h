// Draws without replacement: tokens in the order in which a sampler would meet them if each were
// taken out after it came, with the mass that is left.
//
// This is what adaptive rejection needs: propose, test, go on with the rest of the distribution.
// The remaining mass is always a sum of what remains, never one minus what was drawn, so that it is
// right when 1e-7 of the mass is left; a block that lost a token is summed again without it against
// the maximum of what it still has.
//
//   RowDraws draws;
//   draws.reset(row);                                   // one read of the logits
//   for (uint32_t i = 0; draws.remaining() > 0; ++i) {
//     const Draw draw = draws.next(random.uniform({.stream = s, .position = p, .draw = i}));
//     if (constraint.allows(draw.token)) break;
//   }
//
// Complexity: reset O(vocab), no allocation after the first use with that size; next O(1024 +
// vocab / 1024). Thread safety: an object belongs to one thread. Ownership: a RowDraws refers to
// the row's logits and mask until the next reset. Errors: none after reset; an empty distribution
// answers kNoToken. Paper: Des Raj, "Some estimators in sampling with varying probabilities without
// replacement", JASA 1956.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "decoding/logits/sample_masked.h"

namespace tokrail {

struct Draw {
  TokenId token = kNoToken;
  uint32_t flags = 0;    ///< RowFlag
  double log_prob = 0;   ///< log p(token) in the distribution before anything was drawn
  double remaining = 0;  ///< mass left after this draw, as a part of the mass before the first
};

class RowDraws {
 public:
  RowDraws();
  ~RowDraws();
  RowDraws(RowDraws&&) noexcept;
  RowDraws& operator=(RowDraws&&) noexcept;

  /// Makes row `row` of the batch ready: masks, adjustments, temperature and truncation as in
  /// sample_masked. The batch's outputs and top_n are not looked at.
  void reset(const SampleBatch& batch, size_t row);

  /// Draws from what remains at u in [0, 1) and takes it out.
  Draw next(double u) noexcept;
  /// Draws from what remains and leaves it in.
  Draw peek(double u) const noexcept;
  /// Takes ids out without drawing them; ids that are out already or have no mass do nothing.
  void remove(std::span<const TokenId> ids) noexcept;
  /// Takes out all ids whose bit is 1.
  void remove_mask(std::span<const uint32_t> mask) noexcept;

  /// Mass left, as a part of the mass before the first draw; exactly 0 when nothing is left.
  double remaining() const noexcept;
  /// log of the sum of exp(y) before the first draw; -inf when nothing is allowed.
  double log_sum() const noexcept;
  /// log p(id) in the distribution before the first draw; -inf for what has no mass.
  double log_prob(TokenId id) const noexcept;
  /// Sum of probabilities (before the first draw) of the ids whose bit is 1, drawn or not.
  double mass(std::span<const uint32_t> mask) const noexcept;
  uint32_t flags() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// `count` draws for every row, with the uniforms (draw + i) of the row's parameters. draws is
/// rows x count; rows that run out are filled up with kNoToken.
void draw_without_replacement(const SampleBatch& batch, uint32_t count, std::span<Draw> draws,
                              int threads = 0);

}  // namespace tokrail
