#include "grammar/constraints/product_constraint.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"

namespace tokrail {

ProductConstraint::ProductConstraint(std::vector<std::unique_ptr<Constraint>> parts)
    : parts_(std::move(parts)) {
  if (parts_.empty() || std::ranges::any_of(parts_, [](const auto& part) { return !part; })) {
    throw Error(ErrorCode::kInvalidArgument, "a product needs constraints, and none of them null");
  }
  for (const auto& part : parts_) {
    if (part->vocab_size() != vocab_size()) {
      throw Error(ErrorCode::kInvalidArgument, "expected constraints over one vocabulary, got " +
                                                   std::to_string(vocab_size()) + " and " +
                                                   std::to_string(part->vocab_size()) + " ids");
    }
    const auto ends = part->end_ids();
    end_ids_.insert(end_ids_.end(), ends.begin(), ends.end());
  }
  std::ranges::sort(end_ids_);
  const auto twice = std::ranges::unique(end_ids_);
  end_ids_.erase(twice.begin(), twice.end());
}

std::unique_ptr<Constraint> ProductConstraint::fork() const {
  std::vector<std::unique_ptr<Constraint>> parts;
  parts.reserve(parts_.size());
  for (const auto& part : parts_) parts.push_back(part->fork());
  auto copy = std::make_unique<ProductConstraint>(std::move(parts));
  copy->steps_ = steps_;
  return copy;
}

bool ProductConstraint::accept(TokenId id) noexcept {
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i]->accept(id)) continue;
    for (size_t taken = i; taken > 0; --taken) parts_[taken - 1]->rollback(1);
    return false;
  }
  ++steps_;
  return true;
}

bool ProductConstraint::rollback(size_t count) noexcept {
  if (count > steps_) return false;
  for (const auto& part : parts_) part->rollback(count);
  steps_ -= count;
  return true;
}

bool ProductConstraint::allows(TokenId id) const noexcept {
  return std::ranges::all_of(parts_, [&](const auto& part) { return part->allows(id); });
}

// Cuts a mask down to what one more part allows.
MaskStatus ProductConstraint::narrow(const Constraint& part, std::span<uint32_t> mask, size_t width,
                                     const std::atomic<bool>* cancel) {
  constexpr size_t kFew = 256;
  if (part.mask_is_cheap() || mask_count(mask) > kFew) {
    std::vector<uint32_t> own(mask.size());
    const MaskStatus status = part.fill_mask(own, width, cancel);
    mask_and(mask, own);
    return status;
  }
  for (size_t id = mask_find_next(mask, 0); id != kMaskEnd; id = mask_find_next(mask, id + 1)) {
    if (!part.allows(static_cast<TokenId>(id))) mask_clear(mask, id);
  }
  return part.failure().empty() ? MaskStatus::kOk : MaskStatus::kFailed;
}

MaskStatus ProductConstraint::fill_mask(std::span<uint32_t> mask, size_t width,
                                        const std::atomic<bool>* cancel) const noexcept {
  MaskStatus status = MaskStatus::kOk;
  try {
    // Parts that cost per token come last and see only what the others leave.
    const Constraint* first = nullptr;
    for (const bool cheap : {true, false}) {
      for (const auto& part : parts_) {
        if (status != MaskStatus::kOk || part->mask_is_cheap() != cheap) continue;
        status = first == nullptr ? part->fill_mask(mask, width, cancel)
                                  : narrow(*part, mask, width, cancel);
        if (first == nullptr) first = part.get();
      }
    }
  } catch (const std::exception&) {
    status = MaskStatus::kFailed;
  }
  if (status == MaskStatus::kOk && !mask_any(mask)) status = MaskStatus::kDead;
  if (status != MaskStatus::kOk) std::ranges::fill(mask, 0u);
  return status;
}

bool ProductConstraint::mask_is_cheap() const noexcept {
  return std::ranges::all_of(parts_, [](const auto& part) { return part->mask_is_cheap(); });
}

bool ProductConstraint::is_complete() const noexcept {
  return std::ranges::all_of(parts_, [](const auto& part) { return part->is_complete(); });
}

bool ProductConstraint::is_finished() const noexcept {
  if (is_ended()) return true;
  if (!is_complete()) return false;
  if (std::ranges::any_of(parts_, [](const auto& part) { return part->is_finished(); })) {
    return true;
  }
  try {
    std::vector<uint32_t> mask(mask_words(vocab_size()));
    const MaskStatus status = fill_mask(mask);
    if (status != MaskStatus::kOk && status != MaskStatus::kDead) return false;
    for (const TokenId id : end_ids_) mask_clear(mask, id);
    return !mask_any(mask);
  } catch (const std::exception&) {
    return false;
  }
}

bool ProductConstraint::is_ended() const noexcept {
  return std::ranges::any_of(parts_, [](const auto& part) { return part->is_ended(); });
}

size_t ProductConstraint::forced(std::span<TokenId> out) const noexcept {
  for (const auto& part : parts_) {
    const size_t count = part->forced(out);
    if (count > 0) return validate(out.first(count));
  }
  return 0;
}

Shortest ProductConstraint::shortest_completion() const noexcept {
  if (is_complete()) return {0, 0};
  if (parts_.size() == 1) return parts_[0]->shortest_completion();
  Shortest shortest{1, Shortest::kUnknown};
  for (const auto& part : parts_) {
    shortest.at_least = std::max(shortest.at_least, part->shortest_completion().at_least);
  }
  return shortest;
}

size_t ProductConstraint::shortest_completion_limit() const noexcept {
  size_t limit = 1;
  for (const auto& part : parts_) limit = std::max(limit, part->shortest_completion_limit());
  return limit;
}

bool ProductConstraint::has_weights() const noexcept {
  return std::ranges::any_of(parts_, [](const auto& part) { return part->has_weights(); });
}

double ProductConstraint::log_weight(TokenId id) const noexcept {
  double sum = 0;
  for (const auto& part : parts_) {
    sum += part->log_weight(id);
    if (sum == kRefusedWeight) break;
  }
  return sum;
}

std::string_view ProductConstraint::failure() const noexcept {
  for (const auto& part : parts_) {
    if (!part->failure().empty()) return part->failure();
  }
  return {};
}

}  // namespace tokrail
