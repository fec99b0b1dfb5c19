#include "grammar/frontends/json_schema/decimal.h"

#include <algorithm>
#include <charconv>

namespace tokrail {

std::optional<Decimal> Decimal::parse(std::string_view text) {
  Decimal value;
  if (!text.empty() && text[0] == '-') {
    value.negative_ = true;
    text.remove_prefix(1);
  }
  const size_t e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  if (mantissa.size() > size_t{kMostDigits}) return std::nullopt;
  int64_t exponent = 0;
  if (e != std::string_view::npos) {
    std::string_view written = text.substr(e + 1);
    if (!written.empty() && written[0] == '+') written.remove_prefix(1);
    const auto [end, failed] =
        std::from_chars(written.data(), written.data() + written.size(), exponent);
    if (failed != std::errc())
      exponent = written.starts_with('-') ? -kMostDigits * 4 : kMostDigits * 4;
  }
  const size_t point = mantissa.find('.');
  value.digits_ = std::string(mantissa.substr(0, point));
  if (point != std::string_view::npos) {
    value.digits_ += mantissa.substr(point + 1);
    exponent -= static_cast<int64_t>(mantissa.size() - point - 1);
  }
  while (!value.digits_.empty() && value.digits_.back() == '0') {
    value.digits_.pop_back();
    ++exponent;
  }
  value.digits_.erase(0, std::min(value.digits_.find_first_not_of('0'), value.digits_.size()));
  if (value.digits_.empty()) return Decimal();
  value.exponent_ = exponent;
  if (exponent > kMostDigits || exponent < -kMostDigits) return std::nullopt;
  return value;
}

std::string Decimal::whole() const {
  if (exponent_ >= 0) {
    return digits_.empty() ? "0" : digits_ + std::string(static_cast<size_t>(exponent_), '0');
  }
  const auto behind = static_cast<size_t>(-exponent_);
  return behind >= digits_.size() ? "0" : digits_.substr(0, digits_.size() - behind);
}

std::string Decimal::fraction() const {
  if (exponent_ >= 0) return {};
  const auto behind = static_cast<size_t>(-exponent_);
  if (behind <= digits_.size()) return digits_.substr(digits_.size() - behind);
  return std::string(behind - digits_.size(), '0') + digits_;
}

std::string Decimal::to_string() const {
  const std::string behind = fraction();
  return (negative_ ? "-" : "") + whole() + (behind.empty() ? "" : "." + behind);
}

std::optional<uint32_t> Decimal::to_count() const {
  if (negative_ || !is_integer()) return std::nullopt;
  const std::string text = whole();
  uint32_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc()) return std::nullopt;
  return value;
}

std::strong_ordering Decimal::compare_magnitude(const Decimal& other) const {
  if (is_zero() || other.is_zero()) return !is_zero() <=> !other.is_zero();
  const int64_t size = static_cast<int64_t>(digits_.size()) + exponent_;
  const int64_t other_size = static_cast<int64_t>(other.digits_.size()) + other.exponent_;
  if (size != other_size) return size <=> other_size;
  const int order = digits_.compare(other.digits_);
  return order <=> 0;
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  if (negative_ != other.negative_) {
    return negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return negative_ ? other.compare_magnitude(*this) : compare_magnitude(other);
}

}  // namespace tokrail
