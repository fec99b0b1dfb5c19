#include "bindings/cli/checked_json.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"

namespace tokrail::cli {
namespace {

/// "a/b" or "a" as a number; NaN if it is not one.
double quotient(const std::string& text) {
  const size_t slash = text.find('/');
  const std::string above = text.substr(0, slash);
  const std::string below = slash == std::string::npos ? "1" : text.substr(slash + 1);
  const auto is_integer = [](const std::string& digits) {
    const size_t first = digits.starts_with('-') ? 1 : 0;
    return digits.size() > first &&
           std::all_of(digits.begin() + static_cast<ptrdiff_t>(first), digits.end(),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!is_integer(above) || !is_integer(below)) return std::nan("");
  return static_cast<double>(std::strtold(above.c_str(), nullptr) /
                             std::strtold(below.c_str(), nullptr));
}

}  // namespace

void CheckedJson::fail(std::string_view expected) const {
  throw Error(ErrorCode::kInvalidFile, "expected " + std::string(expected),
              where_.empty() ? "/" : where_);
}

void CheckedJson::require_fields(std::initializer_list<std::string_view> known) const {
  const boost::json::object* const object = value_->if_object();
  if (object == nullptr) fail("an object");
  for (const auto& member : *object) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), key) == known.end()) at(key).fail("a known field");
  }
}

bool CheckedJson::has(std::string_view key) const {
  return find(key).has_value();
}

std::optional<CheckedJson> CheckedJson::find(std::string_view key) const {
  const boost::json::object* const object = value_->if_object();
  if (object == nullptr) fail("an object");
  const boost::json::value* const member = object->if_contains(key);
  if (member == nullptr) return std::nullopt;
  return CheckedJson(*member, where_ + '/' + std::string(key));
}

CheckedJson CheckedJson::at(std::string_view key) const {
  const std::optional<CheckedJson> member = find(key);
  if (!member) fail("a field \"" + std::string(key) + '"');
  return *member;
}

size_t CheckedJson::size() const {
  const boost::json::array* const array = value_->if_array();
  if (array == nullptr) fail("an array");
  return array->size();
}

CheckedJson CheckedJson::at(size_t index) const {
  return CheckedJson(value_->as_array()[index], where_ + '/' + std::to_string(index));
}

std::string CheckedJson::string() const {
  if (!value_->is_string()) fail("a string");
  return std::string(value_->as_string());
}

uint64_t CheckedJson::count() const {
  if (value_->is_uint64()) return value_->get_uint64();
  if (!value_->is_int64() || value_->get_int64() < 0) fail("a whole number");
  return static_cast<uint64_t>(value_->get_int64());
}

double CheckedJson::number() const {
  if (value_->is_double()) return value_->get_double();
  if (value_->is_int64()) return static_cast<double>(value_->get_int64());
  if (value_->is_uint64()) return static_cast<double>(value_->get_uint64());
  fail("a number");
}

double CheckedJson::fraction() const {
  if (!value_->is_object()) return number();
  require_fields({"frac", "value"});
  const std::optional<CheckedJson> text = find("frac");
  const std::optional<CheckedJson> value = find("value");
  if (!text && !value) fail("\"frac\" or \"value\"");
  if (!text) return value->number();
  const double exact = quotient(text->string());
  if (!std::isfinite(exact)) text->fail("a fraction a/b");
  if (!value) return exact;
  const double given = value->number();
  if (std::fabs(given - exact) > 1e-12 * std::max(std::fabs(exact), 1e-300))
    fail("a value that equals its fraction");
  return given;
}

}  // namespace tokrail::cli
