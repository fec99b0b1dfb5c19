// URI references in schemas: resolving against a base (RFC 3986, section 5.2), and fragments.
// Pure functions, O(length).
#pragma once

#include <string>
#include <string_view>

namespace tokrail {

/// The absolute form of `reference`, without its fragment.
std::string resolve_uri(std::string_view base, std::string_view reference);

/// What stands behind '#', with %XX decoded; empty if there is none.
std::string uri_fragment(std::string_view reference);

}  // namespace tokrail
