#include "tokenizers/training/morph_estimation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/utf8.h"
#include "tokenizers/training/reading_graphs.h"

namespace tokrail {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

struct NamedOption {
  std::string_view name;
  double MorphEstimationOptions::*member;
};

constexpr NamedOption kOptions[] = {
    {"count_power", &MorphEstimationOptions::count_power},
    {"lexeme_prior", &MorphEstimationOptions::lexeme_prior},
    {"prior_length", &MorphEstimationOptions::prior_length},
    {"length_decay", &MorphEstimationOptions::length_decay},
    {"proper_prior", &MorphEstimationOptions::proper_prior},
    {"step_prior", &MorphEstimationOptions::step_prior},
    {"end_prior", &MorphEstimationOptions::end_prior},
    {"number_prior", &MorphEstimationOptions::number_prior},
    {"unknown_prior", &MorphEstimationOptions::unknown_prior},
    {"unknown_penalty", &MorphEstimationOptions::unknown_penalty},
    {"unknown_letter", &MorphEstimationOptions::unknown_letter},
    {"join_cost", &MorphEstimationOptions::join_cost},
};

void check(const MorphEstimationOptions& options) {
  const auto refuse = [](std::string_view name, const char* expected) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected " + std::string(name) + " to be " + expected);
  };
  for (const NamedOption& option : kOptions) {
    const double value = options.*option.member;
    if (!std::isfinite(value)) refuse(option.name, "a finite number");
    const bool is_prior = option.name.ends_with("_prior");
    if (is_prior && value <= 0) refuse(option.name, "above 0");
    if (value < 0) refuse(option.name, "0 or more");
  }
  if (options.count_power > 1) refuse("count_power", "at most 1");
}

MorphCost to_cost(double log_p) {
  const double cost = std::round(-log_p * MorphCosts::kUnit);
  return static_cast<MorphCost>(std::clamp(cost, 0.0, 65535.0));
}

class Estimator {
 public:
  Estimator(std::shared_ptr<const Language> language, const WordCounts& words,
            const MorphEstimationOptions& options)
      : language_(std::move(language)),
        words_(words),
        options_(options),
        graphs_(language_, words,
                {options.unknown_penalty, options.unknown_letter, options.join_cost}),
        parameters_(graphs_.parameters()),
        prior_(parameters_.count(), 0.0) {}

  MorphEstimation run() {
    set_start_priors();
    set_step_priors();
    for (uint32_t i = 0; i < parameters_.unknown_states; ++i) {
      prior_[parameters_.unknown_state(i)] = options_.unknown_prior;
    }
    std::vector<double> counts(parameters_.count(), 0.0);
    maximise(counts);
    for (size_t i = 0; i < options_.iterations; ++i) {
      report(i);
      result_.objective.push_back(count_readings(counts) + log_prior());
      maximise(counts);
    }
    report(options_.iterations);
    result_.lexeme_counts.assign(counts.begin(), counts.begin() + parameters_.lexemes);
    set_costs();
    return std::move(result_);
  }

 private:
  void report(size_t done) const {
    throw_if_stopped(options_.stop);
    if (options_.progress) {
      options_.progress({TrainingStage::kEstimating, done, options_.iterations});
    }
  }

  void set_start_priors() {
    for (FormId id = 0; id < language_->form_count(); ++id) {
      const StemForm form = language_->form(id);
      const double length = static_cast<double>(count_code_points(form.text));
      double prior = options_.lexeme_prior *
                     std::exp(-options_.length_decay * (length - options_.prior_length));
      if (form.proper || form.upper) prior *= options_.proper_prior;
      for (uint32_t i = 0; i < form.lexeme_count; ++i) {
        prior_[parameters_.lexeme(form.first_lexeme + i)] = std::max(prior, 1e-9);
      }
    }
    prior_[parameters_.unknown()] = options_.unknown_prior;
    prior_[parameters_.number()] = options_.number_prior;
  }

  /// Steps that the graph allows, found by walking it from all places where words begin. A step
  /// from a class counts where any state that the class leads to has it.
  void set_step_priors() {
    const size_t states = language_->state_count();
    std::vector<uint8_t> seen(states * parameters_.classes.count, 0);
    std::vector<std::pair<MorphState, MorphClass>> open;
    const auto reach = [&](MorphState state, MorphClass morph_class) {
      uint8_t& mark = seen[state * parameters_.classes.count + morph_class];
      if (!mark) open.emplace_back(state, morph_class);
      mark = 1;
    };
    for (LexemeId id = 0; id < language_->lexeme_count(); ++id) {
      const Lexeme lexeme = language_->lexeme(id);
      reach(lexeme.state, parameters_.classes.of_pos(lexeme.pos));
    }
    for (const MorphState state : language_->unknown_states()) {
      reach(state, parameters_.classes.unknown());
    }
    if (language_->numeral_state() != Language::kNoState) {
      reach(language_->numeral_state(), parameters_.classes.number());
    }
    while (!open.empty()) {
      const auto [state, from] = open.back();
      open.pop_back();
      if (language_->is_final(state)) {
        prior_[parameters_.step(from, parameters_.classes.end())] = options_.end_prior;
      }
      for (const MorphArc& arc : language_->arcs(state)) {
        const MorphClass to = parameters_.classes.of_suffix(arc.suffix);
        prior_[parameters_.step(from, to)] = options_.step_prior;
        reach(arc.to, to);
      }
    }
    // Numbers and stems in no lexicon may always be a whole word.
    for (const MorphClass from : {parameters_.classes.number(), parameters_.classes.unknown()}) {
      prior_[parameters_.step(from, parameters_.classes.end())] = options_.end_prior;
    }
  }

  /// The E step: replaces `counts`, returns the log likelihood of the weighted words.
  double count_readings(std::vector<double>& counts) {
    constexpr size_t kParts = ReadingGraphs::kParts;
    std::vector<std::vector<double>> part_counts(kParts);
    std::vector<double> part_sums(kParts, 0.0), part_words(kParts, 0.0);
    const auto count_part = [&](size_t part, size_t) {
      part_counts[part].assign(parameters_.count(), 0.0);
      ForwardBackwardScratch scratch;
      graphs_.for_each_word(part, [&](size_t word, const ReadingGraph& graph) {
        if (word % 256 == 0) throw_if_stopped(options_.stop);
        const double weight =
            std::pow(static_cast<double>(words_.counts[word]), options_.count_power);
        const double log_p = add_expected_counts(graph, log_, weight, scratch, part_counts[part]);
        if (log_p == kNever) return;
        part_sums[part] += weight * log_p;
        part_words[part] += weight;
      });
    };
    parallel_for(0, kParts, 1, count_part, options_.threads);
    std::fill(counts.begin(), counts.end(), 0.0);
    double sum = 0;
    result_.words = 0;
    for (size_t part = 0; part < kParts; ++part) {
      for (size_t i = 0; i < counts.size(); ++i) counts[i] += part_counts[part][i];
      sum += part_sums[part];
      result_.words += part_words[part];
    }
    return sum;
  }

  /// The M step: every group of parameters by its counts and pseudo-counts.
  void maximise(const std::vector<double>& counts) {
    log_.resize(parameters_.count());
    maximise_group(counts, 0, parameters_.start_end());
    for (MorphClass from = 0; from < parameters_.classes.count; ++from) {
      maximise_group(counts, parameters_.step(from, 0),
                     parameters_.step(from, 0) + parameters_.classes.count);
    }
    maximise_group(counts, parameters_.unknown_state(0), parameters_.count());
  }

  void maximise_group(const std::vector<double>& counts, size_t begin, size_t end) {
    double total = 0;
    for (size_t i = begin; i < end; ++i) total += counts[i] + prior_[i];
    for (size_t i = begin; i < end; ++i) {
      const double count = counts[i] + prior_[i];
      log_[i] = count > 0 ? std::log(count / total) : kNever;
    }
  }

  double log_prior() const {
    double sum = 0;
    for (size_t i = 0; i < prior_.size(); ++i) {
      if (prior_[i] > 0) sum += prior_[i] * log_[i];
    }
    return sum;
  }

  void set_costs() {
    MorphCosts& costs = result_.costs;
    const auto cost = [&](uint32_t parameter) {
      return static_cast<uint16_t>(to_cost(log_[parameter]));
    };
    costs.lexemes.resize(parameters_.lexemes);
    for (LexemeId id = 0; id < parameters_.lexemes; ++id) {
      costs.lexemes[id] = cost(parameters_.lexeme(id));
    }
    const size_t classes = parameters_.classes.count;
    costs.steps.resize(classes * classes);
    for (size_t i = 0; i < costs.steps.size(); ++i) {
      costs.steps[i] = cost(parameters_.step(0, 0) + static_cast<uint32_t>(i));
    }
    costs.unknown_stem =
        static_cast<uint16_t>(to_cost(log_[parameters_.unknown()] - options_.unknown_penalty));
    costs.unknown_letter = static_cast<uint16_t>(to_cost(-options_.unknown_letter));
    for (uint32_t i = 0; i < parameters_.unknown_states; ++i) {
      costs.unknown_states.push_back(cost(parameters_.unknown_state(i)));
    }
    costs.number = cost(parameters_.number());
    costs.join = static_cast<uint16_t>(to_cost(-options_.join_cost));
  }

  std::shared_ptr<const Language> language_;
  const WordCounts& words_;
  const MorphEstimationOptions& options_;
  ReadingGraphs graphs_;
  const ReadingParameters& parameters_;
  std::vector<double> prior_;  // pseudo-counts; 0: never
  std::vector<double> log_;    // logarithms of the parameters
  MorphEstimation result_;
};

}  // namespace

void set_estimation_option(MorphEstimationOptions& options, std::string_view name, double value) {
  std::string names;
  for (const NamedOption& option : kOptions) {
    if (option.name == name) {
      options.*option.member = value;
      return;
    }
    names += (names.empty() ? "" : ", ") + std::string(option.name);
  }
  throw Error(ErrorCode::kInvalidArgument,
              "expected one of " + names + "; found " + std::string(name));
}

MorphEstimation estimate_morph_costs(std::shared_ptr<const Language> language,
                                     const WordCounts& words,
                                     const MorphEstimationOptions& options) {
  check(options);
  return Estimator(std::move(language), words, options).run();
}

}  // namespace tokrail
