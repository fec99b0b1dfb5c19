// SchemaReader: the keywords of one schema at a time, checked and typed, references resolved.
//
// A schema is read when it is first asked for, so what is never used may be wrong or refer to
// nothing. Schemas that say the same (apart from titles and the like, in the same resource) are one
// SchemaId. Besides the schemas of the document there are made ones: the JSON value of a `const` as
// a schema, and "one of these". Complexity: O(keywords) a schema. Errors: Error with a JSON
// pointer.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/json_schema/decimal.h"
#include "grammar/frontends/json_schema/schema_document.h"
#include "grammar/frontends/json_schema/schema_index.h"

namespace tokrail {

using SchemaId = uint32_t;

enum TypeBits : uint8_t {
  kNullBit = 1,
  kFalseBit = 2,
  kTrueBit = 4,
  kNumberBit = 8,
  kStringBit = 16,
  kArrayBit = 32,
  kObjectBit = 64,
  kAllTypes = 127,
};

struct Schema {
  static constexpr SchemaId kNone = 0xFFFFFFFF;
  static constexpr uint32_t kUnbounded = 0xFFFFFFFF;

  /// Values of an `enum` or `const`.
  struct Constants {
    JsonId at;
    uint8_t literals = 0;  ///< kNullBit, kFalseBit, kTrueBit
    std::vector<Decimal> numbers = {};
    std::vector<std::string> strings = {};
    std::vector<SchemaId> arrays = {}, objects = {};
  };
  struct Bound {
    Decimal value;
    bool lower, strictly;
  };
  struct Member {
    std::string_view name;
    SchemaId schema;
  };
  struct Names {
    std::string_view name;
    std::vector<std::string_view> names;
  };

  JsonId at = 0;
  SchemaDraft draft = SchemaDraft::kUnknown;
  /// Whether it says nothing or accepts nothing, by itself.
  bool is_true = false, is_false = false;
  uint8_t types = kAllTypes;
  bool integer = false;  ///< numbers must be integers
  std::vector<Constants> constants = {};

  SchemaId reference = kNone;
  std::vector<SchemaId> references = {};  ///< dynamic ones beside it
  std::vector<SchemaId> all_of = {}, any_of = {}, one_of = {};
  SchemaId negated = kNone, condition = kNone, consequence = kNone, alternative = kNone;

  std::vector<Bound> bounds = {};
  std::vector<std::pair<JsonId, Decimal>> multiples = {};

  uint32_t min_length = 0, max_length = kUnbounded;
  JsonId pattern = SchemaDocument::kNone, format = SchemaDocument::kNone;

  std::vector<SchemaId> prefix = {};
  SchemaId items = kNone, contains = kNone, unevaluated_items = kNone;
  uint32_t min_items = 0, max_items = kUnbounded;
  uint32_t min_contains = 1, max_contains = kUnbounded;
  bool contains_evaluates = true;
  bool unique_items = false;

  std::vector<Member> properties = {}, pattern_properties = {}, dependent_schemas = {};
  SchemaId additional = kNone, property_names = kNone, unevaluated_properties = kNone;
  std::vector<std::string_view> required = {};
  std::vector<Names> dependent_required = {};
  uint32_t min_properties = 0, max_properties = kUnbounded;
};

class SchemaReader {
 public:
  static constexpr SchemaId kTrue = 0, kFalse = 1;

  SchemaReader(const SchemaDocument& document, const JsonSchemaOptions& options,
               std::vector<SchemaWarning>& warnings);

  SchemaId root() { return root_; }
  const Schema& get(SchemaId id);
  /// A schema for the values that one of these schemas accepts.
  SchemaId either(std::vector<SchemaId> of);
  std::string pointer(const Schema& schema, std::string_view keyword = {}) const;
  const SchemaDocument& document() const noexcept { return document_; }
  size_t size() const noexcept { return schemas_.size(); }
  void warn(std::string pointer, std::string message);

 private:
  friend class KeywordReader;
  struct Entry {
    JsonId at;
    uint32_t scope;
    bool constant = false;
    bool read = false;
    Schema schema = {};
  };
  struct Fingerprint {
    uint64_t low = 0, high = 0;
    friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
  };

  SchemaId intern(JsonId at, uint32_t scope);
  SchemaId intern_constant(JsonId value);
  uint32_t enter_scope(uint32_t scope, JsonId at);
  static Fingerprint print_of(std::string_view text);
  Fingerprint fingerprint(JsonId at, bool constant);
  void read_constant(Entry& entry);

  const SchemaDocument& document_;
  const JsonSchemaOptions& options_;
  std::vector<SchemaWarning>& warnings_;
  SchemaIndex index_;
  std::deque<Entry> schemas_;
  std::map<std::pair<Fingerprint, uint32_t>, SchemaId> by_content_;
  std::map<std::pair<JsonId, uint32_t>, SchemaId> by_place_;
  std::map<std::vector<SchemaId>, SchemaId> eithers_;
  std::map<Fingerprint, SchemaId> constants_;
  std::vector<std::optional<Fingerprint>> fingerprints_[2];  // as schemas, as constants
  std::vector<std::vector<uint32_t>> scopes_ = {{}};
  std::map<std::pair<std::string, std::string>, bool> warned_;
  SchemaId root_ = kTrue;
};

}  // namespace tokrail
