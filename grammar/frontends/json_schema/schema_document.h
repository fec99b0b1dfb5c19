// SchemaDocument: a JSON text as a tree that keeps what a schema needs: number texts, the order of
// keys, the parent of each value (for JSON pointers). Values are ids into flat tables.
//
// Duplicate keys: the last one wins, as in most validators; the places are listed so that a warning
// can be given. Complexity: O(text). Errors: Error(kInvalidArgument) with "line:column" and a caret
// line for bad JSON, deep nesting and ill-formed UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail {

using JsonId = uint32_t;
enum class JsonKind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

class SchemaDocument {
 public:
  static constexpr JsonId kNone = 0xFFFFFFFF;

  static SchemaDocument read(std::string_view text, uint32_t max_depth);

  JsonId root() const noexcept { return root_; }
  size_t size() const noexcept { return values_.size(); }
  JsonKind kind(JsonId id) const noexcept { return values_[id].kind; }
  bool is_object(JsonId id) const noexcept { return kind(id) == JsonKind::kObject; }
  bool is_array(JsonId id) const noexcept { return kind(id) == JsonKind::kArray; }
  bool is_string(JsonId id) const noexcept { return kind(id) == JsonKind::kString; }
  bool is_boolean(JsonId id) const noexcept {
    return kind(id) == JsonKind::kTrue || kind(id) == JsonKind::kFalse;
  }
  /// kString: the string, unescaped; kNumber: the number as written.
  std::string_view text(JsonId id) const noexcept {
    return view(values_[id].first, values_[id].size);
  }
  /// Members of an object or items of an array, in order. Duplicate keys are left out.
  std::span<const JsonId> children(JsonId id) const noexcept {
    return {children_.data() + values_[id].first, values_[id].size};
  }
  /// The key of a value that is a member of an object.
  std::string_view key(JsonId id) const noexcept {
    return view(values_[id].key, values_[id].key_size);
  }
  JsonId parent(JsonId id) const noexcept { return values_[id].parent; }
  /// The member of this name; kNone if there is none or `id` is no object.
  JsonId find(JsonId id, std::string_view key) const noexcept;
  /// The value that the JSON pointer leads to from `id`; kNone if there is none.
  JsonId at(JsonId id, std::string_view pointer) const;
  /// The JSON pointer of a value from the root.
  std::string pointer(JsonId id) const;
  std::span<const JsonId> duplicates() const noexcept { return duplicates_; }

 private:
  friend class SchemaDocumentHandler;
  struct Value {
    uint32_t first = 0, size = 0;  // characters or children
    uint32_t key = 0, key_size = 0;
    uint32_t index = 0;  // in the array that holds it
    JsonId parent = kNone;
    JsonKind kind = JsonKind::kNull;
  };
  std::string_view view(uint32_t first, uint32_t size) const noexcept {
    return std::string_view(characters_).substr(first, size);
  }

  std::vector<Value> values_;
  std::vector<JsonId> children_;
  std::string characters_;
  std::vector<JsonId> duplicates_;
  JsonId root_ = 0;
};

}  // namespace tokrail
