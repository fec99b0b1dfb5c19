// Shares of counts, as scores give them.
#pragma once

#include <cstdint>

namespace tokrail {

/// 0 where there is nothing to count.
inline double share_of(uint64_t part, uint64_t whole) noexcept {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace tokrail
