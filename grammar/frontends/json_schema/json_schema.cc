#include "grammar/frontends/json_schema.h"

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

JsonSchemaResult read_json_schema(std::string_view text, const JsonSchemaOptions& options) {
  const SchemaDocument document = SchemaDocument::read(text, options.max_depth);
  JsonSchemaResult result;
  RegexSet& regexes = result.grammar.regexes();
  JsonSpelling spelling(regexes, options.escapes_of_printable);
  TextLanguages texts(regexes, spelling);
  SchemaReader reader(document, options, result.warnings);
  SchemaAlgebra algebra(reader, regexes, texts, options);

  const NodeId root = algebra.node({must(reader.root())});
  const SchemaPlans plans(algebra, root);
  if (!plans.filled(root)) {
    throw Error(ErrorCode::kInvalidArgument, "no JSON value satisfies the schema");
  }
  result.grammar.set_start(SchemaLowering(algebra, plans, result.grammar).lower(root));
  return result;
}

}  // namespace tokrail
