#include "decoding/samplers/penalties.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "decoding/samplers/fused_sampler.h"

namespace tokrail {

namespace {

// Up to so many tokens are sorted; more are counted in an array over the vocabulary.
constexpr size_t kSortedTokens = 4096;

class Penalties final : public Adjuster {
 public:
  explicit Penalties(const PenaltyOptions& options) : options_(options) {}

  std::string_view name() const noexcept override { return "penalties"; }
  FusedStage stage() const noexcept override { return FusedStage::kPenalties; }
  void set_parameters(RowParameters& parameters) const noexcept override {
    parameters.repetition_penalty = options_.repetition;
    parameters.frequency_penalty = options_.frequency;
    parameters.presence_penalty = options_.presence;
  }
  void append_adjustments(size_t vocab, std::span<const TokenId>, const History& history,
                          std::vector<Adjustment>& to) override {
    const RecentTokens recent = recent_tokens(history, options_.window);
    recent.size() > kSortedTokens ? count(recent, vocab, to) : sort(recent, vocab, to);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<Penalties>(*this); }

 private:
  void add(TokenId token, bool is_output, std::vector<Adjustment>& to) const {
    Adjustment& entry = to.back();
    entry.token = token;
    ++entry.context;
    if (is_output || options_.count_prompt) ++entry.output;
  }

  void sort(const RecentTokens& recent, size_t vocab, std::vector<Adjustment>& to) {
    seen_.clear();
    for (const TokenId id : recent.prompt) seen_.push_back(uint64_t{id} << 1);
    for (const TokenId id : recent.output) seen_.push_back(uint64_t{id} << 1 | 1);
    std::sort(seen_.begin(), seen_.end());
    TokenId last = kNoToken;
    for (const uint64_t entry : seen_) {
      const auto id = static_cast<TokenId>(entry >> 1);
      if (id >= vocab) break;
      if (id != last) to.emplace_back();
      last = id;
      add(id, (entry & 1) != 0, to);
    }
  }

  void count(const RecentTokens& recent, size_t vocab, std::vector<Adjustment>& to) {
    context_.assign(vocab, 0);
    output_.assign(vocab, 0);
    for (const TokenId id : recent.prompt) {
      if (id >= vocab) continue;
      ++context_[id];
      if (options_.count_prompt) ++output_[id];
    }
    for (const TokenId id : recent.output) {
      if (id >= vocab) continue;
      ++context_[id];
      ++output_[id];
    }
    for (size_t id = 0; id < vocab; ++id) {
      if (context_[id] == 0) continue;
      to.push_back({.token = static_cast<TokenId>(id),
                    .bias = 0,
                    .context = context_[id],
                    .output = output_[id]});
    }
  }

  PenaltyOptions options_;
  std::vector<uint64_t> seen_;
  std::vector<uint32_t> context_, output_;
};

}  // namespace

std::unique_ptr<Sampler> make_penalties(const PenaltyOptions& options) {
  if (!(options.repetition > 0) || !std::isfinite(options.repetition) ||
      !std::isfinite(options.frequency) || !std::isfinite(options.presence)) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a repetition penalty above 0 and finite penalties");
  }
  return std::make_unique<Penalties>(options);
}

}  // namespace tokrail
