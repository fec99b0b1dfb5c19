// Gzip files, unpacked in memory with a bound.
//
// Complexity: O(unpacked bytes). Pure function. Errors: Error(kInvalidFile) for damage and for more
// than `limit` bytes (found before they are unpacked).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tokrail {

/// Files made of several gzip members give their contents one after the other.
std::string unpack_gzip(std::string_view bytes, size_t limit, std::string_view name);

}  // namespace tokrail
