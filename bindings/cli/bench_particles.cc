#include "bindings/cli/bench_particles.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "bindings/cli/exit_code.h"
#include "bindings/cli/model_choice.h"
#include "bindings/cli/standard_output.h"
#include "decoding/generate.h"
#include "grammar/constraints/grammar_constraint.h"
#include "tokenizers/canonical_encoder.h"

namespace tokrail::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Rate {
  double steps = 0;    ///< of all particles
  double seconds = 0;  ///< without the model
  double model_seconds = 0;
  double tests = 0;
  uint32_t resamplings = 0;
};

Rate rate_of(const Posterior& posterior, double seconds) {
  Rate rate;
  for (const Generation& particle : posterior.particles) {
    rate.steps += static_cast<double>(particle.ids.size());
    rate.tests += static_cast<double>(particle.statistics.tests);
    rate.model_seconds = std::max(rate.model_seconds, particle.statistics.model_seconds);
  }
  rate.seconds = seconds - rate.model_seconds;
  rate.resamplings = posterior.resamplings;
  return rate;
}

bool fits(const Posterior& posterior, const Constraint& start) {
  return std::ranges::all_of(posterior.particles, [&](const Generation& particle) {
    return start.fork()->validate(particle.ids) == particle.ids.size();
  });
}

bool same(const Posterior& a, const Posterior& b) {
  return a.log_weights == b.log_weights &&
         std::ranges::equal(a.particles, b.particles, {}, &Generation::ids, &Generation::ids);
}

}  // namespace

int run_bench_particles(const BenchParticlesVerb& verb) {
  LoadedModel model = load_model(verb.model, verb.tokenizer);
  const GrammarConstraint start(load_compiled(verb.grammar, model.tokenizer));
  StandardOutput out;
  bool right = true;
  for (const StepMode mode : {StepMode::kMask, StepMode::kRejectWeighted, StepMode::kAdaptive}) {
    std::vector<Rate> rates;
    bool good = true;
    for (uint32_t run = 0; run < verb.runs; ++run) {
      Generator generator(*model.source, *model.tokenizer);
      generator.constraint(start.fork())
          .mode(mode)
          .particles({.count = verb.particles})
          .max_tokens(verb.max_tokens)
          .threads(verb.threads)
          .seed(run);
      const Posterior unused = generator.posterior(verb.prompt);  // states and masks are found
      const auto begin = Clock::now();
      const Posterior posterior = generator.posterior(verb.prompt);
      const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      rates.push_back(rate_of(posterior, seconds));
      good = good && same(posterior, unused) && fits(posterior, start);
    }
    std::ranges::nth_element(rates, rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2),
                             {}, [](const Rate& rate) { return rate.steps / rate.seconds; });
    const Rate& rate = rates[rates.size() / 2];
    char line[400];
    std::snprintf(line, sizeof line,
                  verb.json ? "{\"mode\":\"%s\",\"particle_steps_per_second\":%.0f,\"steps\":%.0f,"
                              "\"seconds\":%.6f,\"model_seconds\":%.6f,\"tests_per_step\":%.2f,"
                              "\"right\":%s}\n"
                            : "%-16s %9.0f steps/s of particles  (%.0f steps, %.3f s, model %.3f "
                              "s more, %.1f tests a step)%s\n",
                  step_mode_name(mode).data(), rate.steps / rate.seconds, rate.steps, rate.seconds,
                  rate.model_seconds, rate.tests / rate.steps,
                  verb.json ? (good ? "true" : "false") : (good ? "" : "  WRONG"));
    out.write(line);
    right = right && good;
  }
  out.flush();
  return right ? kOk : kNo;
}

}  // namespace tokrail::cli
