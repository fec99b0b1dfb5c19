// Sampler: one step of the road from a model's logits to a distribution.
//
// A sampler changes a row of logits: it adds to them (bias, penalties), scales them (temperature)
// or takes tokens out by writing -inf (top-k, top-p, typical, ...). A chain (sampler_chain.h) runs
// several in order. Samplers that look at what was generated so far get it as a History; those with
// a state of their own (mirostat) keep it, and clone() copies it, so that a clone and its original
// give equal streams from then on.
//
//   auto sampler = make_min_p(0.05f);
//   sampler->apply(row, history, draw);
//   sampler->accept(token);
//
// Shapes: a row is `vocab` logits on the host, -inf = out. Order of tokens: falling logit, then
// rising id. A sampler never takes out the last token. Complexity: O(vocab) by selection, never a
// full sort. Thread safety: an object belongs to one sequence at a time. Errors: makers throw
// Error(kInvalidArgument) for parameters outside their range; apply and accept never throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/random.h"
#include "decoding/logits/row_parameters.h"
#include "tokenizers/token_id.h"

namespace tokrail {

/// What stands before the row.
struct History {
  std::span<const TokenId> prompt;
  std::span<const TokenId> output;
};

/// Where randomness of a sampler comes from: the purpose is the sampler's own.
struct DrawPlace {
  uint64_t seed = 0;
  uint64_t stream = 0;
  uint32_t position = 0;
};

/// A row under way through a chain, with what samplers share so that nothing is summed twice.
struct SamplingRow {
  std::span<float> logits;
  std::span<const TokenId> end_ids;  ///< of the vocabulary, ascending
};

class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual std::string_view name() const noexcept = 0;
  virtual void apply(SamplingRow& row, const History& history, const DrawPlace& place) noexcept = 0;
  /// The token that was taken at this place.
  virtual void accept(TokenId) noexcept {}
  /// Forgets what was accepted.
  virtual void reset() noexcept {}
  virtual std::unique_ptr<Sampler> clone() const = 0;
  /// Whether the distribution is a function of the tokens before it alone: no randomness and no
  /// state that those do not determine. Weighted and exact modes need that.
  virtual bool is_prefix_function() const noexcept { return true; }

 protected:
  Sampler() = default;
  Sampler(const Sampler&) = default;
  Sampler& operator=(const Sampler&) = default;
};

}  // namespace tokrail
