#include "bindings/cli/eval_commands.h"

#include "bindings/cli/eval.h"

namespace tokrail::cli {

void add_eval(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(root, "eval", "how good tokenizers are, side by side", chosen, run_eval);
  app->add_option("-t,--tokenizer", verb->tokenizers, "tokenizer files, or folders of models")
      ->required()
      ->type_name("FILE");
  app->add_option("--pattern", verb->pattern,
                  "for .tiktoken files: cl100k, o200k, ... or a regular expression");
  app->add_option("--text", verb->texts,
                  "text files, a text is a line; without them the sentences of gold files")
      ->type_name("FILE");
  app->add_option("--gold", verb->gold, "segmented words or sentences, see docs/cli.md")
      ->type_name("FILE");
  app->add_option("--half", verb->half, "only half of the gold words: a is for tuning, b held out")
      ->check(CLI::IsMember({"a", "b"}));
  app->add_option("--parallel", verb->parallel,
                  "files aligned line by line, for token premiums over the first")
      ->type_name("FILE");
  app->add_option("--oracle-tr", verb->oracle_tr, "words of the language, one a line: %TR")
      ->type_name("FILE");
  app->add_option("--oracle-pure", verb->oracle_pure, "roots and affixes, one a line: %Pure")
      ->type_name("FILE");
  app->add_option("--locale", verb->locale, "language that lowers letters: tr, az; else Unicode");
  app->add_option("--errors", verb->errors,
                  "also the gold words that are cut wrong most often, so many per tokenizer")
      ->type_name("N");
  app->add_flag("--json", verb->json, "a JSON line per tokenizer; shares from 0 to 1");
  app->add_option("--html", verb->html, "also write a page with bars and coloured tokens")
      ->type_name("FILE");
  app->add_option("--samples", verb->samples, "lines of text on that page")->capture_default_str();
  app->add_option("--threads", verb->threads, "at most so many threads; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_progress(*app, verb->no_progress);
  app->footer(examples(
      std::string("tokrail eval -t ") + kShipped +
          " data/tokenizers/multilingual-32k.json --text README.md",
      std::string("tokrail eval -t ") + kShipped + " --text README.md --html report.html"));
}

}  // namespace tokrail::cli
