#include "bindings/cli/grammar_choice.h"

#include <filesystem>
#include <iostream>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bindings/cli/byte_vocabulary.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/lark.h"
#include "grammar/frontends/regex_notation.h"
#include "grammar/frontends/structural_tag.h"

namespace tokrail::cli {

namespace {

constexpr size_t kLargestFile = size_t{1} << 30;

std::string read_text(const std::string& path) {
  return read_file(path == "-" ? "/dev/stdin" : path, kLargestFile);
}

JsonStyle style_of(const std::string& name) {
  if (name == "compact" || name == "spaced") return JsonStyle::kCompact;
  return name == "pretty" ? JsonStyle::kPretty : JsonStyle::kFlexible;
}

JsonSchemaOptions schema_options(const GrammarChoice& choice) {
  JsonSchemaOptions options;
  options.key_order = choice.key_order == "any" ? KeyOrder::kAny : KeyOrder::kSchema;
  options.assert_formats = !choice.no_formats;
  options.strict_formats = choice.strict_formats;
  options.lenient = choice.lenient;
  options.short_numbers = choice.short_numbers;
  options.escapes_of_printable = !choice.plain_text;
  options.style = style_of(choice.style);
  if (choice.style == "spaced") {
    options.item_separator = ", ";
    options.key_separator = ": ";
  }
  return options;
}

Grammar read_lark_file(const std::string& path, const JsonSchemaOptions& json) {
  LarkOptions options{.json = json};
  options.json.escapes_in_patterns = LarkOptions{}.json.escapes_in_patterns;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  options.loader = [folder](std::string_view name) {
    return read_text((folder / (std::string(name) + ".lark")).string());
  };
  return read_lark(read_text(path), options);
}

Grammar read_regex(const std::string& pattern, const std::string& dialect) {
  Grammar grammar;
  RegexOptions options;
  options.dialect = dialect == "lark" ? PatternDialect::kLark : PatternDialect::kEcma;
  const RuleId root = grammar.add_rule("regex");
  grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), pattern, options)));
  grammar.set_start(root);
  return grammar;
}

// Names the file in errors.
template <typename Read>
auto reading(const std::string& path, Read&& read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kIo) throw;
    throw error.within(path == "-" ? "standard input" : path);
  }
}

}  // namespace

namespace {

Grammar read_notation(const GrammarChoice& choice, const JsonSchemaOptions& json) {
  if (!choice.gbnf.empty()) return read_gbnf(read_text(choice.gbnf));
  if (!choice.lark.empty()) return read_lark_file(choice.lark, json);
  if (!choice.structural_tag.empty()) {
    return read_structural_tag(read_text(choice.structural_tag), json);
  }
  if (!choice.regex) throw Error(ErrorCode::kInvalidArgument, "expected a grammar");
  return read_regex(*choice.regex, choice.dialect);
}

}  // namespace

LoadedGrammar load_grammar(const GrammarChoice& choice) {
  const JsonSchemaOptions json = schema_options(choice);
  if (!choice.compiled.empty()) {
    return {reading(choice.compiled, [&] { return read_compiled(read_text(choice.compiled)); })};
  }
  if (!choice.json_schema.empty()) {
    JsonSchemaResult result = reading(
        choice.json_schema, [&] { return read_json_schema(read_text(choice.json_schema), json); });
    return {{.grammar = std::move(result.grammar)}, std::move(result.warnings)};
  }
  return {{.grammar = reading(source_name(choice), [&] { return read_notation(choice, json); })}};
}

std::string source_name(const GrammarChoice& choice) {
  for (const std::string* path : {&choice.json_schema, &choice.gbnf, &choice.lark,
                                  &choice.structural_tag, &choice.compiled}) {
    if (!path->empty()) return *path;
  }
  return "--regex";
}

std::shared_ptr<const CompiledGrammar> compile_grammar(const LoadedGrammar& loaded,
                                                       const std::optional<Tokenizer>& tokenizer,
                                                       const std::string& source) {
  return reading(source, [&] {
    if (tokenizer) check_vocabulary(loaded.file, tokenizer->vocabulary());
    return CompiledGrammar::compile(
        loaded.grammar(), std::make_shared<MaskTables>(tokenizer ? tokenizer->shared_vocabulary()
                                                                 : byte_vocabulary()));
  });
}

std::shared_ptr<const CompiledGrammar> load_compiled(const GrammarChoice& choice,
                                                     const std::optional<Tokenizer>& tokenizer) {
  const LoadedGrammar loaded = load_grammar(choice);
  tell_warnings(loaded.warnings);
  return compile_grammar(loaded, tokenizer, source_name(choice));
}

void tell_warnings(const std::vector<SchemaWarning>& warnings) {
  for (const SchemaWarning& warning : warnings) {
    std::cerr << "tokrail: warning: " << (warning.pointer.empty() ? "" : warning.pointer + ": ")
              << warning.message << '\n';
  }
}

std::optional<Tokenizer> load_optional(const TokenizerChoice& choice) {
  if (choice.path.empty()) return std::nullopt;
  return load_tokenizer(choice);
}

}  // namespace tokrail::cli
