#include "bindings/cli/sequence_checks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bindings/cli/sequence_oracle.h"
#include "decoding/generate.h"

namespace tokrail::cli {
namespace {

constexpr uint32_t kParticles = 10000;

class SequenceChecks {
 public:
  SequenceChecks(SequenceCase sequence_case, const CheckSizes& sizes)
      : oracle_(std::move(sequence_case)), case_(oracle_.sequence_case()), sizes_(sizes) {
    report_.id = case_.id;
  }

  CaseReport run() {
    masses();
    entries();
    if (oracle_.valid().empty()) return std::move(report_);
    report_.lines.push_back("Z " + short_number(oracle_.mass(), 6) + ", " +
                            std::to_string(oracle_.valid().size()) + " sequences");
    StepOptions options;
    options.mode = StepMode::kMask;
    weighted("mask", options);
    options.mode = StepMode::kRejectWeighted;
    weighted("reject_weighted", options);
    options.mode = StepMode::kAdaptive;
    weighted("adaptive", options);
    for (const Resampling scheme :
         {Resampling::kMultinomial, Resampling::kResidual, Resampling::kSystematic,
          Resampling::kStratified, Resampling::kSteer})
      particles(scheme);
    exact();
    return std::move(report_);
  }

 private:
  /// Sums over all sequences against those of the file.
  void masses() {
    const double count = static_cast<double>(oracle_.valid().size());
    if (case_.valid_sequences)
      report_.near("valid sequences", count, static_cast<double>(*case_.valid_sequences), 0);
    if (case_.mass) report_.near("Z", oracle_.mass(), *case_.mass, 1e-12);
    for (const FutureMass& known : case_.future) {
      report_.near("expected future validity of a prefix of " +
                       std::to_string(known.prefix.size()) + " tokens",
                   oracle_.future(known.prefix), known.mass, 1e-12);
    }
    double tv = 0;
    double squares = 0;
    for (const ValidSequence& sequence : oracle_.valid()) {
      const double local = oracle_.local(sequence.ids);
      tv += std::fabs(local - sequence.global) / 2;
      if (local > 0) squares += sequence.prob * sequence.prob / local;
    }
    if (case_.local_tv) report_.near("TV of masking alone", tv, *case_.local_tv, 1e-12);
    ess_ = squares > 0 ? oracle_.mass() * oracle_.mass() / squares : 0;
    if (case_.ess_fraction) report_.near("ESS / N in the limit", ess_, *case_.ess_fraction, 1e-12);
    if (case_.tests_per_sequence)
      report_.near("tests per sequence", oracle_.expected_tests(), *case_.tests_per_sequence, 1e-9);
  }

  void entries() {
    for (const PosteriorEntry& entry : case_.entries) {
      const int64_t index = oracle_.index_of(entry.ids);
      const double global = index < 0 ? 0 : oracle_.valid()[static_cast<size_t>(index)].global;
      const double prob = index < 0 ? 0 : oracle_.valid()[static_cast<size_t>(index)].prob;
      const double local = oracle_.local(entry.ids);
      report_.near("posterior of a sequence", global, entry.global, 1e-12);
      report_.near("probability of a sequence under masks", local, entry.local, 1e-12);
      report_.near("weight of a sequence", local > 0 ? prob / local : 0, entry.weight, 1e-12);
    }
    std::map<std::string, double> marginal;
    for (const ValidSequence& sequence : oracle_.valid()) {
      std::string text;
      for (const TokenId id : sequence.ids)
        if (id != case_.end) text += case_.tokens[id];
      marginal[text] += sequence.global;
    }
    for (const auto& [text, probability] : case_.text_marginal) {
      auto found = marginal.find(text);
      if (found == marginal.end()) found = marginal.find(latin1_bytes(text).value_or(text));
      report_.near("probability of a text", found == marginal.end() ? 0 : found->second,
                   probability, 1e-12);
    }
  }

  /// Mean over runs, because the distance of one run varies by more than the bar leaves.
  void weighted(const std::string& name, const StepOptions& options) {
    const auto runs = static_cast<uint32_t>(std::max<uint64_t>(sizes_.draws / kParticles, 1));
    WeightedSample mean;
    double errors = 0;
    for (uint32_t run = 0; run < runs; ++run) {
      const WeightedSample one =
          oracle_.weighted_sample(options, kParticles, sizes_.seed * 1000 + run);
      mean.mass += one.mass / runs;
      errors += one.mass_error * one.mass_error;
      mean.total_variation += one.total_variation / runs;
      mean.effective += one.effective / runs;
      mean.tests += one.tests / runs;
    }
    const double error = std::sqrt(errors) / runs;
    const auto expected = case_.expected_tv.find(kParticles);
    report_.near(name + ": Z-hat without resampling", mean.mass, oracle_.mass(),
                 4 * error + 2e-6 * oracle_.mass());
    if (expected != case_.expected_tv.end() && runs >= 10)
      report_.at_most(name + ": TV of 10000 weighted", mean.total_variation,
                      1.5 * expected->second);
    if (options.mode == StepMode::kMask)
      report_.near(name + ": ESS / N", mean.effective, ess_, 0.1 * ess_);
    report_.lines.push_back(
        "  " + name + ": TV " + short_number(mean.total_variation, 3) +
        (expected == case_.expected_tv.end() ? std::string()
                                             : " (" + short_number(expected->second, 3) + ')') +
        ", ESS/N " + short_number(mean.effective, 3) + " (" + short_number(ess_, 3) + "), Z-hat " +
        short_number(mean.mass, 6) + ", tests " + short_number(mean.tests, 4));
  }

  Generator generator(LogitSource& source, const Tokenizer& tokenizer) const {
    Generator result(source, tokenizer);
    result.constraint(oracle_.constraint())
        .max_tokens(static_cast<uint32_t>(case_.max_tokens))
        .threads(1);
    return result;
  }

  /// Particles with resampling: the estimate of Z has to be right on average.
  void particles(Resampling scheme) {
    const Tokenizer tokenizer = oracle_.tokenizer();
    const std::unique_ptr<TableSource> source = oracle_.source();
    Generator generator = this->generator(*source, tokenizer);
    generator.mode(StepMode::kAdaptive)
        .particles({.count = 32, .ess_threshold = 0.5, .resampling = scheme});
    const auto runs = static_cast<uint32_t>(std::clamp<uint64_t>(sizes_.draws / 500, 40, 400));
    double sum = 0;
    double squares = 0;
    double effective = 0;
    double resamplings = 0;
    for (uint32_t run = 0; run < runs; ++run) {
      generator.seed(sizes_.seed * 1000 + run);
      const Posterior posterior = generator.posterior(std::span<const TokenId>{});
      const double mass = std::exp(posterior.log_evidence);
      sum += mass;
      squares += mass * mass;
      effective += posterior.effective_particles / 32 / runs;
      resamplings += static_cast<double>(posterior.resamplings) / runs;
    }
    const double mean = sum / runs;
    const double error = std::sqrt(std::max(squares / runs - mean * mean, 0.0) / runs);
    const std::string name(resampling_name(scheme));
    report_.near(name + ": Z-hat of 32 particles", mean, oracle_.mass(),
                 4 * error + 2e-6 * oracle_.mass());
    report_.lines.push_back("  32 particles, " + name + ": Z-hat " + short_number(mean, 6) +
                            ", ESS/N " + short_number(effective, 3) + ", resampled " +
                            short_number(resamplings, 3) + " times");
  }

  void exact() {
    const Tokenizer tokenizer = oracle_.tokenizer();
    const std::unique_ptr<TableSource> source = oracle_.source();
    Generator generator = this->generator(*source, tokenizer);
    generator.mode(StepMode::kExact).seed(sizes_.seed);
    ExactSample sample;
    sample.counts.assign(oracle_.valid().size(), 0);
    const uint64_t count = std::max<uint64_t>(sizes_.draws / 2, 1);
    uint64_t incomplete = 0;
    constexpr uint64_t kAtOnce = 1000;
    for (uint64_t done = 0; done < count; done += kAtOnce) {
      generator.stream(done);
      for (const Generation& output :
           generator.generate_n(std::span<const TokenId>{}, std::min(kAtOnce, count - done))) {
        const int64_t index = oracle_.index_of(output.ids);
        sample.attempts += output.statistics.attempts;
        if (index >= 0 && output.status == GenerationStatus::kComplete)
          ++sample.counts[static_cast<size_t>(index)];
        else
          ++incomplete;
      }
    }
    report_.near("exact: outputs that are no valid sequence", static_cast<double>(incomplete), 0,
                 0);
    oracle_.judge(sample);
    report_.at_most("exact: 1e-4 against the p-value of chi-square", 1e-4, sample.p_value);
    report_.lines.push_back(
        "  exact: " + std::to_string(count) + " samples, TV " +
        short_number(sample.total_variation, 3) + ", chi-square " +
        short_number(sample.chi_square, 4) + " of " + std::to_string(sample.cells) + " cells, p " +
        short_number(sample.p_value, 3) + ", " +
        short_number(static_cast<double>(sample.attempts) / static_cast<double>(count), 4) +
        " attempts each");
  }

  SequenceOracle oracle_;
  const SequenceCase& case_;
  CheckSizes sizes_;
  CaseReport report_;
  double ess_ = 0;
};

}  // namespace

CaseReport check_sequence_case(SequenceCase sequence_case, const CheckSizes& sizes) {
  return SequenceChecks(std::move(sequence_case), sizes).run();
}

}  // namespace tokrail::cli
