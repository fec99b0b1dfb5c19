#include "bindings/cli/grammar_commands.h"

#include "bindings/cli/bench_grammar.h"
#include "bindings/cli/grammar_accept.h"
#include "bindings/cli/grammar_check.h"
#include "bindings/cli/grammar_compile.h"
#include "bindings/cli/grammar_convert.h"
#include "bindings/cli/grammar_enumerate.h"
#include "bindings/cli/grammar_explain.h"
#include "bindings/cli/grammar_mask.h"

namespace tokrail::cli {

void add_grammar_choice(CLI::App& app, GrammarChoice& choice, bool required) {
  auto* const group = app.add_option_group("grammar", "one of these");
  group->add_option("--json-schema", choice.json_schema, "JSON Schema")->type_name("FILE");
  group->add_option("--gbnf", choice.gbnf, "GBNF, the notation of llama.cpp")->type_name("FILE");
  group->add_option("--lark", choice.lark, "Lark, in the dialect of llguidance")->type_name("FILE");
  group->add_option("--regex", choice.regex, "a regular expression, here and not in a file")
      ->type_name("REGEX");
  group->add_option("--structural-tag", choice.structural_tag, "free text with tagged contents")
      ->type_name("FILE");
  group->add_option("--compiled", choice.compiled, "what grammar compile has written")
      ->type_name("FILE.tkg");
  group->require_option(required ? 1 : 0, 1);
  app.add_option("--dialect", choice.dialect, "of --regex: ecma or lark")
      ->check(CLI::IsMember({"ecma", "lark"}))
      ->capture_default_str();
  app.add_option("--key-order", choice.key_order, "keys of objects: as in the schema, or any")
      ->check(CLI::IsMember({"schema", "any"}))
      ->capture_default_str();
  app.add_option("--style", choice.style, "white space in JSON: flexible, compact, spaced, pretty")
      ->check(CLI::IsMember({"flexible", "compact", "spaced", "pretty"}))
      ->capture_default_str();
  auto* const none = app.add_flag("--no-formats", choice.no_formats, "format is an annotation");
  app.add_flag("--strict-formats", choice.strict_formats, "unknown formats are errors")
      ->excludes(none);
  app.add_flag("--short-numbers", choice.short_numbers, "12 and 0.5, but not 12.00 or 5e-1");
  app.add_flag("--no-needless-escapes", choice.plain_text,
               "characters that need no escape are written as they are");
  app.add_flag("--lenient", choice.lenient,
               "constraints that are not supported are warnings, not errors");
}

namespace {

void add_choice(CLI::App& app, GrammarChoice& choice) {
  add_grammar_choice(app, choice, true);
}

void add_tokenizer(CLI::App& app, TokenizerChoice& choice, bool required) {
  app.add_option("-t,--tokenizer", choice.path, "tokenizer file, or folder of a model")
      ->required(required)
      ->type_name("FILE");
  app.add_option("--pattern", choice.pattern,
                 "for .tiktoken files: cl100k, o200k, ... or a regular expression");
}

void add_check(CLI::App& grammar, Chosen& chosen) {
  {
    const auto [app, verb] = add_verb(grammar, "check", "reads and compiles it, and tells its size",
                                      chosen, run_grammar_check);
    add_choice(*app, verb->grammar);
    add_tokenizer(*app, verb->tokenizer, false);
    app->add_flag("--json", verb->json, "one JSON object");
    app->footer(examples("tokrail grammar check --gbnf data/grammars/json.gbnf",
                         "tokrail grammar check --json --lark data/grammars/sql.lark"));
  }
  const auto [app, verb] =
      add_verb(grammar, "print", "its rules in one canonical notation", chosen, run_grammar_print);
  add_choice(*app, verb->grammar);
  app->footer(examples("tokrail grammar print --gbnf data/grammars/email.gbnf",
                       "echo '{\"enum\": [1, null]}' | tokrail grammar print --json-schema -"));
}

void add_accept(CLI::App& grammar, Chosen& chosen) {
  const auto [app, verb] = add_verb(grammar, "accept", "which texts it takes (exit 1 if not all)",
                                    chosen, run_grammar_accept);
  add_choice(*app, verb->grammar);
  app->add_option("files", verb->files,
                  "files of texts, one a line; - for standard input (default)")
      ->type_name("FILE");
  add_tokenizer(*app, verb->tokenizer, false);
  auto* const whole = app->add_flag("--whole", verb->whole, "a file is one text, not one per line");
  app->add_flag("--null", verb->null, "texts end at NUL bytes instead of line feeds")
      ->excludes(whole);
  app->add_flag("--json", verb->json, "JSON lines with what was expected, and where");
  app->footer(
      examples("echo 2024-05-01 | tokrail grammar accept --regex '[0-9]{4}-[0-9]{2}-[0-9]{2}'",
               "tokrail grammar accept --whole --gbnf data/grammars/json.gbnf "
               "data/grammars/json.text.json"));
}

void add_mask(CLI::App& grammar, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(grammar, "mask", "the tokens that may follow a text", chosen, run_grammar_mask);
  add_choice(*app, verb->grammar);
  add_tokenizer(*app, verb->tokenizer, true);
  app->add_option("--prefix", verb->prefix, "text so far")->type_name("TEXT");
  app->add_option("--ids", verb->ids, "which ids are printed: the first ones, or all")
      ->check(CLI::IsMember({"first", "all"}))
      ->capture_default_str();
  app->add_option("--show", verb->show, "how many the first ones are")->capture_default_str();
  app->add_flag("--json", verb->json, "one JSON object");
  app->footer(examples(std::string("tokrail grammar mask --regex 'yes|no' -t ") + kShipped,
                       std::string("tokrail grammar mask --gbnf data/grammars/json.gbnf --prefix "
                                   "'{\"a\":' -t ") +
                           kShipped));
}

void add_explain(CLI::App& grammar, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(grammar, "explain", "where a text leaves the language, and what was expected",
               chosen, run_grammar_explain);
  add_choice(*app, verb->grammar);
  app->add_option("text", verb->text, "the text; default: standard input");
  app->add_option("--file", verb->file, "file with the text")->type_name("FILE");
  app->add_flag("--json", verb->json, "one JSON object");
  app->footer(examples("tokrail grammar explain --gbnf data/grammars/json.gbnf '{\"a\": 1, b}'",
                       "tokrail grammar explain --regex '[a-z]+@[a-z]+' someone.else"));
}

void add_enumerate(CLI::App& grammar, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(grammar, "enumerate", "strings of its language, shortest first or drawn", chosen,
               run_grammar_enumerate);
  verb->grammar.style = "compact";
  add_choice(*app, verb->grammar);
  app->add_option("--count", verb->count, "how many strings")->capture_default_str();
  app->add_option("--max-length,--max-bytes", verb->max_bytes,
                  "bytes of the longest string; 0: no limit")
      ->capture_default_str();
  app->add_option("--max-prefixes", verb->max_prefixes, "beginnings that are looked at, at most")
      ->capture_default_str();
  app->add_flag("--sample", verb->sample,
                "draw strings: lengths up to --max-bytes (64) alike, then strings of the length");
  app->add_option("--seed", verb->seed, "of the draws")->capture_default_str();
  app->add_flag("--json", verb->json, "JSON strings");
  app->footer(examples("tokrail grammar enumerate --regex '(ab|c)+'",
                       "tokrail grammar enumerate --count 5 --lark data/grammars/arithmetic.lark"));
}

void add_compile(CLI::App& grammar, Chosen& chosen) {
  const auto [app, verb] = add_verb(grammar, "compile", "to a .tkg file, which is read at once",
                                    chosen, run_grammar_compile);
  add_choice(*app, verb->grammar);
  add_tokenizer(*app, verb->tokenizer, false);
  app->add_option("-o,--output", verb->output, "file to write; - for standard output")
      ->required()
      ->type_name("FILE.tkg");
  app->footer(
      examples("tokrail grammar compile --gbnf data/grammars/json.gbnf -o json.tkg",
               std::string("tokrail grammar compile --lark data/grammars/sql.lark -o sql.tkg -t ") +
                   kShipped));
}

void add_convert_grammar(CLI::App& grammar, Chosen& chosen) {
  const auto [app, verb] = add_verb(grammar, "convert", "to another notation of the same language",
                                    chosen, run_grammar_convert);
  add_choice(*app, verb->grammar);
  app->add_option("--to", verb->to, "gbnf or lark")
      ->required()
      ->check(CLI::IsMember({"gbnf", "lark"}));
  app->add_option("-o,--output", verb->output, "file to write; - for standard output")
      ->capture_default_str()
      ->type_name("FILE");
  app->footer(examples("tokrail grammar convert --to gbnf --regex '[a-z]+@[a-z]+'",
                       "echo '{\"enum\": [1, null]}' | tokrail grammar convert --to gbnf "
                       "--json-schema -"));
}

}  // namespace

void add_grammar(CLI::App& root, Chosen& chosen) {
  CLI::App* const grammar = root.add_subcommand("grammar", "what a grammar takes and allows");
  grammar->require_subcommand(1);
  add_check(*grammar, chosen);
  add_accept(*grammar, chosen);
  add_mask(*grammar, chosen);
  add_explain(*grammar, chosen);
  add_enumerate(*grammar, chosen);
  add_compile(*grammar, chosen);
  add_convert_grammar(*grammar, chosen);
  grammar->footer(examples("tokrail grammar check --gbnf data/grammars/json.gbnf",
                           "tokrail grammar accept --help"));
}

void add_bench_grammar(CLI::App& bench, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(bench, "grammar", "grammars against their texts, and the time of masks", chosen,
               run_bench_grammar);
  app->add_option("files", verb->files, "JSON lines of grammars with texts, also gzip")
      ->required()
      ->type_name("FILE");
  app->add_option("-t,--tokenizer", verb->tokenizer.path,
                  "tokenizer whose tokens are taken; without: byte by byte, no masks")
      ->type_name("FILE");
  app->add_option("--pattern", verb->tokenizer.pattern, "for .tiktoken files");
  app->add_option("--key-order", verb->key_order,
                  "schema or any; default: any, and schema for cases of other engines")
      ->check(CLI::IsMember({"schema", "any"}));
  app->add_option("--limit-ms", verb->limit_ms, "processor time of one grammar with its texts")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--limit-mb", verb->memory_mb, "address space of a worker; 0: no limit")
      ->capture_default_str();
  app->add_option("--threads", verb->threads, "worker processes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--passes", verb->passes, "over the texts of a grammar; the last is reported too")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_flag("--all-cold", verb->all_cold, "a second run with new tables for each grammar");
  app->add_option("--list", verb->list, "a line of JSON for each fault (wrong), or grammar (all)")
      ->check(CLI::IsMember({"wrong", "all"}));
  app->add_flag("--json", verb->json, "one JSON object");
  add_progress(*app, verb->no_progress);
  app->footer(
      examples("tokrail bench grammar --passes 2 data/grammars/sql.lark",
               std::string("tokrail bench grammar --json -t ") + kShipped + " grammars.jsonl"));
}

}  // namespace tokrail::cli
