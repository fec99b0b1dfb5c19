#include "bindings/cli/morph_commands.h"

#include "bindings/cli/morph_analyse.h"
#include "bindings/cli/morph_compile.h"
#include "bindings/cli/morph_generate.h"

namespace tokrail::cli {

namespace {

void add_compile(CLI::App& morph, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(morph, "compile", "a language pack to a .tkl file, which is read at once", chosen,
               run_morph_compile);
  app->add_option("packs", verb->packs,
                  "the pack, or a shipped one's code (tr); then files with more roots")
      ->required()
      ->type_name("PACK");
  auto* const lexicons =
      app->add_option("--lexicon", verb->lexicons,
                      "lexicon in place of the one that the pack names: zemberek or hunspell")
          ->type_name("FORMAT:PATH")
          ->allow_extra_args(false);
  app->add_flag("--no-lexicon", verb->no_lexicon, "the roots of the packs alone")
      ->excludes(lexicons);
  app->add_option("--max-endings", verb->max_endings,
                  "at most so many; roots with rarer endings are left out")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app->add_flag("--strict", verb->strict, "roots that would be left out are errors");
  app->add_option("-o,--output", verb->output, "file to write; - for standard output")
      ->required()
      ->type_name("FILE.tkl");
  app->add_flag("--json", verb->json, "counts as one JSON object");
  app->footer(examples("tokrail morph compile tr -o turkish.tkl",
                       "tokrail morph compile --no-lexicon data/languages/turkish.lang "
                       "my-roots.lang -o mine.tkl"));
}

void add_language(CLI::App& app, LanguageChoice& choice) {
  choice.language = "tr";
  auto* const language =
      app.add_option("-l,--lang", choice.language,
                     "code of a shipped pack, a pack, or what morph compile has written")
          ->type_name("LANG")
          ->capture_default_str();
  app.add_option("-t,--tokenizer", choice.language,
                 "the language and the costs of a hybrid tokenizer instead")
      ->type_name("FILE.tkz")
      ->excludes(language);
  auto* const lexicons =
      app.add_option("--lexicon", choice.lexicons, "lexicon in place of the one that a pack names")
          ->type_name("FORMAT:PATH")
          ->allow_extra_args(false);
  app.add_flag("--no-lexicon", choice.no_lexicon, "the roots of the pack alone")
      ->excludes(lexicons);
}

void add_analyse(CLI::App& morph, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(morph, "analyse", "the stem and the suffixes of words", chosen, run_morph_analyse);
  add_language(*app, verb->language);
  app->add_option("words", verb->words, "words; default: those of standard input")
      ->type_name("WORD");
  app->add_option("--all", verb->all, "up to so many readings of each word, best first; 0: all")
      ->type_name("N")
      ->capture_default_str();
  app->add_flag("--unknown", verb->unknown,
                "with --all: readings through stems in no lexicon too, not only if no other is");
  app->add_flag("--json", verb->json, "JSON lines: lemma, tags, morphs and cost of each reading");
  app->footer(examples("tokrail morph analyse kitabımda arıyorum 1990\\'larda",
                       "echo \"Ankara'dakiler\" | tokrail morph analyse --all 5 --json"));
}

void add_generate(CLI::App& morph, Chosen& chosen) {
  const auto [app, verb] = add_verb(
      morph, "generate", "words from a stem and tags (exit 1 if none)", chosen, run_morph_generate);
  add_language(*app, verb->language);
  app->add_option("lemma", verb->lemma, "a stem, or stem/part-of-speech, or a number")
      ->required()
      ->type_name("LEMMA");
  app->add_option("tags", verb->tags, "tags or names of suffixes, as morph analyse prints them")
      ->type_name("TAG");
  app->add_flag("--json", verb->json, "one JSON object");
  app->footer(examples("tokrail morph generate kitap P1SG LOC",
                       "tokrail morph generate --json Ankara/proper LOC"));
}

}  // namespace

void add_morph(CLI::App& root, Chosen& chosen) {
  CLI::App* const morph = root.add_subcommand("morph", "how the words of a language are built");
  morph->require_subcommand(1);
  add_compile(*morph, chosen);
  add_analyse(*morph, chosen);
  add_generate(*morph, chosen);
  morph->footer(
      examples("tokrail morph compile tr -o turkish.tkl", "tokrail morph compile --help"));
}

}  // namespace tokrail::cli
