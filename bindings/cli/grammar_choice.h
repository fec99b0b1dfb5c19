// Which grammar a verb works with, as given on the command line.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/cli/tokenizer_choice.h"
#include "grammar/compiled_file.h"
#include "grammar/compiled_grammar.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/grammar.h"

namespace tokrail::cli {

struct GrammarChoice {
  /// Files, - for standard input; one of these or of `regex` is given.
  std::string gbnf, lark, json_schema, structural_tag, compiled;
  std::optional<std::string> regex;  ///< the expression itself
  std::string dialect = "ecma";      ///< of regex: ecma or lark
  std::string key_order = "schema";  ///< schema or any
  std::string style = "flexible";    ///< flexible, compact, spaced or pretty
  bool no_formats = false, strict_formats = false, lenient = false;
  bool short_numbers = false,
       plain_text = false;  ///< spellings in JSON, for text that is generated
};

struct LoadedGrammar {
  CompiledFile file;  ///< the grammar, and what vocabulary a .tkg file is for
  std::vector<SchemaWarning> warnings = {};

  const Grammar& grammar() const { return file.grammar; }
};

/// Reads the grammar; nested Lark grammars @name are files name.lark beside it. Errors name the
/// file.
LoadedGrammar load_grammar(const GrammarChoice& choice);

/// Reads the grammar, tells its warnings on standard error, and compiles it for the tokenizer, or
/// for single bytes where there is none. A .tkg file must be for the tokenizer, if there is one.
std::shared_ptr<const CompiledGrammar> load_compiled(const GrammarChoice& choice,
                                                     const std::optional<Tokenizer>& tokenizer);
std::shared_ptr<const CompiledGrammar> compile_grammar(const LoadedGrammar& loaded,
                                                       const std::optional<Tokenizer>& tokenizer,
                                                       const std::string& source);
/// The file as given, or "--regex"; for errors.
std::string source_name(const GrammarChoice& choice);

void tell_warnings(const std::vector<SchemaWarning>& warnings);

/// No tokenizer where no file is named.
std::optional<Tokenizer> load_optional(const TokenizerChoice& choice);

}  // namespace tokrail::cli
