// ASCII characters. Pure functions.
#pragma once

namespace tokrail {

constexpr bool is_ascii_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

}  // namespace tokrail
