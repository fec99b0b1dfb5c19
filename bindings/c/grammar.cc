// Grammars of every notation, compiled for a tokenizer.
#include <array>
#include <exception>

#include "bindings/c/handles.h"
#include "bindings/c/options.h"
#include "grammar/compiled_file.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/frontends/regex_notation.h"
#include "grammar/frontends/structural_tag.h"
#include "grammar/passes/begin_behind.h"

namespace tokrail::c {
namespace {

tokrail_compile_options compile_options(const tokrail_compile_options* given) {
  return read_options(given, TOKRAIL_COMPILE_OPTIONS_INIT, "tokrail_compile_options");
}

CompileLimits compile_limits(const tokrail_compile_options& options) {
  CompileLimits limits;
  limits.seconds = or_default(options.seconds, limits.seconds);
  limits.positions = or_default(options.positions, limits.positions);
  limits.memory = or_default(options.memory, limits.memory);
  limits.mask_fuel = or_default(options.mask_fuel, limits.mask_fuel);
  limits.cancel = flag_of(options.cancel);
  return limits;
}

JsonSchemaOptions schema_options(const tokrail_json_schema_options* given) {
  static constexpr std::array kOrders = {KeyOrder::kSchema, KeyOrder::kAny};
  static constexpr std::array kDrafts = {SchemaDraft::kUnknown, SchemaDraft::k4,
                                         SchemaDraft::k6,       SchemaDraft::k7,
                                         SchemaDraft::k2019,    SchemaDraft::k2020};
  static constexpr std::array kStyles = {JsonStyle::kFlexible, JsonStyle::kCompact,
                                         JsonStyle::kPretty};
  const tokrail_json_schema_options options =
      read_options(given, TOKRAIL_JSON_SCHEMA_OPTIONS_INIT, "tokrail_json_schema_options");
  JsonSchemaOptions result;
  result.key_order = choice(kOrders, options.key_order, "key_order");
  result.draft = choice(kDrafts, options.draft, "draft");
  result.style = choice(kStyles, options.style, "style");
  result.assert_formats = !options.ignore_formats;
  result.strict_formats = options.strict_formats;
  result.lenient = options.lenient;
  result.escapes_of_printable = !options.plain_characters;
  result.escapes_in_patterns = !options.plain_in_patterns;
  result.short_numbers = options.short_numbers;
  result.max_white_space = or_default(options.max_white_space, result.max_white_space);
  if (options.item_separator.length > 0) {
    result.item_separator = text(options.item_separator, "item_separator");
  }
  if (options.key_separator.length > 0) {
    result.key_separator = text(options.key_separator, "key_separator");
  }
  result.max_nodes = or_default(options.max_nodes, result.max_nodes);
  result.max_depth = or_default(options.max_depth, result.max_depth);
  return result;
}

RegexOptions regex_options(const tokrail_regex_options* given) {
  static constexpr std::array kDialects = {PatternDialect::kEcma, PatternDialect::kLark};
  const tokrail_regex_options options =
      read_options(given, TOKRAIL_REGEX_OPTIONS_INIT, "tokrail_regex_options");
  RegexOptions result;
  result.dialect = choice(kDialects, options.dialect, "dialect");
  result.search = options.search;
  result.case_insensitive = options.case_insensitive;
  result.dot_all = options.dot_all;
  result.extended = options.extended;
  return result;
}

// Finds @name in the table, then by the caller's function, whose failures are kept: the reader
// would tell them as errors of the text.
class NamedGrammars {
 public:
  explicit NamedGrammars(const tokrail_lark_options& options)
      : table_(array(options.grammars, options.grammar_count, "grammars")),
        loader_(options.loader),
        user_(options.loader_user) {}

  bool empty() const { return table_.empty() && loader_ == nullptr; }

  std::string find(std::string_view name) {
    for (const tokrail_named_grammar& one : table_) {
      if (text(one.name, "the name of a grammar") == name) {
        return std::string(text(one.text, "the text of a grammar"));
      }
    }
    const char* found = nullptr;
    size_t length = 0;
    if (loader_ == nullptr || ask(name, found, length) != 0) {
      throw Error(ErrorCode::kNotFound, "there is no grammar @" + std::string(name));
    }
    return std::string(text(found, length, "the text of a grammar"));
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  int32_t ask(std::string_view name, const char*& found, size_t& length) {
    try {
      return loader_(user_, name.data(), name.size(), &found, &length);
    } catch (...) {
      failure_ = std::make_exception_ptr(Failure(TOKRAIL_CALLBACK_FAILED,
                                                 "the loader of grammars threw an exception",
                                                 "@" + std::string(name)));
      throw Error(ErrorCode::kNotFound, "the loader failed");
    }
  }

  std::span<const tokrail_named_grammar> table_;
  tokrail_grammar_loader loader_;
  void* user_;
  std::exception_ptr failure_;
};

// What is wrong with a grammar, and not with the call, has a status of its own.
template <typename Work>
auto about_grammar(Work&& work) {
  try {
    return work();
  } catch (const Failure&) {
    throw;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
    throw Failure(TOKRAIL_INVALID_GRAMMAR, error.message(), error.where());
  }
}

void begin_behind_marker(Grammar& grammar, const tokrail_bytes& given,
                         const Vocabulary& vocabulary) {
  const std::string_view marker = text(given, "begin_behind");
  if (marker.empty()) return;
  const auto id = vocabulary.id_of_piece(marker);
  if (id && !vocabulary.is_text(*id)) {
    begin_behind_token(grammar, std::string(marker));
  } else {
    begin_behind(grammar, marker);
  }
}

// read(): a JsonSchemaResult, because warnings come with some notations.
template <typename Read>
tokrail_status make_grammar(const tokrail_mask_tables* tables, const char* source, size_t length,
                            const tokrail_compile_options* compile, tokrail_grammar** out,
                            tokrail_error** error, Read&& read) {
  return guard(error, [&] {
    cleared(out);
    const tokrail_mask_tables& shared = *required(tables, "tables");
    const std::string_view notation = text(source, length, "text");
    const tokrail_compile_options options = compile_options(compile);
    const CompileLimits limits = compile_limits(options);
    JsonSchemaResult result = read(notation);
    begin_behind_marker(result.grammar, options.begin_behind, *shared.tables->vocabulary());
    auto compiled = about_grammar(
        [&] { return CompiledGrammar::compile(result.grammar, shared.tables, limits); });
    *out = new tokrail_grammar{std::move(compiled), shared.encoder, std::move(result.warnings)};
  });
}

const SchemaWarning* warning_at(const tokrail_grammar* grammar, size_t index) noexcept {
  return grammar == nullptr || index >= grammar->warnings.size() ? nullptr
                                                                 : &grammar->warnings[index];
}

}  // namespace
}  // namespace tokrail::c

using namespace tokrail;
using namespace tokrail::c;

extern "C" {

tokrail_status tokrail_mask_tables_new(const tokrail_tokenizer* tokenizer, size_t byte_limit,
                                       tokrail_mask_tables** out, tokrail_error** error) {
  return guard(error, [&] {
    cleared(out);
    const Tokenizer& of = required(tokenizer, "tokenizer")->tokenizer;
    *out = new tokrail_mask_tables{
        std::make_shared<MaskTables>(of.shared_vocabulary(),
                                     or_default(byte_limit, MaskTables::kDefaultLimit)),
        std::make_shared<const CanonicalEncoder>(of)};
  });
}
void tokrail_mask_tables_free(tokrail_mask_tables* tables) {
  delete tables;
}

tokrail_status tokrail_grammar_from_json_schema(const tokrail_mask_tables* tables, const char* text,
                                                size_t length,
                                                const tokrail_json_schema_options* options,
                                                const tokrail_compile_options* compile,
                                                tokrail_grammar** out, tokrail_error** error) {
  return make_grammar(tables, text, length, compile, out, error, [&](std::string_view schema) {
    const JsonSchemaOptions how = schema_options(options);
    return about_grammar([&] { return read_json_schema(schema, how); });
  });
}

tokrail_status tokrail_grammar_from_gbnf(const tokrail_mask_tables* tables, const char* text,
                                         size_t length, const tokrail_compile_options* compile,
                                         tokrail_grammar** out, tokrail_error** error) {
  return make_grammar(tables, text, length, compile, out, error, [&](std::string_view gbnf) {
    return JsonSchemaResult{about_grammar([&] { return read_gbnf(gbnf); }), {}};
  });
}

tokrail_status tokrail_grammar_from_lark(const tokrail_mask_tables* tables, const char* text,
                                         size_t length, const tokrail_lark_options* options,
                                         const tokrail_compile_options* compile,
                                         tokrail_grammar** out, tokrail_error** error) {
  return make_grammar(tables, text, length, compile, out, error, [&](std::string_view lark) {
    const tokrail_lark_options given =
        read_options(options, TOKRAIL_LARK_OPTIONS_INIT, "tokrail_lark_options");
    NamedGrammars grammars(given);
    LarkOptions how;
    const bool escapes = how.json.escapes_in_patterns;
    how.json = schema_options(given.json);
    how.json.escapes_in_patterns = escapes;
    how.lex_every = given.lex_every;
    if (!grammars.empty()) {
      how.loader = [&](std::string_view name) { return grammars.find(name); };
    }
    try {
      return JsonSchemaResult{about_grammar([&] { return read_lark(lark, how); }), {}};
    } catch (...) {
      grammars.rethrow();
      throw;
    }
  });
}

tokrail_status tokrail_grammar_from_regex(const tokrail_mask_tables* tables, const char* pattern,
                                          size_t length, const tokrail_regex_options* options,
                                          const tokrail_compile_options* compile,
                                          tokrail_grammar** out, tokrail_error** error) {
  return make_grammar(tables, pattern, length, compile, out, error, [&](std::string_view regex) {
    const RegexOptions how = regex_options(options);
    return about_grammar([&] {
      JsonSchemaResult result;
      Grammar& grammar = result.grammar;
      const RuleId start = grammar.add_rule("regex");
      grammar.define(start, grammar.regex(parse_regex(grammar.regexes(), regex, how)));
      grammar.set_start(start);
      return result;
    });
  });
}

tokrail_status tokrail_grammar_from_structural_tag(const tokrail_mask_tables* tables,
                                                   const char* text, size_t length,
                                                   const tokrail_json_schema_options* options,
                                                   const tokrail_compile_options* compile,
                                                   tokrail_grammar** out, tokrail_error** error) {
  return make_grammar(tables, text, length, compile, out, error, [&](std::string_view tag) {
    const JsonSchemaOptions how = schema_options(options);
    return JsonSchemaResult{about_grammar([&] { return read_structural_tag(tag, how); }), {}};
  });
}

tokrail_status tokrail_grammar_from_tkg(const tokrail_mask_tables* tables, const char* bytes,
                                        size_t length, const tokrail_compile_options* compile,
                                        tokrail_grammar** out, tokrail_error** error) {
  return make_grammar(tables, bytes, length, compile, out, error, [&](std::string_view file) {
    CompiledFile read = read_compiled(file);
    check_vocabulary(read, *tables->tables->vocabulary());
    return JsonSchemaResult{std::move(read.grammar), {}};
  });
}

tokrail_status tokrail_grammar_to_tkg(const tokrail_grammar* grammar, char* bytes, size_t capacity,
                                      size_t* length, tokrail_error** error) {
  return guard(error, [&] {
    const std::string file = write_compiled(*required(grammar, "grammar")->compiled);
    return write_result(file, bytes, capacity, length);
  });
}

size_t tokrail_grammar_warning_count(const tokrail_grammar* grammar) {
  return grammar == nullptr ? 0 : grammar->warnings.size();
}
const char* tokrail_grammar_warning(const tokrail_grammar* grammar, size_t index, size_t* length) {
  const SchemaWarning* warning = warning_at(grammar, index);
  return warning == nullptr ? lend_nothing<char>(length) : lend(warning->message, length);
}
const char* tokrail_grammar_warning_where(const tokrail_grammar* grammar, size_t index,
                                          size_t* length) {
  const SchemaWarning* warning = warning_at(grammar, index);
  return warning == nullptr ? lend_nothing<char>(length) : lend(warning->pointer, length);
}
void tokrail_grammar_free(tokrail_grammar* grammar) {
  delete grammar;
}

}  // extern "C"
