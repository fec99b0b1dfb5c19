// Decimal: the exact value of a JSON number text. O(digits), no rounding, no limits but on the
// exponent. Errors: none; parse() answers nothing where the exponent is beyond reason.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokrail {

class Decimal {
 public:
  /// Exponents are limited so that a value can be written in plain digits.
  static constexpr int64_t kMostDigits = 5000;

  Decimal() = default;
  /// `text` is a JSON number. Nothing if plain digits would be more than kMostDigits.
  static std::optional<Decimal> parse(std::string_view text);

  bool is_zero() const noexcept { return digits_.empty(); }
  bool is_negative() const noexcept { return negative_; }
  bool is_integer() const noexcept { return exponent_ >= 0; }
  /// Digits before the point without leading zeros ("0" for none), digits behind it without
  /// trailing zeros; of the absolute value.
  std::string whole() const;
  std::string fraction() const;
  /// The value in plain digits.
  std::string to_string() const;
  /// The value as an unsigned number if it is one of 32 bits.
  std::optional<uint32_t> to_count() const;

  friend bool operator==(const Decimal&, const Decimal&) = default;
  std::strong_ordering operator<=>(const Decimal& other) const;

 private:
  std::strong_ordering compare_magnitude(const Decimal& other) const;

  bool negative_ = false;
  std::string digits_;    // no leading and no trailing zeros; empty is zero
  int64_t exponent_ = 0;  // the value is digits_ * 10^exponent_
};

}  // namespace tokrail
