// TokenId: the number of an entry of a vocabulary, 0 to size - 1.
#pragma once

#include <cstdint>

namespace tokrail {

using TokenId = uint32_t;
/// No token: what a search without a find answers.
inline constexpr TokenId kNoToken = 0xFFFFFFFFu;

}  // namespace tokrail
