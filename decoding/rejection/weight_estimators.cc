#include "decoding/rejection/weight_estimators.h"

#include <algorithm>
#include <limits>

namespace tokrail {
namespace {

/// Tests a proposal and keeps the books of it.
bool tested(const Proposal& proposal, TokenTest& test, WeightedToken& result) {
  ++result.tests;
  result.explored += proposal.prob;
  const bool allowed = test.allows(proposal.token);
  if (allowed && !result.found) {
    result.found = true;
    result.token = proposal.token;
  }
  return allowed;
}

}  // namespace

// Whether a draw is the last is known before it is made: from the mass left before it and from
// counts. Deciding it by what the draw brings would bias the weight.
WeightedToken des_raj(Proposals& proposals, TokenTest& test, const DesRajOptions& options) {
  WeightedToken result;
  double accepted = 0;  // sum over the draws so far of p * a
  uint32_t further = 0;
  while (true) {
    if (!result.found && options.first_tests != 0 && result.tests >= options.first_tests) {
      result.gave_up = true;
      return result;
    }
    const double before = proposals.remaining();
    bool last = options.max_tests != 0 && result.tests + 1 >= options.max_tests;
    if (result.found) {
      ++further;
      last = last || before <= options.delta || further >= options.further_tests;
    }
    Proposal proposal;
    if (before <= 0 || !proposals.next(proposal)) {
      result.weight = accepted;
      result.exact = true;
      return result;
    }
    const bool allowed = tested(proposal, test, result);
    if (last) {
      result.weight = accepted + (allowed ? before : 0);
      result.exact = proposals.remaining() <= 0;
      return result;
    }
    if (allowed) accepted += proposal.prob;
  }
}

WeightedToken recursive(Proposals& proposals, TokenTest& test, uint32_t max_rejections) {
  return des_raj(proposals, test, {.delta = 0, .further_tests = 1, .max_tests = max_rejections});
}

// Draws with replacement, of which only those that fall on a token not yet refused are made: the
// others are rejections whose number is geometric. A token accepted before goes back in.
WeightedToken geometric(Proposals& proposals, TokenTest& test, const GeometricOptions& options) {
  const uint32_t max_accepts = std::max<uint32_t>(options.max_accepts, 2);
  const uint64_t max_rejections =
      options.max_rejections != 0 ? options.max_rejections : std::numeric_limits<uint64_t>::max();
  WeightedToken result;
  uint32_t accepts = 0;
  uint64_t rejections = 0;
  bool refused_some = false;
  while (accepts < max_accepts) {
    const double left = proposals.remaining();
    if (left <= 0) break;
    if (refused_some) rejections += proposals.repeats(left, max_rejections - rejections);
    Proposal proposal;
    if (rejections >= max_rejections || !proposals.next(proposal)) break;
    if (proposal.again || tested(proposal, test, result)) {
      ++accepts;
      proposals.put_back(proposal);
    } else {
      refused_some = true;
      if (++rejections >= max_rejections) break;
    }
  }
  if (accepts == 0) {
    result.exact = proposals.remaining() <= 0;
    return result;
  }
  const double drawn = static_cast<double>(rejections) + (static_cast<double>(accepts) - 1);
  const uint32_t counted = std::min(max_accepts - 1, accepts);
  // One acceptance and nothing else before the limit: the first draw was accepted.
  result.weight = drawn > 0 ? counted / drawn : 1;
  return result;
}

WeightedToken two_loop(Proposals& proposals, TokenTest& test) {
  WeightedToken result;
  double left = 0;
  uint64_t rejections = 0;
  for (int search = 0; search < 2; ++search) {
    while (true) {
      const double before = proposals.remaining();
      Proposal proposal;
      if (before <= 0 || !proposals.next(proposal)) {
        result.exact = true;  // only the first search can end so, with nothing found
        return result;
      }
      if (proposal.again || tested(proposal, test, result)) {
        if (search == 0) left = before;
        proposals.put_back(proposal);
        break;
      }
      ++rejections;
    }
  }
  result.weight = left / (1 + static_cast<double>(rejections));
  return result;
}

}  // namespace tokrail
