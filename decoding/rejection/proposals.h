// Proposals: where the estimators of a constrained step get their tokens from.
//
// An estimator asks for tokens of the step's distribution p, one after the other without
// replacement, and tests them. It sees nothing of logits, random numbers or constraints, so that a
// test can put an exhaustive enumerator in their place and add up its exact law.
//
// Letters as in the papers: p the distribution of the step, a(x) = 1 where the constraint allows x,
// Z = p(a) its mass.
//
// Ownership: the estimator borrows both. Thread safety: one thread. Errors: none.
#pragma once

#include <cstdint>

#include "tokenizers/token_id.h"

namespace tokrail {

struct Proposal {
  TokenId token = 0;
  double prob = 0;     ///< p(token), in the distribution before anything was drawn
  bool again = false;  ///< it was put back before, so its test is known
};

class Proposals {
 public:
  virtual ~Proposals() = default;
  /// Draws from what remains and takes it out. False when nothing is left.
  virtual bool next(Proposal& out) noexcept = 0;
  /// Mass left; exactly 0 when nothing is.
  virtual double remaining() const noexcept = 0;
  /// Puts a token that was drawn back in.
  virtual void put_back(const Proposal& proposal) noexcept = 0;
  /// How many draws with replacement would fall on what was taken out before one falls on what is
  /// left, which has the part `left` of all mass: geometric, random. Never more than `limit`.
  virtual uint64_t repeats(double left, uint64_t limit) noexcept = 0;
};

class TokenTest {
 public:
  virtual ~TokenTest() = default;
  virtual bool allows(TokenId id) noexcept = 0;
};

}  // namespace tokrail
