#include "bindings/cli/sampling_commands.h"

#include "bindings/cli/sample.h"

namespace tokrail::cli {

namespace {
constexpr const char* kByHistory = "By token and history";
}  // namespace

void add_filters(CLI::App& app, SamplingOptions& options) {
  const auto add = [&](const char* name, auto& value, const char* what) {
    app.add_option(name, value, what)->capture_default_str()->group("Filters");
  };
  add("--temperature", options.temperature, "0: the largest logit");
  add("--dynamic-temperature-range", options.dynamic_temperature_range,
      "temperature by entropy, at most so much more or less");
  add("--dynamic-temperature-exponent", options.dynamic_temperature_exponent, "how by entropy");
  add("--top-k", options.top_k, "so many of the most probable; 0: all");
  add("--top-p", options.top_p, "the smallest set with this mass");
  add("--min-p", options.min_p, "at least this part of the most probable");
  add("--typical-p", options.typical_p, "locally typical, with this mass");
  add("--epsilon-cutoff", options.epsilon_cutoff, "at least this probability; 0: off");
  add("--eta-cutoff", options.eta_cutoff, "the same, lower where the entropy is high");
  add("--top-n-sigma", options.top_n_sigma, "within so many deviations of the largest logit");
  add("--top-h", options.top_h, "so much of the entropy of the first 100; 0: off");
  add("--xtc-probability", options.xtc_probability, "how often the top choices are left out");
  add("--xtc-threshold", options.xtc_threshold, "what counts as a top choice");
  add("--mirostat", options.mirostat, "1 or 2: holds the surprise, in place of other filters");
  add("--mirostat-tau", options.mirostat_tau, "the surprise that is wanted, in bits");
  add("--mirostat-eta", options.mirostat_eta, "rate of learning");
}

void add_penalties(CLI::App& app, SamplingOptions& options) {
  const auto add = [&](const char* name, auto& value, const char* what) {
    return app.add_option(name, value, what)->group(kByHistory);
  };
  add("--no-repeat-ngram", options.no_repeat_ngram, "no n-gram twice; 0: off");
  add("--repetition-penalty", options.repetition_penalty, "divides logits of tokens seen")
      ->capture_default_str();
  add("--frequency-penalty", options.frequency_penalty, "taken off per occurrence");
  add("--presence-penalty", options.presence_penalty, "taken off tokens seen");
  add("--penalty-window", options.penalty_window, "tokens looked at in order llamacpp; -1: all")
      ->capture_default_str();
  add("--dry-multiplier", options.dry_multiplier, "against repeated sequences; 0: off");
  add("--dry-base", options.dry_base, "growth of the penalty per token")->capture_default_str();
  add("--dry-allowed-length", options.dry_allowed_length, "shorter repetitions are free")
      ->capture_default_str();
  add("--dry-window", options.dry_window, "tokens looked at; -1: all")->capture_default_str();
}

namespace {

void add_adjusters(CLI::App& app, SampleVerb& verb) {
  const auto add = [&](const char* name, auto& value, const char* what) {
    return app.add_option(name, value, what)->group(kByHistory);
  };
  add("--bias", verb.biases, "added to a logit; -inf bans")->type_name("ID:BIAS")->take_all();
  add("--ban", verb.banned, "a sequence that must not be completed")
      ->type_name("ID,ID,...")
      ->take_all();
  add("--min-tokens", verb.sampling.min_tokens, "no id of --end before so much output");
  add_penalties(app, verb.sampling);
  add("--dry-breaker", verb.breakers, "a sequence that ends repetitions")
      ->type_name("ID,ID,...")
      ->take_all();
}

}  // namespace

void add_sample(CLI::App& root, Chosen& chosen) {
  const auto [app, verb] = add_verb(
      root, "sample", "rows of logits to tokens, by a chain of samplers", chosen, run_sample);
  app->add_option("--logits", verb->logits, "rows of numbers, little-endian")
      ->required()
      ->type_name("FILE");
  app->add_option("--vocab", verb->vocab, "numbers of a row")->required();
  app->add_option("--type", verb->type, "of the numbers")
      ->check(CLI::IsMember({"f32", "bf16", "f16"}))
      ->capture_default_str();
  app->add_option("--mask", verb->mask,
                  "what is allowed, before filters: 32-bit words, bit id & 31 of word id >> 5; one "
                  "row for all, or one for each")
      ->type_name("FILE");
  app->add_option("--order", verb->order, "of the samplers: as in llamacpp, vllm or hf")
      ->check(CLI::IsMember({"llamacpp", "vllm", "hf"}))
      ->capture_default_str();
  app->add_option("--seed", verb->seed, "key of the random numbers")->capture_default_str();
  app->add_option("--stream", verb->stream, "number of the request")->capture_default_str();
  app->add_option("--position", verb->position, "of the first row; the next have the next")
      ->capture_default_str();
  app->add_option("--prompt", verb->prompt, "ids before the output")->delimiter(',');
  app->add_option("--history", verb->history, "ids of the output so far")->delimiter(',');
  app->add_option("--end", verb->end_ids, "ids that end a text")->delimiter(',');
  app->add_flag("--sequence", verb->is_sequence,
                "the rows are steps of one sequence: each token is history for the next row");
  app->add_option("--top-n", verb->top_n, "print so many tokens with log-probabilities");
  app->add_flag("--distribution", verb->distribution, "print what is drawn from: ids and probs");
  app->add_flag("--describe", verb->describe, "say on standard error which samplers run");
  add_adjusters(*app, *verb);
  add_filters(*app, verb->sampling);
  app->footer(examples(
      "head -c 4096 /dev/zero >even.f32 && tokrail sample --logits even.f32 --vocab 1024 --seed 7",
      "tokrail sample --logits even.f32 --vocab 1024 --top-k 5 --temperature 0.8 --distribution"));
}

}  // namespace tokrail::cli
