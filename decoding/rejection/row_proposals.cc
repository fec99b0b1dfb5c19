#include "decoding/rejection/row_proposals.h"

#include <cmath>

namespace tokrail {

RowProposals::RowProposals(RowDraws& draws, const RowParameters& parameters,
                           std::vector<Proposal>& back, const std::atomic<bool>* cancel) noexcept
    : draws_(&draws),
      parameters_(&parameters),
      back_(&back),
      cancel_(cancel),
      random_(parameters.seed) {
  back_->clear();
}

double RowProposals::uniform(Purpose purpose) const noexcept {
  return random_.uniform({.stream = parameters_->stream,
                          .position = parameters_->position,
                          .draw = parameters_->draw + count_,
                          .purpose = purpose});
}

double RowProposals::next_uniform() noexcept {
  const double u = uniform(parameters_->purpose);
  ++count_;
  return u;
}

double RowProposals::aside() const noexcept {
  double mass = 0;
  for (const Proposal& proposal : *back_) mass += proposal.prob;
  return mass;
}

double RowProposals::remaining() const noexcept {
  return draws_->remaining() + aside();
}

bool RowProposals::next(Proposal& out) noexcept {
  // A load per draw is cheap beside the draw.
  if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) {
    cancelled_ = true;
    return false;
  }
  const double kept = aside();
  if (kept > 0) {
    // First whether it is one of those put back, by a number of its own.
    const double anew = draws_->remaining();
    double point = uniform(Purpose::kResidual) * (kept + anew);
    for (size_t i = 0; i < back_->size() && (point < kept || anew <= 0); ++i) {
      point -= (*back_)[i].prob;
      if (point >= 0 && i + 1 < back_->size()) continue;
      ++count_;
      out = (*back_)[i];
      out.again = true;
      back_->erase(back_->begin() + static_cast<ptrdiff_t>(i));
      return true;
    }
  }
  const Draw draw = draws_->next(next_uniform());
  if (draw.token == kNoToken) return false;
  out = {.token = draw.token, .prob = std::exp(draw.log_prob), .again = false};
  return true;
}

void RowProposals::put_back(const Proposal& proposal) noexcept {
  back_->push_back(proposal);
}

uint64_t RowProposals::repeats(double left, uint64_t limit) noexcept {
  if (left >= 1) return 0;
  // P(n or more) = (1 - left)^n >= u.
  const double u = random_.uniform_open({.stream = parameters_->stream,
                                         .position = parameters_->position,
                                         .draw = parameters_->draw + count_,
                                         .purpose = Purpose::kAccept});
  const double n = std::floor(std::log(u) / std::log1p(-left));
  return n < static_cast<double>(limit) ? static_cast<uint64_t>(n) : limit;
}

}  // namespace tokrail
