#include "decoding/samplers/bias.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "decoding/samplers/fused_sampler.h"

namespace tokrail {

namespace {

class LogitBias final : public Adjuster {
 public:
  explicit LogitBias(std::vector<Adjustment> entries) : entries_(std::move(entries)) {}

  std::string_view name() const noexcept override { return "logit_bias"; }
  FusedStage stage() const noexcept override { return FusedStage::kBias; }
  void append_adjustments(size_t vocab, std::span<const TokenId>, const History&,
                          std::vector<Adjustment>& to) override {
    for (const Adjustment& entry : entries_) {
      if (entry.token >= vocab) break;
      to.push_back(entry);
    }
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<LogitBias>(*this); }

 private:
  std::vector<Adjustment> entries_;
};

}  // namespace

std::unique_ptr<Sampler> make_logit_bias(std::span<const std::pair<TokenId, float>> biases) {
  std::vector<Adjustment> entries;
  entries.reserve(biases.size());
  for (const auto& [token, bias] : biases) {
    if (std::isnan(bias) || bias == std::numeric_limits<float>::infinity()) {
      throw Error(
          ErrorCode::kInvalidArgument,
          "expected the bias of token " + std::to_string(token) + " to be a number or -inf");
    }
    entries.push_back({.token = token, .bias = bias});
  }
  merge_adjustments(entries);
  return std::make_unique<LogitBias>(std::move(entries));
}

}  // namespace tokrail
