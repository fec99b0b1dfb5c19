// Shortest: how much is missing to a complete text, in bytes or in tokens.
#pragma once

#include <cstddef>
#include <limits>

namespace tokrail {

/// Bounds of the smallest number of bytes or tokens behind which a text is complete. Equal bounds
/// are the number itself.
struct Shortest {
  static constexpr size_t kUnknown = std::numeric_limits<size_t>::max();
  size_t at_least = 0;
  size_t at_most = kUnknown;
  friend bool operator==(const Shortest&, const Shortest&) = default;
};

}  // namespace tokrail
