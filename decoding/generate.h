// Generator: from a prompt to a text, the one loop of decoding.
//
//   text ──► tokenizer ──► ids ──► source ──► logits ─┐
//                                                     ├─► step ──► next id ──► tokenizer ──► text
//                               constraint ───────────┘
//
// Every way of decoding is this loop with other parts: the source of logits, the constraint, the
// chain of samplers, the mode of a step, and the number of particles that go side by side.
//
//   Generator generator(source, tokenizer);
//   generator.constraint(std::make_unique<GrammarConstraint>(compiled))
//       .sampler(SamplerChain::preset(FilterOrder::kLlamaCpp, {.temperature = 0.8f}))
//       .mode(StepMode::kAdaptive)
//       .seed(7);
//   const Generation one = generator.generate("{\"name\":");
//   const Posterior all = generator.particles({.count = 16}).posterior("{\"name\":");
//
// Randomness: run i of a request draws on stream `stream + i`; equal seeds, streams and prompts
// give equal outputs for any number of threads and any batch (of a source that is batch invariant).
// Complexity: one evaluation of the source per token, for all that go side by side together.
// Thread safety: an object belongs to one thread at a time. Ownership: the source and the
// tokenizer are borrowed and must outlive it. Errors: setters throw Error(kInvalidArgument) for
// what cannot be (a vocabulary that is not the constraint's, a chain that a weighted mode cannot
// take); what goes wrong on the way is the status of an output, which keeps what it has.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decoding/models/logit_source.h"
#include "decoding/rejection/step_sampler.h"
#include "decoding/samplers/sampler_chain.h"
#include "decoding/smc/resampling.h"
#include "grammar/constraint.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

enum class GenerationStatus : uint8_t {
  kComplete,         ///< an end was chosen, nothing could follow, or a stop string came
  kLength,           ///< max_tokens or the source's context was full before the text was complete
  kStopped,          ///< a stop string came where the constraint was not complete
  kDeadEnd,          ///< the constraint and the filters left nothing
  kBudgetExhausted,  ///< exact mode, or the constraint, reached its limit of work
  kCancelled,        ///< by the flag or the deadline
  kError,            ///< see Generation::error
};
std::string_view generation_status_name(GenerationStatus status) noexcept;

struct GenerationStatistics {
  uint32_t model_calls = 0;    ///< evaluations of the source that this output waited for
  uint32_t skipped_calls = 0;  ///< tokens that needed none, because only one was allowed
  uint64_t tests = 0;          ///< calls of Constraint::allows
  uint32_t masks = 0;          ///< steps that made a mask
  uint32_t attempts = 1;       ///< whole sequences tried (exact mode)
  double explored = 0;         ///< sum over steps of the mass tested
  double seconds = 0;
  double model_seconds = 0;
};

struct Generation {
  GenerationStatus status = GenerationStatus::kComplete;
  std::vector<TokenId> ids;  ///< what was generated, the end id included
  std::string text;          ///< of the ids, the end id and a stop string left out
  std::string stop;          ///< the stop string that came, if one did
  double log_weight = 0;     ///< of the weighted modes: sum over steps; 0 else
  double log_prob = 0;       ///< of the ids in the chain's distribution, constraints left out
  std::string error;
  GenerationStatistics statistics;
};

struct ParticleOptions {
  uint32_t count = 16;
  double ess_threshold = 0.5;  ///< resample when the effective number is below this part; 0: never
  Resampling resampling = Resampling::kStratified;
};

/// Judges texts under way, for twisting: log of a factor, -infinity to end the particle.
class Critic {
 public:
  virtual ~Critic() = default;
  /// out[i] for each text; `complete[i]` tells that text i is ended. All at once, so that a model
  /// can judge them in a batch.
  virtual void score(std::span<const std::string_view> texts, std::span<const uint8_t> complete,
                     std::span<double> out) = 0;
};

struct PosteriorOutput {
  std::string text;
  std::vector<TokenId> ids;  ///< of the first particle that has this text
  double probability = 0;    ///< sum of the normalised weights of equal texts
  uint32_t particles = 0;
  GenerationStatus status = GenerationStatus::kComplete;
};

struct Posterior {
  std::vector<PosteriorOutput> outputs;  ///< distinct, by falling probability
  std::vector<Generation> particles;
  std::vector<double> log_weights;  ///< one per particle, at the end
  double log_evidence = 0;          ///< log of the estimate of the total mass (unbiased in Z)
  double effective_particles = 0;   ///< (sum w)^2 / sum w^2 at the end
  uint32_t resamplings = 0;
};

/// What to do where the text can only go on in one way.
enum class ForcedTokens : uint8_t {
  kAskModel,  ///< nothing special
  /// Exactly one token allowed: taken without a call of its own. With weights a run of such tokens
  /// is scored by one evaluation of the chain, and its probabilities are the weights. Not in exact.
  kSkipModel,
  kCanonical,  ///< forced bytes as the tokenizer writes them, in one go; changes the law
};

class Generator {
 public:
  Generator(LogitSource& source, const Tokenizer& tokenizer);
  ~Generator();
  Generator(Generator&&) noexcept;
  Generator& operator=(Generator&&) noexcept;

  /// Forked at the start of every run. Null: none.
  Generator& constraint(std::unique_ptr<Constraint> constraint);
  Generator& sampler(SamplerChain chain);
  Generator& mode(StepMode mode);
  Generator& step(const StepOptions& options);
  Generator& particles(const ParticleOptions& options);
  Generator& critic(std::shared_ptr<Critic> critic);
  Generator& forced(ForcedTokens forced);
  Generator& max_tokens(uint32_t count);
  Generator& min_tokens(uint32_t count);
  Generator& stop(std::vector<std::string> strings);
  Generator& seed(uint64_t seed);
  Generator& stream(uint64_t stream);
  Generator& threads(int threads);
  Generator& deadline_seconds(double seconds);  ///< per call of generate; 0: none
  Generator& cancel(const std::atomic<bool>* flag);
  /// Tokens of the exact mode in all attempts together; 0: a million.
  Generator& exact_budget(uint64_t tokens);
  /// Called with each piece of text that is certain, in order; for generate() only.
  Generator& on_text(std::function<void(std::string_view)> callback);

  Generation generate(std::string_view prompt);
  Generation generate(std::span<const TokenId> prompt);
  /// Independent runs side by side, on streams stream, stream + 1, ...
  std::vector<Generation> generate_n(std::string_view prompt, size_t count);
  std::vector<Generation> generate_n(std::span<const TokenId> prompt, size_t count);
  /// Particles with weights, resampled on the way (sequential Monte Carlo).
  Posterior posterior(std::string_view prompt);
  Posterior posterior(std::span<const TokenId> prompt);
  /// log p of each prompt token given those before it, in the model's own distribution.
  std::vector<double> prompt_log_probs(std::span<const TokenId> prompt);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
