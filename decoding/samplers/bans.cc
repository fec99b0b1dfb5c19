#include "decoding/samplers/bans.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "decoding/samplers/fused_sampler.h"
#include "decoding/samplers/suffix_repeats.h"

namespace tokrail {

namespace {

constexpr float kBanned = -std::numeric_limits<float>::infinity();

/// Appends bans of `ids`, which are put in order, each once.
void append_bans(std::vector<TokenId>& ids, size_t vocab, std::vector<Adjustment>& to) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const TokenId id : ids) {
    if (id < vocab) to.push_back({.token = id, .bias = kBanned});
  }
}

class BannedSequences final : public Adjuster {
 public:
  BannedSequences(std::vector<std::vector<TokenId>> sequences, bool look_at_prompt)
      : sequences_(std::move(sequences)), look_at_prompt_(look_at_prompt) {}

  std::string_view name() const noexcept override { return "banned"; }
  FusedStage stage() const noexcept override { return FusedStage::kBan; }
  void append_adjustments(size_t vocab, std::span<const TokenId>, const History& history,
                          std::vector<Adjustment>& to) override {
    RecentTokens recent = recent_tokens(history, -1);
    if (!look_at_prompt_) recent.prompt = {};
    ids_.clear();
    for (const std::vector<TokenId>& sequence : sequences_) {
      if (would_complete(sequence, recent)) ids_.push_back(sequence.back());
    }
    append_bans(ids_, vocab, to);
  }
  std::unique_ptr<Sampler> clone() const override {
    return std::make_unique<BannedSequences>(*this);
  }

 private:
  static bool would_complete(const std::vector<TokenId>& sequence, const RecentTokens& recent) {
    const size_t before = sequence.size() - 1;
    if (before > recent.size()) return false;
    for (size_t i = 0; i < before; ++i) {
      if (sequence[before - 1 - i] != recent.from_end(i)) return false;
    }
    return true;
  }

  std::vector<std::vector<TokenId>> sequences_;
  bool look_at_prompt_;
  std::vector<TokenId> ids_;
};

class NoRepeatNgram final : public Adjuster {
 public:
  explicit NoRepeatNgram(uint32_t n) : n_(n) {}

  std::string_view name() const noexcept override { return "no_repeat_ngram"; }
  FusedStage stage() const noexcept override { return FusedStage::kBan; }
  void append_adjustments(size_t vocab, std::span<const TokenId>, const History& history,
                          std::vector<Adjustment>& to) override {
    const RecentTokens recent = recent_tokens(history, -1);
    ids_.clear();
    if (n_ == 1) {
      for (size_t i = 0; i < recent.size(); ++i) ids_.push_back(recent.from_end(i));
    } else if (recent.size() >= n_) {
      repeats_.find(recent);
      for (size_t k = 1; k < recent.size(); ++k) {
        if (repeats_.lengths[k] + 1 >= n_) ids_.push_back(repeats_.reversed[k - 1]);
      }
    }
    append_bans(ids_, vocab, to);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<NoRepeatNgram>(*this); }

 private:
  uint32_t n_;
  SuffixRepeats repeats_;
  std::vector<TokenId> ids_;
};

class MinTokens final : public Adjuster {
 public:
  explicit MinTokens(uint32_t tokens) : tokens_(tokens) {}

  std::string_view name() const noexcept override { return "min_tokens"; }
  FusedStage stage() const noexcept override { return FusedStage::kBan; }
  void append_adjustments(size_t vocab, std::span<const TokenId> end_ids, const History& history,
                          std::vector<Adjustment>& to) override {
    if (history.output.size() >= tokens_) return;
    ids_.assign(end_ids.begin(), end_ids.end());
    append_bans(ids_, vocab, to);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<MinTokens>(*this); }

 private:
  uint32_t tokens_;
  std::vector<TokenId> ids_;
};

}  // namespace

std::unique_ptr<Sampler> make_banned_sequences(std::vector<std::vector<TokenId>> sequences,
                                               bool look_at_prompt) {
  for (const std::vector<TokenId>& sequence : sequences) {
    if (sequence.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "expected banned sequences of at least one token");
    }
  }
  return std::make_unique<BannedSequences>(std::move(sequences), look_at_prompt);
}

std::unique_ptr<Sampler> make_no_repeat_ngram(uint32_t n) {
  if (n == 0) {
    throw Error(ErrorCode::kInvalidArgument, "expected n-grams of at least one token");
  }
  return std::make_unique<NoRepeatNgram>(n);
}

std::unique_ptr<Sampler> make_min_tokens(uint32_t tokens) {
  return std::make_unique<MinTokens>(tokens);
}

}  // namespace tokrail
