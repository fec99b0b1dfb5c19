// Well-formed UTF-8 in whole vectors. Internal to base/utf8.
#pragma once

#include <cstddef>

namespace tokrail {

/// Texts shorter than this are not worth the call.
inline constexpr size_t kUtf8SimdBytes = 128;

/// Length of a prefix of [p, p + size) that is whole well-formed code points, where p begins one:
/// all before the first ill-formed unit or the end, but for fewer than 70 bytes. O(size).
size_t well_formed_prefix(const char* p, size_t size) noexcept;

}  // namespace tokrail
