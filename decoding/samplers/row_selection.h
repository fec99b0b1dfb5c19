// Which tokens a filter keeps: the smallest prefix of an order that has so many tokens or so much
// mass, found by selection. Internal to the samplers.
//
// Eight rungs cut the range of the order into slices; the mass above each rung is summed in one
// pass, and only the slice where the prefix ends is looked at further, until it is small enough to
// be put in order. Complexity: one or two passes over the row, then over a falling part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decoding/logits/logit_math.h"
#include "decoding/samplers/row_kernels.h"

namespace tokrail::row_selection {

using logit_math::Cut;

/// Memory that is kept from row to row.
struct Scratch {
  std::vector<float> logits;
  std::vector<uint32_t> ids;
  std::vector<uint64_t> order;
};

/// The prefix that is wanted. Its end is a Cut whose value is an order, not a logit.
struct Prefix {
  row_kernels::Order order;
  size_t tokens = 0;            ///< so many; 0: by mass
  double mass = 1;              ///< at least this part of the row's mass
  bool must_pass_mass = false;  ///< more than this part
};

/// `bounds` are those of the row and finite. At least one token is kept.
Cut find_cut(std::span<const float> row, const row_kernels::Bounds& bounds, const Prefix& prefix,
             Scratch& scratch);

/// Writes -inf behind the cut.
void keep(std::span<float> row, const row_kernels::Order& order, const Cut& cut) noexcept;

/// The ids of the first `count` tokens by falling logit and then rising id, fewer if there are
/// fewer. Valid until the scratch is used again.
std::span<const uint32_t> largest(std::span<const float> row, const row_kernels::Bounds& bounds,
                                  size_t count, Scratch& scratch);

}  // namespace tokrail::row_selection
