// Reading JSON where every field has to be known: members with their type and place, or an Error.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tokrail::cli {

/// A value and its JSON pointer, for messages.
class CheckedJson {
 public:
  CheckedJson(const boost::json::value& value, std::string where)
      : value_(&value), where_(std::move(where)) {}

  const std::string& where() const noexcept { return where_; }
  const boost::json::value& value() const noexcept { return *value_; }

  /// Throws unless this is an object all of whose keys are among `known`.
  void require_fields(std::initializer_list<std::string_view> known) const;
  bool has(std::string_view key) const;
  CheckedJson at(std::string_view key) const;
  std::optional<CheckedJson> find(std::string_view key) const;
  size_t size() const;  ///< of an array
  CheckedJson at(size_t index) const;

  std::string string() const;
  uint64_t count() const;
  double number() const;
  /// A number, or {"frac": "a/b", "value": x} with either or both.
  double fraction() const;

  [[noreturn]] void fail(std::string_view expected) const;

 private:
  const boost::json::value* value_;
  std::string where_;
};

}  // namespace tokrail::cli
