// FileWriter and FileReader: numbers and texts as little-endian bytes and back. The reader takes
// nothing for granted: Error(kInvalidFile) where bytes end too early or a number is out of range.
// Internal to .tkg files.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tokrail {

class FileWriter {
 public:
  template <std::unsigned_integral Number>
  void number(Number value) {
    for (size_t i = 0; i < sizeof(value); ++i) {
      out_.push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xFF));
    }
  }
  void count(size_t value) {
    if (value > UINT32_MAX) throw Error(ErrorCode::kUnsupported, "a list of more than 4 G");
    number(static_cast<uint32_t>(value));
  }
  void text(std::string_view text) {
    count(text.size());
    out_.append(text);
  }
  void optional(const std::optional<uint32_t>& value) {
    number(static_cast<uint8_t>(value.has_value()));
    if (value) number(*value);
  }

  std::string& bytes() { return out_; }

 private:
  std::string out_;
};

class FileReader {
 public:
  explicit FileReader(std::string_view bytes) : rest_(bytes), size_(bytes.size()) {}

  template <std::unsigned_integral Number>
  Number number() {
    const std::string_view bytes = take(sizeof(Number));
    uint64_t value = 0;
    for (size_t i = sizeof(Number); i > 0; --i) {
      value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
    }
    return static_cast<Number>(value);
  }
  uint32_t u32() { return number<uint32_t>(); }
  /// A number below `bound`.
  uint32_t below(size_t bound, const char* what) {
    const uint32_t value = u32();
    if (value >= bound) fail(what);
    return value;
  }
  /// How many things of at least `least` bytes each follow.
  uint32_t count(size_t least) {
    const uint32_t count = u32();
    if (count > rest_.size() / least) fail("a count that the file has room for");
    return count;
  }
  uint8_t byte_below(uint8_t bound, const char* what) {
    const auto value = number<uint8_t>();
    if (value >= bound) fail(what);
    return value;
  }
  bool flag() { return byte_below(2, "0 or 1") != 0; }
  std::string_view text() { return take(count(1)); }
  std::optional<uint32_t> optional() {
    return flag() ? std::optional<uint32_t>(u32()) : std::nullopt;
  }
  std::string_view take(size_t count) {
    if (count > rest_.size()) fail("more bytes, the file ends too early");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  void finish() const {
    if (!rest_.empty()) fail("the end of the file");
  }
  std::string_view rest() const { return rest_; }

  [[noreturn]] void fail(const char* expected) const {
    throw Error(ErrorCode::kInvalidFile, std::string("expected ") + expected,
                "byte " + std::to_string(size_ - rest_.size()));
  }

 private:
  std::string_view rest_;
  size_t size_;
};

}  // namespace tokrail
