#include "bindings/cli/exhaustive_proposals.h"

#include <cmath>

namespace tokrail::cli {

ExhaustiveProposals::ExhaustiveProposals(std::span<const double> p,
                                         std::span<const uint8_t> accepted, Repeats repeats)
    : p_(p.begin(), p.end()), accepted_(accepted.begin(), accepted.end()), repeats_(repeats) {
  begin();
}

void ExhaustiveProposals::begin() {
  at_ = 0;
  probability_ = 1;
  in_.assign(p_.size(), 1);
  was_put_back_.assign(p_.size(), 0);
  repeats_left_.clear();
}

bool ExhaustiveProposals::advance() {
  script_.resize(at_);
  while (!script_.empty() && script_.back().taken + 1 == script_.back().count) script_.pop_back();
  if (script_.empty()) return false;
  ++script_.back().taken;
  begin();
  return true;
}

uint64_t ExhaustiveProposals::choose(uint64_t count) {
  if (at_ == script_.size()) script_.push_back({0, count});
  return script_[at_++].taken;
}

double ExhaustiveProposals::remaining() const noexcept {
  double sum = 0;
  for (size_t i = p_.size(); i-- > 0;) sum += in_[i] != 0 ? p_[i] : 0;
  return sum;
}

bool ExhaustiveProposals::next(Proposal& out) noexcept {
  uint64_t count = 0;
  for (size_t i = 0; i < p_.size(); ++i) count += in_[i] != 0 && p_[i] > 0 ? 1 : 0;
  if (count == 0) return false;
  const double before = remaining();
  uint64_t rank = choose(count);
  for (size_t i = 0; i < p_.size(); ++i) {
    if (in_[i] == 0 || p_[i] <= 0 || rank-- > 0) continue;
    in_[i] = 0;
    probability_ *= p_[i] / before;
    out = {.token = static_cast<TokenId>(i), .prob = p_[i], .again = was_put_back_[i] != 0};
    return true;
  }
  return false;
}

void ExhaustiveProposals::put_back(const Proposal& proposal) noexcept {
  in_[proposal.token] = 1;
  was_put_back_[proposal.token] = 1;
}

uint64_t ExhaustiveProposals::repeats(double left, uint64_t limit) noexcept {
  if (repeats_ == Repeats::kNone || limit == 0) {
    repeats_left_.push_back(left);
    return 0;
  }
  const uint64_t taken = choose(limit + 1);
  const double out = 1 - left;
  probability_ *= std::pow(out, static_cast<double>(taken));
  if (taken < limit) probability_ *= left;
  return taken;
}

}  // namespace tokrail::cli
