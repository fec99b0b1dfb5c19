// SamplerChain: samplers in an order, and the fast road for the chains that most users have.
//
// A chain of bias, penalties, temperature, top-k, top-p and min-p in the order of one of the known
// systems is not run at all: it is said to the fused kernel (sample_masked, RowDraws) as
// RowParameters and Adjustments, and the logits are read once. Any other chain is run on a copy of
// the row; an end of it that can be fused still is. Both give the same distribution; in the
// log-probabilities that the kernel reports, what was run on the copy has been done already.
//
//   SamplerChain chain = SamplerChain::preset(FilterOrder::kLlamaCpp, {.temperature = 0.8f, .top_k
//   = 40}); chain.add(make_dry({...})); const PreparedRow row = chain.prepare(logits, 0, history,
//   place); sample_masked({.logits = row.logits, .masks = masks, .adjustments = row.adjustments,
//   .parameters = &row.parameters}, result); chain.accept(result.token);
//
// Ownership: a prepared row refers to the chain's buffers (or to the source's row) until the next
// prepare; a copy of a chain is a clone. A row on a device can be prepared by a fused chain alone
// (is_fused), and its adjustments lie on the host. Thread safety: an object belongs to one sequence
// at a time. Errors: adding throws Error(kInvalidArgument) for parameters outside their range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "decoding/logits/sample_masked.h"
#include "decoding/samplers/sampler.h"

namespace tokrail {

/// The options that serving interfaces have; what is at its default does nothing.
struct SamplingOptions {
  float temperature = 1;  ///< 0: greedy
  uint32_t top_k = 0;
  float top_p = 1;
  float min_p = 0;
  float typical_p = 1;
  float epsilon_cutoff = 0;
  float eta_cutoff = 0;
  float top_n_sigma = 0;
  float top_h = 0;
  float xtc_probability = 0;
  float xtc_threshold = 0.1f;
  float dynamic_temperature_range = 0;  ///< temperature +- range by entropy
  float dynamic_temperature_exponent = 1;
  float repetition_penalty = 1;
  float frequency_penalty = 0;
  float presence_penalty = 0;
  int32_t penalty_window = 64;  ///< tokens that penalties look at; -1: all. kLlamaCpp alone
  float dry_multiplier = 0;
  float dry_base = 1.75f;
  uint32_t dry_allowed_length = 2;
  int32_t dry_window = -1;
  std::vector<std::vector<TokenId>> dry_breakers = {};
  uint32_t no_repeat_ngram = 0;
  int mirostat = 0;  ///< 1 or 2: in place of all truncation
  float mirostat_tau = 5;
  float mirostat_eta = 0.1f;
  std::vector<std::pair<TokenId, float>> logit_bias = {};
  std::vector<std::vector<TokenId>> banned = {};  ///< token sequences that must not be completed
  uint32_t min_tokens = 0;                        ///< no end id before so many
};

struct PreparedRow {
  LogitsView logits;  ///< one row
  AdjustmentsView adjustments;
  RowParameters parameters;  ///< seed, stream and position of the place are in it
};

class SamplerChain {
 public:
  /// No samplers: the model's own distribution.
  SamplerChain();
  ~SamplerChain();
  SamplerChain(const SamplerChain& other);  ///< clones
  SamplerChain& operator=(const SamplerChain& other);
  SamplerChain(SamplerChain&&) noexcept;
  SamplerChain& operator=(SamplerChain&&) noexcept;

  /// The samplers of `options` in the order of a known system.
  static SamplerChain preset(FilterOrder order, const SamplingOptions& options);
  SamplerChain& add(std::unique_ptr<Sampler> sampler);

  /// Row `row` of `logits` as a distribution.
  PreparedRow prepare(const LogitsView& logits, size_t row, const History& history,
                      std::span<const TokenId> end_ids, const DrawPlace& place) noexcept;
  void accept(TokenId id) noexcept;
  void reset() noexcept;

  bool is_prefix_function() const noexcept;
  /// Whether prepare() leaves the row as it is and says all in parameters.
  bool is_fused() const noexcept;
  /// Names in order, for reports.
  std::string describe() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
