#include "tokenizers/formats/json_numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/ascii.h"

namespace tokrail {
namespace {

constexpr int kHighestPower = 308;

// The doubles nearest to 1e0 to 1e308, as a compiler reads those literals.
const std::array<double, kHighestPower + 1>& powers_of_ten() {
  static const std::array<double, kHighestPower + 1> kPowers = [] {
    std::array<double, kHighestPower + 1> powers{};
    for (int i = 0; i <= kHighestPower; ++i) {
      char text[8] = {'1', 'e'};
      const auto end = std::to_chars(text + 2, text + sizeof(text), i).ptr;
      std::from_chars(text, end, powers[static_cast<size_t>(i)]);
    }
    return powers;
  }();
  return kPowers;
}

double scaled(uint64_t significand, int64_t exponent) noexcept {
  auto value = static_cast<double>(significand);
  if (value == 0) return 0;
  if (exponent > kHighestPower) return std::numeric_limits<double>::infinity();
  for (; exponent < -kHighestPower; exponent += kHighestPower) {
    value /= 1e308;
    if (value == 0) return 0;
  }
  const double power = powers_of_ten()[static_cast<size_t>(exponent < 0 ? -exponent : exponent)];
  return exponent < 0 ? value / power : value * power;
}

bool takes_digit(uint64_t& significand, char digit) noexcept {
  const auto value = static_cast<uint64_t>(digit - '0');
  if (significand > (UINT64_MAX - value) / 10) return false;
  significand = significand * 10 + value;
  return true;
}

std::string shortest(double value) {
  char digits[40];
  const auto result = std::to_chars(digits, digits + sizeof(digits), value);
  std::string text(digits, result.ptr);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

// A text with that many digits behind the point, near `value`, which reads back as it.
std::string neighbour(double value, int digits_behind) {
  char digits[48];
  const auto result = std::to_chars(digits, digits + sizeof(digits), std::abs(value),
                                    std::chars_format::scientific, digits_behind);
  const std::string_view all(digits, static_cast<size_t>(result.ptr - digits));
  const size_t e = all.find('e');
  std::string mantissa(1, all[0]);
  mantissa += all.substr(2, e - 2);
  uint64_t number = 0;
  std::from_chars(mantissa.data(), mantissa.data() + mantissa.size(), number);
  for (uint64_t step = 0; step < 64; ++step) {
    // In steps of about a fifth of the distance between doubles with so many digits.
    const uint64_t distance = digits_behind <= 16 ? step : step * (digits_behind == 17 ? 8 : 64);
    for (const uint64_t candidate : {number + distance, number - distance}) {
      const std::string digits_now = std::to_string(candidate);
      if (digits_now.size() != mantissa.size()) continue;
      std::string text(value < 0 ? "-" : "");
      text.append(digits_now, 0, 1).append(".").append(digits_now, 1).append(all.substr(e));
      if (reference_double(text) == value) return text;
    }
  }
  return {};
}

}  // namespace

double reference_double(std::string_view text) noexcept {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p < end && *p == '-';
  if (negative) ++p;
  uint64_t significand = 0;
  int64_t exponent = 0;
  // Digits that no longer fit are left out; those before the point still count.
  bool full = false;
  for (; p < end && is_ascii_digit(*p); ++p) {
    if (full || !takes_digit(significand, *p)) {
      full = true;
      ++exponent;
    }
  }
  if (p < end && *p == '.') {
    full = false;
    for (++p; p < end && is_ascii_digit(*p); ++p) {
      if (full || !takes_digit(significand, *p)) {
        full = true;
      } else {
        --exponent;
      }
    }
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    ++p;
    const bool down = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) ++p;
    int64_t given = 0;
    for (; p < end && is_ascii_digit(*p); ++p) {
      if (given < 1'000'000) given = given * 10 + (*p - '0');
    }
    exponent += down ? -given : given;
  }
  const double value = scaled(significand, exponent);
  return negative ? -value : value;
}

std::string text_of_reference_double(double value) {
  std::string text = shortest(value);
  if (!std::isfinite(value) || reference_double(text) == value) return text;
  // How many digits there are decides how the roundings fall.
  for (const int digits_behind : {16, 17, 18, 15}) {
    std::string other = neighbour(value, digits_behind);
    if (!other.empty()) return other;
  }
  return text;
}

}  // namespace tokrail
