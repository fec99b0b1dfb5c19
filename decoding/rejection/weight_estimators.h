// Estimators of the weight of a constrained step: a token and a weight that make it properly
// weighted for p * a, that is E[w f(token)] = sum over x of p(x) a(x) f(x) for every f.
//
// All draw without replacement until the first accepted token x, which is the answer; they differ
// in how they estimate Z from a few more tests:
//   des_raj     after x, further draws; t_k = sum over the draws before the k-th of p a, plus the
//               mass left before the k-th times a of the k-th; w = t_k of the last draw. Which draw
//               is the last is decided before it is drawn: when the mass left before it is at most
//               delta, or the budget of further tests ends with it. At least one further draw,
//               unless nothing is left; when all is explored, w = Z exactly. Ours, the default.
//   recursive   des_raj with exactly one further draw.
//   geometric   from the number of rejections that draws with replacement would have had:
//               w = min(accepts - 1, n_accepted) / (n_accepted + n_rejected - 1).
//   two_loop    a second search for an accepted token with x back in; w = (mass that was left when
//               x was drawn) / (1 + rejections of both searches).
// A weight of 0 means that nothing was accepted.
//
//   const WeightedToken step = des_raj(proposals, test, {.delta = 0.05, .further_tests = 2});
//
// Complexity: tests and draws as said by the result. Thread safety: pure but for the arguments.
// Papers: Lipkin et al., "Fast controlled generation from language models with adaptive weighted
// rejection sampling", COLM 2025; Des Raj, JASA 1956.
#pragma once

#include <cstdint>

#include "decoding/rejection/proposals.h"

namespace tokrail {

struct WeightedToken {
  TokenId token = 0;
  bool found = false;    ///< whether an accepted token was found
  double weight = 0;     ///< 0 if not
  uint32_t tests = 0;    ///< calls of the test
  double explored = 0;   ///< mass of the tokens tested
  bool exact = false;    ///< the weight is Z
  bool gave_up = false;  ///< DesRajOptions::first_tests were refused; there is no weight yet
};

struct DesRajOptions {
  double delta = 0.05;
  uint32_t further_tests = 2;
  uint32_t max_tests = 0;  ///< 0: no limit; the last of them decides alone
  /// Where so many tests were refused and none accepted, the rest is left to the caller, who knows
  /// a better way to draw from what remains and to weigh it. 0: no limit.
  uint32_t first_tests = 0;
};
inline constexpr DesRajOptions kThorough{.delta = 0.01, .further_tests = 8};

WeightedToken des_raj(Proposals& proposals, TokenTest& test, const DesRajOptions& options = {});
WeightedToken recursive(Proposals& proposals, TokenTest& test, uint32_t max_rejections = 0);

struct GeometricOptions {
  uint32_t max_accepts = 2;     ///< at least 2
  uint64_t max_rejections = 0;  ///< of draws with replacement; 0: no limit
};
WeightedToken geometric(Proposals& proposals, TokenTest& test,
                        const GeometricOptions& options = {});
WeightedToken two_loop(Proposals& proposals, TokenTest& test);

}  // namespace tokrail
