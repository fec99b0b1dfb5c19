// TkzWriter and TkzReader: plain data as bytes and back, by one description of its fields.
//
// A struct is described once, by a function template fields(archive, value) that names its members
// in order; the archive is a TkzWriter or a TkzReader. So what is written is what is read.
//
//   template <typename Archive>
//   void fields(Archive& archive, Field<Archive, Pattern>& pattern) {
//     auto& [text, is_regex] = pattern;      // does not compile when a member is added
//     archive(text, is_regex);
//   }
//
// Numbers are 4 bytes in the order of the machine, truth values and enumerations 1 byte, texts and
// lists begin with their length, what is optional with a truth value. The reader takes nothing for
// granted: it throws Error(kInvalidFile) for values out of range and for bytes that end too early,
// and allocates no more than a small multiple of the bytes there are. Internal to .tkz files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tokrail::tkz {

/// Asks for the last value of an enumeration: constexpr auto last_value(Type<Color>).
template <typename Enum>
struct Type {};

/// A member as the archive sees it: read only for the writer.
template <typename Archive, typename Value>
using Field = typename Archive::template FieldType<Value>;

class TkzWriter {
 public:
  template <typename Value>
  using FieldType = const Value;

  template <typename... Values>
  void operator()(const Values&... values) {
    (write(values), ...);
  }

  std::string take() { return std::move(out_); }

 private:
  template <typename Value>
  void write(const Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      out_.push_back(static_cast<char>(value));
    } else if constexpr (std::is_same_v<Value, bool>) {
      out_.push_back(value ? 1 : 0);
    } else if constexpr (std::is_arithmetic_v<Value>) {
      static_assert(sizeof(Value) == 4);
      char bytes[4];
      std::memcpy(bytes, &value, sizeof(bytes));
      out_.append(bytes, sizeof(bytes));
    } else {
      fields(*this, value);
    }
  }
  void write(const std::string& text) {
    write_length(text.size());
    out_.append(text);
  }
  template <typename Value>
  void write(const std::optional<Value>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <typename Value>
  void write(const std::vector<Value>& values) {
    write_length(values.size());
    for (const Value& value : values) write(value);
  }
  template <typename First, typename Second>
  void write(const std::pair<First, Second>& both) {
    write(both.first);
    write(both.second);
  }
  void write_length(size_t length) {
    if (length > UINT32_MAX) {
      throw Error(ErrorCode::kUnsupported, "a .tkz file holds no text or list of more than 4 G");
    }
    write(static_cast<uint32_t>(length));
  }

  std::string out_;
};

class TkzReader {
 public:
  template <typename Value>
  using FieldType = Value;

  explicit TkzReader(std::string_view bytes) : rest_(bytes) {}

  template <typename... Values>
  void operator()(Values&... values) {
    (read(values), ...);
  }

  /// Throws if there is more than what was read.
  void finish() const {
    if (!rest_.empty()) fail("nothing more");
  }

 private:
  [[noreturn]] static void fail(const char* expected) {
    throw Error(ErrorCode::kInvalidFile, std::string("expected ") + expected);
  }

  std::string_view take(size_t count) {
    if (count > rest_.size()) fail("more bytes, the data end too early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  uint8_t take_byte(uint8_t last, const char* expected) {
    const auto value = static_cast<uint8_t>(take(1)[0]);
    if (value > last) fail(expected);
    return value;
  }

  template <typename Value>
  void read(Value& value) {
    if constexpr (std::is_enum_v<Value>) {
      const auto last = static_cast<uint8_t>(last_value(Type<Value>{}));
      value = static_cast<Value>(take_byte(last, "a known kind"));
    } else if constexpr (std::is_same_v<Value, bool>) {
      value = take_byte(1, "0 or 1") != 0;
    } else if constexpr (std::is_arithmetic_v<Value>) {
      static_assert(sizeof(Value) == 4);
      std::memcpy(&value, take(4).data(), 4);
    } else {
      fields(*this, value);
    }
  }
  void read(std::string& text) {
    uint32_t length = 0;
    read(length);
    text.assign(take(length));
  }
  template <typename Value>
  void read(std::optional<Value>& value) {
    bool is_set = false;
    read(is_set);
    value.reset();
    if (is_set) read(value.emplace());
  }
  template <typename Value>
  void read(std::vector<Value>& values) {
    uint32_t length = 0;
    read(length);
    values.clear();
    for (uint32_t i = 0; i < length; ++i) read(values.emplace_back());
  }
  template <typename First, typename Second>
  void read(std::pair<First, Second>& both) {
    read(both.first);
    read(both.second);
  }

  std::string_view rest_;
};

}  // namespace tokrail::tkz
