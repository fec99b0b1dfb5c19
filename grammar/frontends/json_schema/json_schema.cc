#include "grammar/frontends/json_schema.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "grammar/frontends/json_schema/json_spelling.h"
#include "grammar/frontends/json_schema/schema_algebra.h"
#include "grammar/frontends/json_schema/schema_document.h"
#include "grammar/frontends/json_schema/schema_lowering.h"
#include "grammar/frontends/json_schema/schema_plans.h"
#include "grammar/frontends/json_schema/schema_reader.h"
#include "grammar/frontends/json_schema/text_language.h"

namespace tokrail {

namespace {

/// The options that a schema brings along under "x-guidance".
JsonSchemaOptions with_own_options(const SchemaDocument& document, JsonSchemaOptions options) {
  const JsonId own = document.find(document.root(), "x-guidance");
  if (own == SchemaDocument::kNone) return options;
  if (!document.is_object(own)) {
    throw Error(ErrorCode::kInvalidArgument, "x-guidance: expected an object",
                document.pointer(own));
  }
  for (const JsonId value : document.children(own)) {
    const std::string_view name = document.key(value);
    const bool yes = document.kind(value) == JsonKind::kTrue;
    const auto expect = [&](bool fits, const char* what) {
      if (fits) return;
      throw Error(ErrorCode::kInvalidArgument, std::string(name) + ": expected " + what,
                  document.pointer(value));
    };
    if (name == "item_separator" || name == "key_separator") {
      expect(document.is_string(value), "a string");
      (name == "item_separator" ? options.item_separator : options.key_separator) =
          document.text(value);
    } else if (name == "whitespace_flexible") {
      expect(document.is_boolean(value), "true or false");
      options.style = yes ? JsonStyle::kFlexible : JsonStyle::kCompact;
    } else if (name == "lenient") {
      expect(document.is_boolean(value), "true or false");
      options.lenient = yes;
    } else if (name == "json_allow_general_unicode_escapes") {
      expect(document.is_boolean(value), "true or false");
      options.escapes_of_printable = yes;
    } else if (name == "json_allowed_escapes") {
      expect(document.is_string(value), "a string");
      options.allowed_escapes = document.text(value);
    } else if (name != "coerce_one_of") {  // oneOf is exact here
      throw Error(ErrorCode::kUnsupported,
                  "x-guidance: \"" + std::string(name) + "\" is not supported",
                  document.pointer(value));
    }
  }
  return options;
}

}  // namespace

JsonSchemaResult read_json_schema(std::string_view text, const JsonSchemaOptions& given) {
  const SchemaDocument document = SchemaDocument::read(text, given.max_depth);
  const JsonSchemaOptions options = with_own_options(document, given);
  JsonSchemaResult result;
  RegexSet& regexes = result.grammar.regexes();
  JsonSpelling spelling(regexes, options.escapes_of_printable, options.allowed_escapes);
  TextLanguages texts(regexes, spelling);
  if (!options.escapes_in_patterns) {
    JsonSpelling necessary(regexes, false, options.allowed_escapes);
    texts.restrict_patterns(regexes.star(necessary.any_character()));
  }
  SchemaReader reader(document, options, result.warnings);
  SchemaAlgebra algebra(reader, regexes, texts, options);
  if (options.short_numbers) algebra.numbers().write_short();

  const NodeId root = algebra.node({must(reader.root())});
  const SchemaPlans plans(algebra, root);
  if (!plans.filled(root)) {
    throw Error(ErrorCode::kInvalidArgument, "no JSON value satisfies the schema");
  }
  result.grammar.set_start(SchemaLowering(algebra, plans, result.grammar).lower(root));
  return result;
}

}  // namespace tokrail
