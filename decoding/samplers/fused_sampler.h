// Samplers that sample_masked can do itself: they say what they do as parameters of the row and as
// adjustments of single tokens. Internal to the samplers.
#pragma once

#include <span>
#include <vector>

#include "decoding/logits/logits_view.h"
#include "decoding/samplers/sampler.h"

namespace tokrail {

enum class FusedStage : uint8_t { kBan, kBias, kPenalties, kTemperature, kTopK, kTopP, kMinP };

class FusedSampler : public Sampler {
 public:
  virtual FusedStage stage() const noexcept = 0;
  virtual void set_parameters(RowParameters&) const noexcept {}
  /// Appends adjustments in rising order of token, none beyond `vocab`.
  virtual void append_adjustments(size_t /*vocab*/, std::span<const TokenId> /*end_ids*/,
                                  const History& /*history*/, std::vector<Adjustment>& /*to*/) {}
};

/// A sampler of single tokens: what is not fused runs the same adjustments on the row.
class Adjuster : public FusedSampler {
 public:
  void apply(SamplingRow& row, const History& history, const DrawPlace& place) noexcept override;

 private:
  std::vector<Adjustment> entries_;
};

/// Sorts adjustments by token and makes one of several of a token.
void merge_adjustments(std::vector<Adjustment>& entries);

/// The last `window` tokens of prompt and output, all for a negative window.
struct RecentTokens {
  std::span<const TokenId> prompt, output;
  size_t size() const noexcept { return prompt.size() + output.size(); }
  /// i-th from the end.
  TokenId from_end(size_t i) const noexcept {
    return i < output.size() ? output[output.size() - 1 - i]
                             : prompt[prompt.size() - 1 - (i - output.size())];
  }
};
RecentTokens recent_tokens(const History& history, int64_t window) noexcept;

}  // namespace tokrail
