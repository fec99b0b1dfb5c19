// ExhaustiveProposals: Proposals that take every random path, one after the other, with its exact
// probability, so that the law of an estimator can be added up instead of sampled.
//
//   ExhaustiveProposals paths(p, accepted);
//   do {
//     const WeightedToken step = des_raj(paths, paths);
//     mean += paths.probability() * step.weight;
//   } while (paths.advance());
//
// An unlimited number of repeats has infinitely many values: with Repeats::kNone it is always 0
// and the mass left at each question is kept (repeats_left()), from which a caller can integrate.
// Complexity: the number of orders of p's tokens; for up to 8 or so.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decoding/rejection/proposals.h"

namespace tokrail::cli {

class ExhaustiveProposals final : public Proposals, public TokenTest {
 public:
  enum class Repeats : uint8_t { kAll, kNone };

  ExhaustiveProposals(std::span<const double> p, std::span<const uint8_t> accepted,
                      Repeats repeats = Repeats::kAll);

  /// The next path; false when all were taken.
  bool advance();
  double probability() const noexcept { return probability_; }
  std::span<const double> repeats_left() const noexcept { return repeats_left_; }

  bool next(Proposal& out) noexcept override;
  double remaining() const noexcept override;
  void put_back(const Proposal& proposal) noexcept override;
  uint64_t repeats(double left, uint64_t limit) noexcept override;
  bool allows(TokenId id) noexcept override { return accepted_[id] != 0; }

 private:
  struct Choice {
    uint64_t taken = 0;
    uint64_t count = 0;
  };

  void begin();
  uint64_t choose(uint64_t count);

  std::vector<double> p_;
  std::vector<uint8_t> accepted_;
  Repeats repeats_;
  std::vector<Choice> script_;
  size_t at_ = 0;
  double probability_ = 1;
  std::vector<uint8_t> in_;
  std::vector<uint8_t> was_put_back_;
  std::vector<double> repeats_left_;
};

}  // namespace tokrail::cli
