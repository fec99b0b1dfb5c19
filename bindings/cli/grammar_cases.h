// Grammars with texts that they should accept and refuse, from files of test cases.
//
//   for (const GrammarCase& one : read_grammar_cases({"cases.jsonl.gz"}, {})) ...
//
// JSON lines, plain or gzip. What a line is, is told by its keys:
//   kind, grammar, valid[], invalid[]        one grammar; kind is gbnf, ebnf, regex, lark,
//                                            lark_error, lark_compiles or json_schema
//   schema, draft, keyword, optional, tests  a group of the JSON Schema test suite
//   schema, tests                            a schema as text; tests: {valid, text, tokens?}
//   gbnf, lark, regex (any of them), tests   a case for each notation
// A file NAME.gbnf or NAME.lark is one grammar, with the texts NAME.text.* and the lines of
// NAME.lines.* beside it.
// A file X.overrides.jsonl beside X.jsonl takes cases out by id: {id, skip: true, reason}.
//
// Errors: Error(kNotFound), Error(kIo), and Error(kInvalidFile) with file and line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grammar/frontends/json_schema.h"
#include "tokenizers/spec.h"

namespace tokrail::cli {

enum class Notation : uint8_t { kGbnf, kLark, kRegex, kJsonSchema };

struct GrammarInstance {
  std::string text;
  bool valid = true;
  /// Refused only at its end: every byte can be taken.
  bool prefix_is_valid = false;
  /// The text as ids of the vocabulary that the file was made for; may be empty.
  std::vector<TokenId> ids = {};
};

struct GrammarCase {
  enum class Wanted : uint8_t { kInstances, kCompiles, kRefused };
  std::string id;
  Notation notation = Notation::kJsonSchema;
  Wanted wanted = Wanted::kInstances;
  std::string text;
  JsonSchemaOptions json = {};
  std::vector<GrammarInstance> instances = {};
};

struct GrammarCases {
  std::vector<GrammarCase> cases;
  size_t skipped = 0;  ///< by overrides
};

/// key_order: in place of what each kind of file has by default.
GrammarCases read_grammar_cases(const std::vector<std::string>& paths,
                                std::optional<KeyOrder> key_order);

}  // namespace tokrail::cli
