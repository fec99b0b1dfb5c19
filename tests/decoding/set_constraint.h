// SetConstraint: the same set of ids allowed at every step, with whatever else a test needs.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bitset.h"
#include "grammar/constraint.h"

namespace tokrail::test {

class SetConstraint final : public Constraint {
 public:
  explicit SetConstraint(std::vector<uint8_t> allowed) : allowed_(std::move(allowed)) {
    words_.resize(mask_words(allowed_.size()));
    for (size_t id = 0; id < allowed_.size(); ++id)
      if (allowed_[id] != 0) mask_set(words_, id);
  }

  bool cheap_mask = true;
  MaskStatus status = MaskStatus::kOk;
  std::vector<double> weights;  ///< empty: none
  std::string said;             ///< what a user's function threw
  mutable size_t masks = 0;
  mutable size_t tests = 0;

  std::unique_ptr<Constraint> fork() const override {
    return std::make_unique<SetConstraint>(*this);
  }
  size_t vocab_size() const noexcept override { return allowed_.size(); }
  std::span<const TokenId> end_ids() const noexcept override { return {}; }
  bool accept(TokenId id) noexcept override {
    steps_ += id < allowed_.size() && allowed_[id] != 0 ? 1 : 0;
    return id < allowed_.size() && allowed_[id] != 0;
  }
  bool rollback(size_t steps) noexcept override {
    if (steps > steps_) return false;
    steps_ -= steps;
    return true;
  }
  size_t steps() const noexcept override { return steps_; }
  bool allows(TokenId id) const noexcept override {
    ++tests;
    return said.empty() && id < allowed_.size() && allowed_[id] != 0;
  }
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width,
                       const std::atomic<bool>* cancel) const noexcept override {
    ++masks;
    mask_clear_all(mask);
    if (cancel != nullptr && cancel->load()) return MaskStatus::kCancelled;
    if (!said.empty()) return MaskStatus::kFailed;
    if (status != MaskStatus::kOk) return status;
    const size_t bits = width == 0 ? allowed_.size() : std::min(width, allowed_.size());
    std::copy_n(words_.begin(), mask_words(bits), mask.begin());
    return mask_any(mask) ? MaskStatus::kOk : MaskStatus::kDead;
  }
  bool mask_is_cheap() const noexcept override { return cheap_mask; }
  bool is_complete() const noexcept override { return false; }
  bool is_finished() const noexcept override { return false; }
  bool is_ended() const noexcept override { return false; }
  bool has_weights() const noexcept override { return !weights.empty(); }
  double log_weight(TokenId id) const noexcept override {
    if (!allows(id)) return kRefusedWeight;
    return weights.empty() ? 0 : weights[id];
  }
  std::string_view failure() const noexcept override { return said; }

 private:
  std::vector<uint8_t> allowed_;
  std::vector<uint32_t> words_;
  size_t steps_ = 0;
};

}  // namespace tokrail::test
