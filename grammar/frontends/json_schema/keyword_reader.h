// KeywordReader: fills one Schema from its JSON object. A private part of SchemaReader.
#pragma once

#include <string_view>
#include <vector>

#include "grammar/frontends/json_schema/schema_reader.h"

namespace tokrail {

class KeywordReader {
 public:
  KeywordReader(SchemaReader& reader, JsonId at, uint32_t scope, Schema& schema)
      : reader_(reader), document_(reader.document_), at_(at), scope_(scope), schema_(schema) {}

  void read();
  static void add_scalar(const SchemaDocument& document, JsonId value, Schema::Constants& to);

 private:
  bool since(SchemaDraft draft) const;
  bool until(SchemaDraft draft) const;
  [[noreturn]] void refuse(JsonId value, std::string_view expected) const;
  SchemaId schema_at(JsonId value) { return reader_.intern(value, scope_); }
  std::vector<SchemaId> schemas_at(JsonId value);
  std::vector<Schema::Member> members_at(JsonId value);
  std::vector<std::string_view> names_at(JsonId value);
  uint32_t count_at(JsonId value);
  Decimal number_at(JsonId value);

  void read_keyword(JsonId value);
  bool read_logic(std::string_view name, JsonId value);
  bool read_number_keyword(std::string_view name, JsonId value);
  bool read_string_keyword(std::string_view name, JsonId value);
  bool read_array_keyword(std::string_view name, JsonId value);
  bool read_object_keyword(std::string_view name, JsonId value);
  void read_reference(std::string_view name, JsonId value);
  void read_types(JsonId value);
  void read_constants(JsonId value, bool list);
  void read_items(JsonId value);
  void read_dependencies(JsonId value);
  void read_limit(std::string_view name, JsonId value);
  void finish();

  SchemaReader& reader_;
  const SchemaDocument& document_;
  JsonId at_;
  uint32_t scope_;
  Schema& schema_;
  SchemaId additional_items_ = Schema::kNone;
  bool items_is_list_ = false;
};

}  // namespace tokrail
