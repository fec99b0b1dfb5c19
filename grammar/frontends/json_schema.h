// JSON Schema to Grammar: drafts 4, 6, 7, 2019-09 and 2020-12, every keyword that a recogniser can
// hold, and a clear refusal of the rest.
//
//   JsonSchemaResult result = read_json_schema(text, {.key_order = KeyOrder::kAny});
//   for (const SchemaWarning& w : result.warnings) std::cerr << w.pointer << ": " << w.message;
//   auto compiled = CompiledGrammar::compile(result.grammar, tables);
//
// The language is the JSON texts that the schema accepts, with the white space and spelling of the
// options; no duplicate keys. A constraint that is not supported throws Error(kUnsupported) with
// where() = the JSON pointer and the keyword in the message; with `lenient` it becomes a warning and
// is not enforced.
//
// Complexity: O(schema) for plain schemas; boolean combinations may multiply, within `max_nodes`.
// Thread safety: pure function. JSON Schema 2020-12 Core and Validation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/grammar.h"

namespace tokrail {

enum class KeyOrder : uint8_t { kSchema, kAny };
enum class SchemaDraft : uint8_t { kUnknown, k4, k6, k7, k2019, k2020 };
/// kFlexible: up to max_white_space bytes in each gap; kCompact: none; kPretty: line feeds and
/// two-space steps.
enum class JsonStyle : uint8_t { kFlexible, kCompact, kPretty };

struct JsonSchemaOptions {
  KeyOrder key_order = KeyOrder::kSchema;
  SchemaDraft draft = SchemaDraft::kUnknown;  ///< where the schema does not say
  bool assert_formats = true;
  bool strict_formats = false;  ///< unknown formats are refused instead of a warning
  bool lenient = false;
  JsonStyle style = JsonStyle::kFlexible;
  uint32_t max_white_space = 32;
  std::string item_separator = ",", key_separator = ":";  ///< kCompact
  /// Numbers are written as programs write them: 12 and 0.5, but not 12.000, 5e-1 or -0. For text
  /// that is generated; values that need another spelling keep theirs.
  bool short_numbers = false;
  /// Whether a character that needs no escape may be written as \uXXXX.
  bool escapes_of_printable = true;
  /// Whether it may in strings and keys that a pattern decides about, too.
  bool escapes_in_patterns = true;
  /// The letters that may stand behind a backslash.
  std::string allowed_escapes = "\"\\/bfnrtu";
  size_t max_nodes = 1000000;
  uint32_t max_depth = 2000;
};

struct SchemaWarning {
  std::string pointer, message;
};
struct JsonSchemaResult {
  Grammar grammar;
  std::vector<SchemaWarning> warnings;
};

JsonSchemaResult read_json_schema(std::string_view text, const JsonSchemaOptions& options = {});

}  // namespace tokrail
