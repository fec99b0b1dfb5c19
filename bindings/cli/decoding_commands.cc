#include "bindings/cli/decoding_commands.h"

#include "bindings/cli/bench_particles.h"
#include "bindings/cli/constraint_commands.h"
#include "bindings/cli/generate.h"
#include "bindings/cli/grammar_commands.h"
#include "bindings/cli/sampling_commands.h"
#include "bindings/cli/train_ngram.h"

namespace tokrail::cli {
namespace {

constexpr const char* kShippedModel = "ngram:data/models/records-8k.ngram";

void add_tokenizer(CLI::App& app, TokenizerChoice& choice, const char* what, bool required) {
  app.add_option("-t,--tokenizer", choice.path, what)->required(required)->type_name("FILE");
  app.add_option("--pattern", choice.pattern,
                 "for .tiktoken files: cl100k, o200k, ... or a regular expression");
}

void add_documents(CLI::App& app, std::string& kind) {
  app.add_option("--documents", kind, "what one text is: line, paragraph or file")
      ->check(CLI::IsMember({"line", "paragraph", "file"}))
      ->capture_default_str();
}

void add_loop(CLI::App& app, GenerateVerb& verb) {
  app.add_option("--mode", verb.mode, "how the constraint is kept at a step")
      ->check(CLI::IsMember({"mask", "reject", "weighted", "adaptive", "exact"}))
      ->capture_default_str();
  app.add_option("--estimator", verb.estimator, "of the weights in mode weighted")
      ->check(CLI::IsMember({"des-raj", "thorough", "recursive", "geometric", "two-loop"}))
      ->capture_default_str();
  app.add_option("--order", verb.order, "of the samplers: llamacpp, vllm or hf")
      ->check(CLI::IsMember({"llamacpp", "vllm", "hf"}))
      ->capture_default_str();
  app.add_option("--forced", verb.forced, "tokens that are the only ones: model asks it anyway")
      ->check(CLI::IsMember({"model", "skip", "canonical"}))
      ->capture_default_str();
  app.add_option("--max-tokens", verb.max_tokens, "the end token counts")->capture_default_str();
  app.add_option("--min-tokens", verb.min_tokens, "no end before")->capture_default_str();
  app.add_option("--stop", verb.stop, "text that ends the output; may be given several times")
      ->allow_extra_args(false)
      ->type_name("TEXT");
  app.add_option("--seed", verb.seed, "of all random numbers")->capture_default_str();
  app.add_option("-n", verb.runs, "independent runs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--particles", verb.particles, "weighted side by side; above 1: resampled")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--ess", verb.ess_threshold, "resample below this part; 0: never")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--resampling", verb.resampling, "scheme")
      ->check(CLI::IsMember({"multinomial", "residual", "systematic", "stratified", "steer"}))
      ->capture_default_str();
  app.add_flag("--posterior", verb.posterior,
               "JSON lines: the distinct outputs of the particles, then the evidence");
  app.add_option("--exact-budget", verb.exact_budget,
                 "tokens of all attempts of the exact mode together; 0: a million")
      ->capture_default_str();
  app.add_option("--deadline", verb.deadline_seconds, "seconds for one run; 0: none")
      ->capture_default_str();
  app.add_option("--threads", verb.threads, "0: as many as the machine has")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

}  // namespace

void add_generate(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] = add_verb(
      root, "generate", "text from a model, under a constraint (exit 1 if one is not complete)",
      chosen, run_generate);
  auto* const prompt =
      app->add_option("prompt", verb->prompt, "text that goes before; default: none");
  app->add_option("--prompt-file", verb->prompt_file, "the same, of a file; - for standard input")
      ->excludes(prompt)
      ->type_name("FILE");
  app->add_option("--model", verb->model, "ngram:FILE")->required();
  add_tokenizer(*app, verb->tokenizer, "default: the one in the model's file", false);
  add_loop(*app, *verb);
  add_filters(*app, verb->sampling);
  add_penalties(*app, verb->sampling);
  add_grammar_choice(*app, verb->grammar, false);
  add_constraint_choice(*app, verb->constraint);
  app->add_option(
         "--begin-behind", verb->begin_behind,
         "everything is allowed until this text or special token has come, then the grammar")
      ->type_name("TEXT");
  app->add_flag("--json", verb->json, "JSON lines: text, status, weights, ids");
  app->add_option("--stats", verb->stats, "json: a line for each output on standard error")
      ->check(CLI::IsMember({"json"}));
  app->footer(examples(
      std::string("tokrail generate --model ") + kShippedModel + " --seed 7 'The train'",
      std::string("tokrail generate --particles 16 --posterior --regex '[a-z]+@[a-z]+' --model ") +
          kShippedModel));
}

void add_bench_particles(CLI::App& bench, Chosen& chosen) {
  const auto [app, verb] =
      add_verb(bench, "particles", "steps of weighted particles a second, outputs checked", chosen,
               run_bench_particles);
  app->add_option("prompt", verb->prompt, "text that goes before; default: none");
  app->add_option("--model", verb->model, "ngram:FILE")->required();
  add_tokenizer(*app, verb->tokenizer, "default: the one in the model's file", false);
  add_grammar_choice(*app, verb->grammar, true);
  app->add_option("--particles", verb->particles, "side by side")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--max-tokens", verb->max_tokens, "of a particle")->capture_default_str();
  app->add_option("--runs", verb->runs, "the median is told")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--threads", verb->threads, "0: as many as the machine has")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app->add_flag("--json", verb->json, "JSON lines");
  app->footer(examples(
      std::string("tokrail bench particles --runs 1 --regex '[a-z]{3,9}' --model ") + kShippedModel,
      std::string("tokrail bench particles --runs 1 --gbnf data/grammars/json.gbnf --max-tokens 20 "
                  "--model ") +
          kShippedModel));
}

void add_model(CLI::App& root, Chosen& chosen) {
  CLI::App* const model = root.add_subcommand("model", "small language models");
  model->require_subcommand(1);
  {
    const auto [app, verb] = add_verb(*model, "train-ngram", "text to an n-gram model of tokens",
                                      chosen, run_train_ngram);
    app->add_option("files", verb->files, "text files")->required()->type_name("FILE");
    add_tokenizer(*app, verb->tokenizer, "tokenizer file, or folder of a model", true);
    app->add_option("-o,--output", verb->out, "file to write")->required()->type_name("FILE");
    app->add_option("--order", verb->order, "longest sequence")
        ->check(CLI::Range(1, 8))
        ->capture_default_str();
    app->add_option("--min-count", verb->min_counts,
                    "sequences of 1, 2, ... tokens seen less often are left out")
        ->delimiter(',')
        ->capture_default_str();
    add_documents(*app, verb->documents);
    app->add_option("--boundary", verb->boundary, "token around texts; default: the end token")
        ->type_name("TOKEN");
    app->add_flag("--no-tokenizer", verb->no_tokenizer, "leave the tokenizer out of the file");
    app->add_option("--threads", verb->threads, "0: as many as the machine has")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    add_progress(*app, verb->no_progress);
    app->footer(examples(
        std::string("tokrail model train-ngram -o readme.ngram -t ") + kShipped + " README.md",
        "tokrail model score readme.ngram CONTRIBUTING.md"));
  }
  const auto [app, verb] = add_verb(
      *model, "score", "how well a model knows a text: bits, perplexity", chosen, run_score_ngram);
  app->add_option("model", verb->model, "n-gram model")->required()->type_name("FILE");
  app->add_option("files", verb->files, "text files")->required()->type_name("FILE");
  add_tokenizer(*app, verb->tokenizer, "default: the one in the model's file", false);
  add_documents(*app, verb->documents);
  app->add_flag("--json", verb->json, "one JSON object");
  app->footer(examples("tokrail model score data/models/records-8k.ngram README.md",
                       "tokrail model score --json data/models/records-8k.ngram README.md"));
  model->footer(examples("tokrail model train-ngram --help", "tokrail model score --help"));
}

}  // namespace tokrail::cli
