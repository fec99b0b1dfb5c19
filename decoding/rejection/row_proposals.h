// RowProposals: the proposals of a step, drawn from a row of logits.
//
// Draw i of a place has the uniform number parameters.draw + i of the row's purpose; tokens that
// were put back are kept aside with their probabilities, so that the row is read once.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "decoding/logits/draw_without_replacement.h"
#include "decoding/rejection/proposals.h"

namespace tokrail {

class RowProposals final : public Proposals {
 public:
  /// Refers to all of these. `back` is emptied.
  RowProposals(RowDraws& draws, const RowParameters& parameters, std::vector<Proposal>& back,
               const std::atomic<bool>* cancel) noexcept;

  /// False also when the job was cancelled.
  bool next(Proposal& out) noexcept override;
  double remaining() const noexcept override;
  void put_back(const Proposal& proposal) noexcept override;
  uint64_t repeats(double left, uint64_t limit) noexcept override;

  /// The uniform of the next draw, which counts as made.
  double next_uniform() noexcept;
  bool cancelled() const noexcept { return cancelled_; }

 private:
  double uniform(Purpose purpose) const noexcept;
  double aside() const noexcept;

  RowDraws* draws_;
  const RowParameters* parameters_;
  std::vector<Proposal>* back_;
  const std::atomic<bool>* cancel_;
  CounterRandom random_;
  uint32_t count_ = 0;
  bool cancelled_ = false;
};

}  // namespace tokrail
