// IdSetConstraint: the same ids allowed at every step, for measuring and checking steps alone.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "base/bitset.h"
#include "grammar/constraint.h"

namespace tokrail::cli {

class IdSetConstraint final : public Constraint {
 public:
  explicit IdSetConstraint(const std::vector<uint8_t>& allowed) : allowed_(allowed) {
    words_.resize(mask_words(allowed_.size()));
    for (size_t id = 0; id < allowed_.size(); ++id)
      if (allowed_[id] != 0) mask_set(words_, id);
  }
  std::unique_ptr<Constraint> fork() const override {
    return std::make_unique<IdSetConstraint>(*this);
  }
  size_t vocab_size() const noexcept override { return allowed_.size(); }
  std::span<const TokenId> end_ids() const noexcept override { return {}; }
  bool accept(TokenId id) noexcept override { return allows(id); }
  bool rollback(size_t steps) noexcept override { return steps == 0; }
  size_t steps() const noexcept override { return 0; }
  bool allows(TokenId id) const noexcept override {
    return id < allowed_.size() && allowed_[id] != 0;
  }
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t,
                       const std::atomic<bool>*) const noexcept override {
    std::copy(words_.begin(), words_.end(), mask.begin());
    return mask_any(words_) ? MaskStatus::kOk : MaskStatus::kDead;
  }
  bool is_complete() const noexcept override { return false; }
  bool is_finished() const noexcept override { return false; }
  bool is_ended() const noexcept override { return false; }

 private:
  std::vector<uint8_t> allowed_;
  std::vector<uint32_t> words_;
};

}  // namespace tokrail::cli
