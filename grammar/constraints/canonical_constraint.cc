#include "grammar/constraints/canonical_constraint.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"

namespace tokrail {

CanonicalConstraint::CanonicalConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                                         std::shared_ptr<const CanonicalEncoder> encoder,
                                         std::span<const TokenId> before)
    : vocabulary_(std::move(vocabulary)),
      encoder_(std::move(encoder)),
      before_(before.size()),
      checker_([&]() -> const CanonicalEncoder& {
        if (!vocabulary_ || !encoder_) {
          throw Error(ErrorCode::kInvalidArgument,
                      "a constraint needs a vocabulary and a canonical encoder");
        }
        return *encoder_;
      }()) {
  for (const TokenId id : before) {
    if (!checker_.push(id)) {
      throw Error(ErrorCode::kInvalidArgument, "the ids before are not canonical");
    }
  }
}

std::unique_ptr<Constraint> CanonicalConstraint::fork() const {
  return std::make_unique<CanonicalConstraint>(*this);
}

template <typename Result, typename Work>
Result CanonicalConstraint::guarded(Result otherwise, Work work) const noexcept {
  if (!failure_.empty()) return otherwise;
  try {
    return work();
  } catch (const std::exception&) {
    failure_ = "checking whether ids are canonical failed";
  }
  return otherwise;
}

bool CanonicalConstraint::accept(TokenId id) noexcept {
  return guarded(false, [&] {
    if (ended_ || id >= vocab_size()) return false;
    if (vocabulary_->is_eos(id)) {
      ended_ = checker_.is_canonical();
      return ended_;
    }
    if (checker_.push(id)) return true;
    checker_.rollback(1);
    return false;
  });
}

bool CanonicalConstraint::rollback(size_t count) noexcept {
  if (count > steps()) return false;
  if (count == 0) return true;
  const size_t ids = count - (ended_ ? 1 : 0);
  ended_ = false;
  return guarded(false, [&] {
    if (ids > 0) checker_.rollback(ids);
    return true;
  });
}

bool CanonicalConstraint::allows(TokenId id) const noexcept {
  return guarded(false, [&] {
    if (ended_ || id >= vocab_size()) return false;
    if (vocabulary_->is_eos(id)) return checker_.is_canonical();
    const bool allowed = checker_.push(id);
    checker_.rollback(1);
    return allowed;
  });
}

MaskStatus CanonicalConstraint::fill_mask(std::span<uint32_t> mask, size_t width,
                                          const std::atomic<bool>* cancel) const noexcept {
  std::ranges::fill(mask, 0u);
  if (!failure_.empty()) return MaskStatus::kFailed;
  if (ended_) return MaskStatus::kDead;
  const size_t bits = std::min({width == 0 ? vocab_size() : width, vocab_size(), mask.size() * 32});
  for (TokenId id = 0; id < bits; ++id) {
    if (cancel != nullptr && id % 256 == 0 && cancel->load(std::memory_order_relaxed)) {
      std::ranges::fill(mask, 0u);
      return MaskStatus::kCancelled;
    }
    if (allows(id)) mask_set(mask, id);
  }
  if (!failure_.empty()) {
    std::ranges::fill(mask, 0u);
    return MaskStatus::kFailed;
  }
  return mask_any(mask) ? MaskStatus::kOk : MaskStatus::kDead;
}

bool CanonicalConstraint::is_complete() const noexcept {
  return ended_ || guarded(false, [&] { return checker_.is_canonical(); });
}

}  // namespace tokrail
