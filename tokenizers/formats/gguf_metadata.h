// The metadata of a GGUF file: names with numbers, texts and lists, read in place.
//
//   GgufMetadata metadata(bytes, "model.gguf");
//   metadata.text("tokenizer.ggml.model");                    // optional
//   GgufTexts tokens = *metadata.texts("tokenizer.ggml.tokens");
//
// Views stay valid while the bytes do, so a mapped file is read without a copy and its tensors are
// never touched. Complexity: O(bytes of the metadata). Thread safety: immutable.
// Errors: Error(kInvalidFile) with the byte offset for damage; Error(kUnsupported) for versions
// other than 2 and 3 and for big-endian files. No count in the file is believed before it is
// checked against the bytes that are left. Format: docs/gguf.md of ggml-org/ggml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tokrail {

/// A list of texts.
using GgufTexts = std::vector<std::string_view>;

class GgufMetadata {
 public:
  GgufMetadata(std::string_view bytes, std::string_view name);

  bool has(std::string_view key) const { return find(key) != nullptr; }

  /// The value of a key, or nothing if the file lacks it; Error if it is of another type.
  std::optional<std::string_view> text(std::string_view key) const;
  std::optional<uint64_t> number(std::string_view key) const;  ///< any type of whole number
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<GgufTexts> texts(std::string_view key) const;
  std::optional<std::vector<float>> floats(std::string_view key) const;  ///< or 32-bit integers
  std::optional<std::vector<int32_t>> integers(std::string_view key) const;
  std::optional<std::string_view> raw_bytes(std::string_view key) const;  ///< list of 8-bit numbers

 private:
  struct Value {
    uint32_t type = 0;
    uint32_t element_type = 0;  // of a list
    uint64_t count = 0;         // of a list
    size_t begin = 0, end = 0;  // bytes of the value, or of the elements
  };

  const Value* find(std::string_view key) const;
  const Value* find_list(std::string_view key, uint32_t element_type, const char* what) const;
  uint64_t little_endian(size_t at, size_t bytes) const;
  [[noreturn]] void fail(std::string_view key, const std::string& message) const;

  std::string_view bytes_;
  std::string name_;
  std::unordered_map<std::string_view, Value> values_;
};

}  // namespace tokrail
