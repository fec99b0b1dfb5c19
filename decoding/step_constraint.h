// StepConstraint: what a constraint says at one step, narrowed by what the loop knows: that this is
// the last token there is room for, or that it is too early to end.
//
// It is asked like any constraint but does not move on: the loop accepts on the inner one.
// Internal to decoding.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "base/bitset.h"
#include "grammar/constraint.h"

namespace tokrail {

enum class EndRule : uint8_t {
  kFree,
  kOnlyEnds,  ///< the last token there is room for
  kNoEnds,    ///< fewer tokens than asked for so far
};

class StepConstraint final : public Constraint {
 public:
  /// `inner` may be null: everything below vocab_size is allowed.
  StepConstraint(const Constraint* inner, size_t vocab_size, std::span<const TokenId> end_ids,
                 EndRule rule) noexcept
      : inner_(inner), vocab_size_(vocab_size), end_ids_(end_ids), rule_(rule) {}

  /// Whether nothing below vocab_size is refused.
  bool allows_all() const noexcept { return inner_ == nullptr && rule_ == EndRule::kFree; }

  std::unique_ptr<Constraint> fork() const override {
    return std::make_unique<StepConstraint>(inner_, vocab_size_, end_ids_, rule_);
  }
  size_t vocab_size() const noexcept override { return vocab_size_; }
  std::span<const TokenId> end_ids() const noexcept override { return end_ids_; }
  bool accept(TokenId) noexcept override { return false; }
  bool rollback(size_t steps) noexcept override { return steps == 0; }
  size_t steps() const noexcept override { return 0; }

  bool allows(TokenId id) const noexcept override {
    const bool end = std::ranges::binary_search(end_ids_, id);
    if ((rule_ == EndRule::kOnlyEnds && !end) || (rule_ == EndRule::kNoEnds && end)) {
      return false;
    }
    return inner_ == nullptr ? id < vocab_size_ : inner_->allows(id);
  }

  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width,
                       const std::atomic<bool>* cancel) const noexcept override {
    if (rule_ == EndRule::kOnlyEnds) {
      mask_clear_all(mask);
      for (const TokenId id : end_ids_) {
        if (allows(id)) {
          mask_set(mask, id);
        }
      }
      return mask_any(mask) ? MaskStatus::kOk : MaskStatus::kDead;
    }
    if (inner_ != nullptr) {
      const MaskStatus status = inner_->fill_mask(mask, width, cancel);
      if (status != MaskStatus::kOk) {
        return status;
      }
    } else {
      mask_set_all(mask, vocab_size_);
    }
    if (rule_ == EndRule::kNoEnds) {
      for (const TokenId id : end_ids_) {
        if (id < vocab_size_) {
          mask_clear(mask, id);
        }
      }
      if (!mask_any(mask)) {
        return MaskStatus::kDead;
      }
    }
    return MaskStatus::kOk;
  }

  bool mask_is_cheap() const noexcept override {
    return rule_ == EndRule::kOnlyEnds || inner_ == nullptr || inner_->mask_is_cheap();
  }
  bool is_complete() const noexcept override { return inner_ == nullptr || inner_->is_complete(); }
  bool is_finished() const noexcept override { return inner_ != nullptr && inner_->is_finished(); }
  bool is_ended() const noexcept override { return inner_ != nullptr && inner_->is_ended(); }
  bool has_weights() const noexcept override { return inner_ != nullptr && inner_->has_weights(); }
  double log_weight(TokenId id) const noexcept override {
    if (!allows(id)) {
      return kRefusedWeight;
    }
    return inner_ == nullptr ? 0 : inner_->log_weight(id);
  }
  std::string_view failure() const noexcept override {
    return inner_ == nullptr ? std::string_view() : inner_->failure();
  }

 private:
  const Constraint* inner_;
  size_t vocab_size_;
  std::span<const TokenId> end_ids_;
  EndRule rule_;
};

/// Whether the constraint allows one token and no other; `token` is then that one. `mask` is a
/// buffer.
inline bool only_token(const Constraint& constraint, size_t vocab_size, std::vector<uint32_t>& mask,
                       TokenId& token) {
  mask.resize(mask_words(vocab_size));
  if (constraint.fill_mask(mask, vocab_size, nullptr) != MaskStatus::kOk || mask_count(mask) != 1) {
    return false;
  }
  token = static_cast<TokenId>(mask_find_next(mask, 0));
  return true;
}

}  // namespace tokrail
