#include "bindings/cli/generate.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/model_choice.h"
#include "bindings/cli/standard_output.h"
#include "grammar/constraints/grammar_constraint.h"
#include "grammar/passes/begin_behind.h"
#include "grammar/prompt_healing.h"
#include "tokenizers/canonical_encoder.h"

namespace tokrail::cli {
namespace {

template <typename T, size_t n>
T by_name(const std::array<std::pair<std::string_view, T>, n>& names, const std::string& name,
          const char* option) {
  std::string all;
  for (const auto& [known, value] : names) {
    if (known == name) return value;
    all += (all.empty() ? "" : ", ") + std::string(known);
  }
  throw Error(ErrorCode::kInvalidArgument, "expected one of " + all, option);
}

StepOptions step_options(const GenerateVerb& verb) {
  StepOptions options;
  options.mode = by_name(
      std::array<std::pair<std::string_view, StepMode>, 5>{{{"mask", StepMode::kMask},
                                                            {"reject", StepMode::kReject},
                                                            {"weighted", StepMode::kRejectWeighted},
                                                            {"adaptive", StepMode::kAdaptive},
                                                            {"exact", StepMode::kExact}}},
      verb.mode, "--mode");
  using Estimator = WeightEstimator;
  options.estimator = by_name(
      std::array<std::pair<std::string_view, Estimator>, 5>{{{"des-raj", Estimator::kDesRaj},
                                                             {"thorough", Estimator::kDesRaj},
                                                             {"recursive", Estimator::kRecursive},
                                                             {"geometric", Estimator::kGeometric},
                                                             {"two-loop", Estimator::kTwoLoop}}},
      verb.estimator, "--estimator");
  if (verb.estimator == "thorough") options.des_raj = kThorough;
  return options;
}

FilterOrder filter_order(const std::string& name) {
  return by_name(
      std::array<std::pair<std::string_view, FilterOrder>, 3>{{{"llamacpp", FilterOrder::kLlamaCpp},
                                                               {"vllm", FilterOrder::kVllm},
                                                               {"hf", FilterOrder::kHf}}},
      name, "--order");
}

ForcedTokens forced_tokens(const std::string& name) {
  return by_name(
      std::array<std::pair<std::string_view, ForcedTokens>, 3>{
          {{"model", ForcedTokens::kAskModel},
           {"skip", ForcedTokens::kSkipModel},
           {"canonical", ForcedTokens::kCanonical}}},
      name, "--forced");
}

Resampling resampling_scheme(const std::string& name) {
  return by_name(
      std::array<std::pair<std::string_view, Resampling>, 5>{
          {{"multinomial", Resampling::kMultinomial},
           {"residual", Resampling::kResidual},
           {"systematic", Resampling::kSystematic},
           {"stratified", Resampling::kStratified},
           {"steer", Resampling::kSteer}}},
      name, "--resampling");
}

std::string number(double value) {
  if (!std::isfinite(value)) return "null";  // JSON has no infinities
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string statistics_json(const Generation& output) {
  const GenerationStatistics& s = output.statistics;
  std::string out =
      "{\"status\":\"" + std::string(generation_status_name(output.status)) +
      "\",\"tokens\":" + std::to_string(output.ids.size()) +
      ",\"model_calls\":" + std::to_string(s.model_calls) +
      ",\"skipped_calls\":" + std::to_string(s.skipped_calls) +
      ",\"tests\":" + std::to_string(s.tests) + ",\"masks\":" + std::to_string(s.masks) +
      ",\"attempts\":" + std::to_string(s.attempts) + ",\"explored\":" + number(s.explored) +
      ",\"log_weight\":" + number(output.log_weight) + ",\"log_prob\":" + number(output.log_prob) +
      ",\"seconds\":" + number(s.seconds) + ",\"model_seconds\":" + number(s.model_seconds);
  if (!output.error.empty()) {
    out += ",\"error\":";
    append_json_string(output.error, out);
  }
  return out + "}\n";
}

class Printer {
 public:
  explicit Printer(const GenerateVerb& verb) : verb_(verb) {}

  // One run's output; `streamed` of its text has been written already.
  void output(const Generation& output, bool streamed) {
    complete_ = complete_ && output.status == GenerationStatus::kComplete;
    if (verb_.json) {
      std::string line = "{\"text\":";
      append_json_string(output.text, line);
      line += ",\"status\":\"" + std::string(generation_status_name(output.status)) +
              "\",\"log_weight\":" + number(output.log_weight) +
              ",\"log_prob\":" + number(output.log_prob) + ",\"ids\":";
      append_json_ids(output.ids, line);
      if (!output.error.empty()) {
        line += ",\"error\":";
        append_json_string(output.error, line);
      }
      out_.write(line + "}\n");
    } else {
      out_.write(streamed ? "\n" : output.text + "\n");
      if (output.status != GenerationStatus::kComplete) {
        out_.flush();
        std::cerr << "tokrail: " << generation_status_name(output.status)
                  << (output.error.empty() ? "" : ": " + output.error) << '\n';
      }
    }
    if (!verb_.stats.empty()) {
      out_.flush();
      std::cerr << statistics_json(output);
    }
  }

  void piece(std::string_view text) { out_.write(text); }

  void posterior(const Posterior& posterior) {
    for (const PosteriorOutput& output : posterior.outputs) {
      std::string line = "{\"text\":";
      append_json_string(output.text, line);
      line += ",\"probability\":" + number(output.probability) +
              ",\"particles\":" + std::to_string(output.particles) + ",\"status\":\"" +
              std::string(generation_status_name(output.status)) + "\"}\n";
      out_.write(line);
    }
    out_.write("{\"log_evidence\":" + number(posterior.log_evidence) +
               ",\"evidence\":" + number(std::exp(posterior.log_evidence)) +
               ",\"effective_particles\":" + number(posterior.effective_particles) +
               ",\"particles\":" + std::to_string(posterior.particles.size()) +
               ",\"resamplings\":" + std::to_string(posterior.resamplings) + "}\n");
    complete_ = complete_ && std::isfinite(posterior.log_evidence);
  }

  int finish() {
    out_.flush();
    return complete_ ? kOk : kNo;
  }

 private:
  const GenerateVerb& verb_;
  StandardOutput out_;
  bool complete_ = true;
};

// One particle, drawn by its weight.
Generation drawn(const Posterior& posterior, uint64_t seed, uint64_t stream) {
  double top = posterior.log_weights[0];
  for (const double weight : posterior.log_weights) top = std::max(top, weight);
  if (!std::isfinite(top)) return posterior.particles[0];
  double sum = 0;
  for (const double weight : posterior.log_weights) sum += std::exp(weight - top);
  double left = sum * CounterRandom(seed).uniform(
                          {.stream = stream, .draw = 1, .purpose = Purpose::kResample});
  for (size_t i = 0; i < posterior.particles.size(); ++i) {
    left -= std::exp(posterior.log_weights[i] - top);
    if (left < 0) return posterior.particles[i];
  }
  return posterior.particles.back();
}

bool names_grammar(const GrammarChoice& choice) {
  return !choice.gbnf.empty() || !choice.lark.empty() || !choice.json_schema.empty() ||
         !choice.structural_tag.empty() || !choice.compiled.empty() || choice.regex.has_value();
}

// The grammar, from the marker on if there is one: a special token by its name, or text.
std::shared_ptr<const CompiledGrammar> load_grammar_of(const GenerateVerb& verb,
                                                       const std::optional<Tokenizer>& tokenizer) {
  if (verb.begin_behind.empty()) return load_compiled(verb.grammar, tokenizer);
  LoadedGrammar loaded = load_grammar(verb.grammar);
  tell_warnings(loaded.warnings);
  const Vocabulary& vocabulary = tokenizer->vocabulary();
  const auto id = vocabulary.id_of_piece(verb.begin_behind);
  if (id && !vocabulary.is_text(*id)) {
    begin_behind_token(loaded.file.grammar, verb.begin_behind);
  } else {
    begin_behind(loaded.file.grammar, verb.begin_behind);
  }
  return compile_grammar(loaded, tokenizer, source_name(verb.grammar));
}

std::unique_ptr<Constraint> constraint_of(const GenerateVerb& verb,
                                          const std::optional<Tokenizer>& tokenizer,
                                          const PromptEnd& end) {
  const auto encoder = std::make_shared<const CanonicalEncoder>(*tokenizer);
  std::vector<std::unique_ptr<Constraint>> parts;
  if (names_grammar(verb.grammar)) {
    parts.push_back(std::make_unique<GrammarConstraint>(
        Matcher::with_prefix(load_grammar_of(verb, tokenizer), end.held, end.context), encoder));
  }
  const ConstraintChoice& choice = verb.constraint;
  if (!end.held.empty() && (!choice.catalogue.empty() || !choice.span_of.empty())) {
    throw Error(ErrorCode::kUnsupported,
                "the prompt's last word ends in \"" + end.held +
                    "\", which the next token may still change; before a catalogue or a span it "
                    "must be finished, by a full stop for instance");
  }
  add_constraints(choice, end.context, tokenizer->shared_vocabulary(), encoder, parts);
  return all_of(std::move(parts));
}

std::string prompt_of(const GenerateVerb& verb) {
  if (verb.prompt_file.empty()) return verb.prompt;
  return read_file(verb.prompt_file == "-" ? "/dev/stdin" : verb.prompt_file);
}

}  // namespace

int run_generate(const GenerateVerb& verb) {
  LoadedModel model = load_model(verb.model, verb.tokenizer);
  Generator generator(*model.source, *model.tokenizer);
  const std::vector<TokenId> prompt = model.tokenizer->encode(prompt_of(verb));
  generator.constraint(
      constraint_of(verb, model.tokenizer, prompt_end(model.tokenizer->vocabulary(), prompt)));
  generator.step(step_options(verb))
      .sampler(SamplerChain::preset(filter_order(verb.order), verb.sampling))
      .particles({.count = verb.particles,
                  .ess_threshold = verb.ess_threshold,
                  .resampling = resampling_scheme(verb.resampling)})
      .forced(forced_tokens(verb.forced))
      .max_tokens(verb.max_tokens)
      .min_tokens(verb.min_tokens)
      .stop(verb.stop)
      .seed(verb.seed)
      .threads(verb.threads)
      .deadline_seconds(verb.deadline_seconds)
      .exact_budget(verb.exact_budget);
  Printer printer(verb);
  const bool weighs = verb.particles > 1 || verb.posterior;
  const bool streams = !verb.json && !weighs;
  if (streams) generator.on_text([&](std::string_view text) { printer.piece(text); });
  for (uint32_t run = 0; run < verb.runs; ++run) {
    // Runs are apart from each other: no stream is used twice.
    const uint64_t stream = uint64_t{run} * std::max<uint32_t>(verb.particles, 1);
    generator.stream(stream);
    if (!weighs) {
      printer.output(generator.generate(prompt), streams);
      continue;
    }
    const Posterior posterior = generator.posterior(prompt);
    if (verb.posterior) {
      printer.posterior(posterior);
    } else {
      printer.output(drawn(posterior, verb.seed, stream), false);
    }
  }
  return printer.finish();
}

}  // namespace tokrail::cli
