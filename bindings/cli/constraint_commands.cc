#include "bindings/cli/constraint_commands.h"

#include "bindings/cli/bench_constraints.h"
#include "bindings/cli/catalogue_build.h"

namespace tokrail::cli {

void add_constraint_choice(CLI::App& app, ConstraintChoice& choice) {
  auto* const catalogue =
      app.add_option("--catalogue", choice.catalogue,
                     "the text is one of the file's lines (or of a `tokrail catalogue` file)")
          ->type_name("FILE");
  auto* const separator =
      app.add_option("--list-separator", choice.separator,
                     "with --catalogue: a list of distinct lines with this between them")
          ->type_name("TEXT")
          ->needs(catalogue);
  app.add_option("--list-min", choice.entries_min, "entries of such a list, at least")
      ->needs(separator)
      ->capture_default_str();
  app.add_option("--list-max", choice.entries_max, "and at most; 0: no limit")
      ->needs(separator)
      ->capture_default_str();
  auto* const span = app.add_option("--span-of", choice.span_of, "the text is a piece of this file")
                         ->type_name("FILE");
  app.add_option("--span-edges", choice.span_edges,
                 "where pieces begin and end: bytes, characters, words")
      ->check(CLI::IsMember({"bytes", "characters", "words"}))
      ->needs(span)
      ->capture_default_str();
  app.add_option("--span-min", choice.span_min, "bytes of a piece, at least")
      ->needs(span)
      ->capture_default_str();
  app.add_option("--ban", choice.banned, "the text never contains this; may be given several times")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  app.add_flag("--canonical", choice.canonical, "ids as the tokenizer itself writes the text");
}

void add_catalogue(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] = add_verb(root, "catalogue", "many strings as one small file, for masks",
                                    chosen, run_catalogue);
  app->add_option("file", verb->file, "strings, one a line, or a catalogue; - for standard input")
      ->required()
      ->type_name("FILE");
  app->add_option("-o,--output", verb->output, "file to write (.tkc); without: only its size")
      ->type_name("FILE");
  app->add_flag("--json", verb->json, "one JSON object");
  app->footer(examples("tokrail catalogue -o streets.tkc streets.txt",
                       "seq 1 1000000 | tokrail catalogue --json -"));
}

void add_bench_constraints(CLI::App& bench, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(bench, "constraints", "catalogues, spans and stop strings: building and masks",
               chosen, run_bench_constraints);
  app->add_option("-t,--tokenizer", verb->tokenizer.path, "tokenizer file, or folder of a model")
      ->required()
      ->type_name("FILE");
  app->add_option("--pattern", verb->tokenizer.pattern, "for .tiktoken files");
  app->add_option("--strings", verb->strings, "of each catalogue")
      ->check(CLI::Range(size_t{1}, size_t{100000000}))
      ->capture_default_str();
  app->add_option("--text", verb->text, "file that spans are taken of, up to --text-bytes")
      ->type_name("FILE");
  app->add_option("--text-bytes", verb->text_bytes, "of that file; without one: of made-up names")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--walks", verb->walks, "texts of each constraint, drawn from its masks")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_flag("--json", verb->json, "a line of JSON for each constraint");
  app->footer(
      examples(std::string("tokrail bench constraints -t ") + kShipped,
               std::string("tokrail bench constraints --json --strings 10000 -t ") + kShipped));
}

}  // namespace tokrail::cli
