// Where the end of a sequence occurs earlier in it. Internal to the samplers.
#pragma once

#include <cstdint>
#include <vector>

#include "decoding/samplers/fused_sampler.h"

namespace tokrail {

/// reversed[i] is the i-th token from the end; lengths[k], for k > 0, the number of tokens of which
/// the last and those up to k places before the last are the same. O(tokens), by the Z-algorithm.
struct SuffixRepeats {
  std::vector<TokenId> reversed;
  std::vector<uint32_t> lengths;
  void find(const RecentTokens& tokens);
};

}  // namespace tokrail
