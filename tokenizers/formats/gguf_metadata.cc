#include "tokenizers/formats/gguf_metadata.h"

#include <bit>
#include <string>

#include "base/error.h"
#include "tokenizers/formats/json_document.h"

namespace tokrail {
namespace {

enum GgufType : uint32_t {
  kUint8 = 0,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kFloat32,
  kBool,
  kString,
  kArray,
  kUint64,
  kInt64,
  kFloat64,
  kTypeCount,
};

// Bytes of a number; 0 for texts and lists.
constexpr size_t kSizes[kTypeCount] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

constexpr int kMaxListDepth = 4;

// Walks over the bytes of the file; every step is checked.
class Cursor {
 public:
  Cursor(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  size_t at() const noexcept { return at_; }

  uint64_t number(size_t size) {
    const std::string_view bytes = take(size);
    uint64_t value = 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }

  std::string_view text() { return take(number(8)); }

  std::string_view take(uint64_t length) {
    if (length > bytes_.size() - at_) {
      fail("expected " + std::to_string(length) + " more bytes: the file is cut");
    }
    const std::string_view taken = bytes_.substr(at_, static_cast<size_t>(length));
    at_ += static_cast<size_t>(length);
    return taken;
  }

  uint32_t type() {
    const auto type = static_cast<uint32_t>(number(4));
    if (type >= kTypeCount) fail("expected a value type from 0 to 12");
    return type;
  }

  void skip(uint32_t type, int depth = 0) {
    if (type == kString) {
      text();
    } else if (type == kArray) {
      if (depth == kMaxListDepth) fail("expected lists nested at most 4 deep");
      const uint32_t element = this->type();
      skip_list(element, number(8), depth + 1);
    } else {
      take(kSizes[type]);
    }
  }

  void skip_list(uint32_t element, uint64_t count, int depth) {
    if (kSizes[element] != 0) {
      if (count > bytes_.size()) fail("expected a shorter list: the file is cut");
      take(count * kSizes[element]);
      return;
    }
    for (uint64_t i = 0; i < count; ++i) skip(element, depth);
  }

  [[noreturn]] void fail(const std::string& message,
                         ErrorCode code = ErrorCode::kInvalidFile) const {
    throw Error(code, message, place_in(name_, "byte " + std::to_string(at_)));
  }

 private:
  std::string_view bytes_, name_;
  size_t at_ = 0;
};

void check_version(Cursor& cursor) {
  const auto version = static_cast<uint32_t>(cursor.number(4));
  if (version == 2 || version == 3) return;
  if (version != 0 && (version & 0xFFFF) == 0) {
    cursor.fail("big-endian GGUF files are not supported", ErrorCode::kUnsupported);
  }
  cursor.fail("GGUF version " + std::to_string(version) + " is not supported, only 2 and 3 are",
              ErrorCode::kUnsupported);
}

}  // namespace

GgufMetadata::GgufMetadata(std::string_view bytes, std::string_view name)
    : bytes_(bytes), name_(name) {
  Cursor cursor(bytes, name);
  if (!bytes.starts_with("GGUF")) cursor.fail("expected the letters GGUF");
  cursor.take(4);
  check_version(cursor);
  cursor.number(8);  // tensors
  const uint64_t count = cursor.number(8);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view key = cursor.text();
    Value value;
    value.type = cursor.type();
    if (value.type == kArray) {
      value.element_type = cursor.type();
      value.count = cursor.number(8);
    }
    value.begin = cursor.at();
    if (value.type == kArray) {
      cursor.skip_list(value.element_type, value.count, 1);
    } else {
      cursor.skip(value.type);
    }
    value.end = cursor.at();
    if (!values_.emplace(key, value).second) cursor.fail("expected each key once: " + quoted(key));
  }
}

std::optional<std::string_view> GgufMetadata::text(std::string_view key) const {
  const Value* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != kString) fail(key, "expected a text");
  return bytes_.substr(value->begin + 8, value->end - value->begin - 8);
}

std::optional<uint64_t> GgufMetadata::number(std::string_view key) const {
  const Value* const value = find(key);
  if (value == nullptr) return std::nullopt;
  switch (value->type) {
    case kUint8:
    case kUint16:
    case kUint32:
    case kUint64:
    case kInt8:
    case kInt16:
    case kInt32:
    case kInt64: return little_endian(value->begin, kSizes[value->type]);
    default: fail(key, "expected a whole number");
  }
}

std::optional<bool> GgufMetadata::boolean(std::string_view key) const {
  const Value* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->type != kBool) fail(key, "expected true or false");
  return bytes_[value->begin] != 0;
}

std::optional<GgufTexts> GgufMetadata::texts(std::string_view key) const {
  const Value* const value = find_list(key, kString, "texts");
  if (value == nullptr) return std::nullopt;
  GgufTexts texts;
  // Each text takes eight bytes at least, so the count is no larger than the file.
  texts.reserve(static_cast<size_t>(value->count));
  for (size_t at = value->begin; at < value->end;) {
    const auto length = static_cast<size_t>(little_endian(at, 8));
    texts.push_back(bytes_.substr(at + 8, length));
    at += 8 + length;
  }
  return texts;
}

std::optional<std::vector<float>> GgufMetadata::floats(std::string_view key) const {
  const Value* const any = find(key);
  if (any != nullptr && any->type == kArray && any->element_type == kInt32) {
    const std::vector<int32_t> values = integers(key).value();
    return std::vector<float>(values.begin(), values.end());
  }
  const Value* const value = find_list(key, kFloat32, "floats");
  if (value == nullptr) return std::nullopt;
  std::vector<float> floats(static_cast<size_t>(value->count));
  for (size_t i = 0; i < floats.size(); ++i) {
    floats[i] = std::bit_cast<float>(static_cast<uint32_t>(little_endian(value->begin + 4 * i, 4)));
  }
  return floats;
}

std::optional<std::vector<int32_t>> GgufMetadata::integers(std::string_view key) const {
  const Value* const value = find_list(key, kInt32, "32-bit integers");
  if (value == nullptr) return std::nullopt;
  std::vector<int32_t> integers(static_cast<size_t>(value->count));
  for (size_t i = 0; i < integers.size(); ++i) {
    integers[i] = static_cast<int32_t>(little_endian(value->begin + 4 * i, 4));
  }
  return integers;
}

std::optional<std::string_view> GgufMetadata::raw_bytes(std::string_view key) const {
  const Value* const any = find(key);
  if (any == nullptr) return std::nullopt;
  const uint32_t element = any->element_type == kInt8 ? kInt8 : kUint8;
  const Value* const value = find_list(key, element, "bytes");
  return bytes_.substr(value->begin, value->end - value->begin);
}

const GgufMetadata::Value* GgufMetadata::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

const GgufMetadata::Value* GgufMetadata::find_list(std::string_view key, uint32_t element_type,
                                                   const char* what) const {
  const Value* const value = find(key);
  if (value == nullptr) return nullptr;
  if (value->type != kArray || value->element_type != element_type) {
    fail(key, std::string("expected a list of ") + what);
  }
  return value;
}

uint64_t GgufMetadata::little_endian(size_t at, size_t bytes) const {
  uint64_t value = 0;
  for (size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
  return value;
}

void GgufMetadata::fail(std::string_view key, const std::string& message) const {
  throw Error(ErrorCode::kInvalidFile, message, place_in(name_, key));
}

}  // namespace tokrail
