// Small binary vocabularies made by tests: protocol buffers and GGUF, field by field.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokrail::test {

/// A protocol buffer message.
class ProtobufWriter {
 public:
  ProtobufWriter& number(uint64_t field, uint64_t value) {
    varint(field << 3);
    varint(value);
    return *this;
  }
  ProtobufWriter& bytes(uint64_t field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    message_ += value;
    return *this;
  }
  ProtobufWriter& float32(uint64_t field, float value) {
    varint(field << 3 | 5);
    const auto bits = std::bit_cast<uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) message_ += static_cast<char>(bits >> shift);
    return *this;
  }
  const std::string& message() const { return message_; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) message_ += static_cast<char>(value | 0x80);
    message_ += static_cast<char>(value);
  }
  std::string message_;
};

/// The metadata of a GGUF file, without tensors.
class GgufWriter {
 public:
  explicit GgufWriter(uint32_t version = 3) : version_(version) {}

  GgufWriter& text(std::string_view key, std::string_view value) {
    begin(key, 8);
    put_text(value);
    return *this;
  }
  GgufWriter& number(std::string_view key, uint32_t value) {
    begin(key, 4);
    put(value, 4);
    return *this;
  }
  GgufWriter& boolean(std::string_view key, bool value) {
    begin(key, 7);
    put(value ? 1 : 0, 1);
    return *this;
  }
  GgufWriter& texts(std::string_view key, const std::vector<std::string>& values) {
    begin_list(key, 8, values.size());
    for (const std::string& value : values) put_text(value);
    return *this;
  }
  GgufWriter& integers(std::string_view key, const std::vector<int32_t>& values) {
    begin_list(key, 5, values.size());
    for (const int32_t value : values) put(static_cast<uint32_t>(value), 4);
    return *this;
  }
  GgufWriter& floats(std::string_view key, const std::vector<float>& values) {
    begin_list(key, 6, values.size());
    for (const float value : values) put(std::bit_cast<uint32_t>(value), 4);
    return *this;
  }
  GgufWriter& raw_bytes(std::string_view key, std::string_view value) {
    begin_list(key, 0, value.size());
    values_ += value;
    return *this;
  }

  std::string file() const {
    GgufWriter head(version_);
    head.values_ = "GGUF";
    head.put(version_, 4);
    head.put(0, 8);
    head.put(count_, 8);
    return head.values_ + values_;
  }

 private:
  void begin(std::string_view key, uint32_t type) {
    ++count_;
    put_text(key);
    put(type, 4);
  }
  void begin_list(std::string_view key, uint32_t element, uint64_t count) {
    begin(key, 9);
    put(element, 4);
    put(count, 8);
  }
  void put_text(std::string_view value) {
    put(value.size(), 8);
    values_ += value;
  }
  void put(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) values_ += static_cast<char>(value >> 8 * i);
  }

  uint32_t version_;
  uint64_t count_ = 0;
  std::string values_;
};

}  // namespace tokrail::test
