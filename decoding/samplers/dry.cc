#include "decoding/samplers/dry.h"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "decoding/samplers/fused_sampler.h"
#include "decoding/samplers/suffix_repeats.h"

namespace tokrail {

namespace {

constexpr double kLargest = std::numeric_limits<float>::max();
constexpr double kLogOfLargest = 88.7228391;

class Dry final : public Adjuster {
 public:
  explicit Dry(DryOptions options) : options_(std::move(options)) {
    std::sort(options_.breakers.begin(), options_.breakers.end());
    for (const std::vector<TokenId>& breaker : options_.breakers) {
      heads_.set(breaker.front() % heads_.size());
    }
    if (options_.base > 1.000001f) {
      max_exponent_ = static_cast<uint32_t>(kLogOfLargest / std::log(double{options_.base}));
    }
  }

  std::string_view name() const noexcept override { return "dry"; }
  FusedStage stage() const noexcept override { return FusedStage::kBias; }
  void append_adjustments(size_t vocab, std::span<const TokenId>, const History& history,
                          std::vector<Adjustment>& to) override {
    const RecentTokens recent = recent_tokens(history, options_.window);
    if (options_.multiplier == 0 || recent.size() <= options_.allowed_length) return;
    const size_t limit = tokens_behind_breaker(recent);
    if (limit < options_.allowed_length) return;
    repeats_.find(recent);
    found_.clear();
    for (size_t k = 1; k < recent.size(); ++k) {
      const size_t length = std::min<size_t>(repeats_.lengths[k], limit);
      if (length < options_.allowed_length) continue;
      const TokenId next = repeats_.reversed[k - 1];
      if (next < vocab) found_.emplace_back(next, static_cast<uint32_t>(length));
    }
    append_longest(to);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<Dry>(*this); }

 private:
  using Breakers = std::vector<std::vector<TokenId>>;

  /// The breakers that begin with `head`, a range of the sorted list.
  std::pair<Breakers::const_iterator, Breakers::const_iterator> breakers_of(TokenId head) const {
    const Breakers& all = options_.breakers;
    if (!heads_.test(head % heads_.size())) return {all.end(), all.end()};
    const auto begin = std::partition_point(all.begin(), all.end(),
                                            [&](const auto& b) { return b.front() < head; });
    const auto end =
        std::partition_point(begin, all.end(), [&](const auto& b) { return b.front() == head; });
    return {begin, end};
  }

  /// How many tokens stand behind the last whole breaker.
  size_t tokens_behind_breaker(const RecentTokens& recent) const {
    for (size_t i = 0; i < recent.size(); ++i) {
      const auto [begin, end] = breakers_of(recent.from_end(i));
      size_t longest = 0;
      for (auto breaker = begin; breaker != end; ++breaker) {
        if (breaker->size() > longest && stands_at(*breaker, recent, i)) longest = breaker->size();
      }
      if (longest > 0) return i + 1 - longest;
    }
    return recent.size();
  }

  static bool stands_at(const std::vector<TokenId>& breaker, const RecentTokens& recent, size_t i) {
    if (breaker.size() > i + 1) return false;
    for (size_t j = 0; j < breaker.size(); ++j) {
      if (breaker[j] != recent.from_end(i - j)) return false;
    }
    return true;
  }

  bool is_single_breaker(TokenId token) const {
    const auto [begin, end] = breakers_of(token);
    return begin != end && begin->size() == 1;  // the shortest comes first
  }

  void append_longest(std::vector<Adjustment>& to) {
    std::sort(found_.begin(), found_.end());
    for (size_t i = 0; i < found_.size(); ++i) {
      const auto [token, length] = found_[i];
      if (i + 1 < found_.size() && found_[i + 1].first == token) continue;
      if (is_single_breaker(token)) continue;
      uint32_t exponent = length - options_.allowed_length;
      if (max_exponent_ > 0) exponent = std::min(exponent, max_exponent_);
      const double penalty = options_.multiplier * std::pow(double{options_.base}, exponent);
      to.push_back({.token = token, .bias = -static_cast<float>(std::min(penalty, kLargest))});
    }
  }

  DryOptions options_;
  std::bitset<4096> heads_;  // of breakers, by their low bits
  uint32_t max_exponent_ = 0;
  SuffixRepeats repeats_;
  std::vector<std::pair<TokenId, uint32_t>> found_;
};

}  // namespace

std::unique_ptr<Sampler> make_dry(DryOptions options) {
  if (!(options.multiplier >= 0) || !std::isfinite(options.multiplier) || !(options.base >= 1) ||
      !std::isfinite(options.base)) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a DRY multiplier of at least 0 and a base of at least 1");
  }
  for (const std::vector<TokenId>& breaker : options.breakers) {
    if (breaker.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "expected DRY breakers of at least one token");
    }
  }
  return std::make_unique<Dry>(std::move(options));
}

}  // namespace tokrail
