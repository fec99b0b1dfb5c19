// Protocol buffers on the wire, read field by field without a schema or a copy.
//
//   ProtobufReader reader(bytes, "x.model");
//   while (reader.next()) {
//     if (reader.field() == 1) use(reader.bytes());       // checks the wire type
//   }
//
// Nothing is allocated and no length is believed before it is checked against what is left.
// Complexity: O(fields). Errors: Error(kInvalidFile) with the byte offset for a cut or damaged
// message and for a field of another wire type than asked for.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/error.h"
#include "tokenizers/formats/json_document.h"

namespace tokrail {

class ProtobufReader {
 public:
  /// `offset` is where the message begins in the file, for errors.
  ProtobufReader(std::string_view message, std::string_view name, size_t offset = 0)
      : message_(message), name_(name), offset_(offset) {}

  /// Reads the next field. False at the end of the message.
  bool next() {
    if (at_ == message_.size()) return false;
    const uint64_t key = varint();
    field_ = key >> 3;
    wire_type_ = static_cast<WireType>(key & 7);
    if (field_ == 0) fail("expected a field number");
    switch (wire_type_) {
      case WireType::kVarint: number_ = varint(); break;
      case WireType::kEightBytes: take(8); break;
      case WireType::kBytes: take(varint()); break;
      case WireType::kFourBytes: take(4); break;
      default: fail("expected a field of a known wire type");
    }
    return true;
  }

  uint64_t field() const noexcept { return field_; }

  uint64_t number() const {
    expect(WireType::kVarint, "a number");
    return number_;
  }
  int32_t int32() const { return static_cast<int32_t>(static_cast<uint32_t>(number())); }
  bool boolean() const { return number() != 0; }
  float float32() const {
    expect(WireType::kFourBytes, "a float");
    uint32_t bits = 0;
    for (int i = 3; i >= 0; --i) {
      bits = bits << 8 | static_cast<unsigned char>(bytes_[static_cast<size_t>(i)]);
    }
    return std::bit_cast<float>(bits);
  }
  std::string_view bytes() const {
    expect(WireType::kBytes, "bytes");
    return bytes_;
  }
  ProtobufReader message() const {
    const std::string_view inner = bytes();
    return ProtobufReader(inner, name_,
                          offset_ + static_cast<size_t>(inner.data() - message_.data()));
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorCode::kInvalidFile, message,
                place_in(name_, "byte " + std::to_string(offset_ + at_)));
  }

 private:
  enum class WireType : uint8_t { kVarint = 0, kEightBytes = 1, kBytes = 2, kFourBytes = 5 };

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == message_.size()) fail("expected more bytes: the file is cut");
      const auto byte = static_cast<unsigned char>(message_[at_++]);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail("expected a number of at most 64 bits");
  }

  void take(uint64_t length) {
    if (length > message_.size() - at_) {
      fail("expected " + std::to_string(length) + " bytes: the file is cut");
    }
    bytes_ = message_.substr(at_, static_cast<size_t>(length));
    at_ += static_cast<size_t>(length);
  }

  void expect(WireType type, const char* what) const {
    if (wire_type_ != type) fail("expected field " + std::to_string(field_) + " to be " + what);
  }

  std::string_view message_, name_;
  size_t offset_;
  size_t at_ = 0;
  uint64_t field_ = 0;
  WireType wire_type_ = WireType::kVarint;
  uint64_t number_ = 0;
  std::string_view bytes_;
};

}  // namespace tokrail
