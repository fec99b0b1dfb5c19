// JSON files of moderate size as a tree, read with errors that say where.
//
// JsonNode is a value with its JSON pointer; its accessors check types and ranges and throw
// Error(kInvalidFile) such as "tokenizer.json: /decoder/stop: expected a number from 0 to ...".
// Internal to the readers (it shows Boost.JSON).
//
//   boost::json::value document = parse_json(bytes, "config.json");
//   JsonNode root(document, "config.json");
//   if (auto eos = root.find("eos_token_id")) use(eos->integer(kMaxTokens));
//
// Nesting is limited to kMaxJsonDepth, so nothing here recurses deeper.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tokrail {

inline constexpr size_t kMaxJsonDepth = 128;

/// Ids above this are taken for damage: no vocabulary comes near, and tables by id are allocated.
inline constexpr uint32_t kMaxTokenId = (1u << 24) - 1;

/// The whole text as one value. Numbers keep the nearest double. Throws Error(kInvalidFile) with
/// the byte offset for what is not JSON, ill-formed UTF-8 and lone surrogates included.
boost::json::value parse_json(std::string_view text, std::string_view name);

class JsonNode {
 public:
  /// `value` and `name` must outlive the node and those made from it.
  JsonNode(const boost::json::value& value, std::string_view name) : value_(&value), name_(name) {}

  const boost::json::value& value() const noexcept { return *value_; }
  bool is_string() const noexcept { return value_->is_string(); }
  bool is_object() const noexcept { return value_->is_object(); }
  bool is_array() const noexcept { return value_->is_array(); }
  bool is_number() const noexcept { return value_->is_number(); }

  std::string_view string() const;
  bool boolean() const;
  /// A whole number from 0 to `highest`.
  uint32_t integer(uint32_t highest = 0xFFFFFFFFu) const;
  double number() const;
  /// The one code point of a string of one character.
  char32_t character() const;

  size_t size() const;  ///< of an array
  JsonNode at(size_t index) const;
  JsonNode at(std::string_view key) const;
  /// The member, unless it is absent or null.
  std::optional<JsonNode> find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key).has_value(); }

  /// Members with a default for absent or null ones.
  std::string string_or(std::string_view key, std::string_view otherwise) const;
  bool boolean_or(std::string_view key, bool otherwise) const;
  uint32_t integer_or(std::string_view key, uint32_t otherwise) const;

  [[noreturn]] void fail(const std::string& message,
                         ErrorCode code = ErrorCode::kInvalidFile) const;

 private:
  JsonNode(const boost::json::value& value, std::string_view name, std::string pointer)
      : value_(&value), name_(name), pointer_(std::move(pointer)) {}
  const boost::json::value* member(std::string_view key) const;
  std::string pointer_to(std::string_view key) const;

  const boost::json::value* value_;
  std::string_view name_;
  std::string pointer_;
};

/// "name: rest", or just the rest of a place where there is no name.
std::string place_in(std::string_view name, std::string_view rest);

/// The text in quotes, cut and escaped so that it can stand in a message.
std::string quoted(std::string_view text);

}  // namespace tokrail
