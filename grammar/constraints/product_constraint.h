// ProductConstraint: what all of several constraints allow, as one.
//
//   std::vector<std::unique_ptr<Constraint>> parts;
//   parts.push_back(std::make_unique<GrammarConstraint>(json));
//   parts.push_back(std::make_unique<CallbackConstraint>(vocabulary, no_rude_words));
//   ProductConstraint both(std::move(parts));
//
// A token is allowed if all parts allow it, and log-weights are added up. Parts may agree on every
// token and still lead nowhere together (one wants an even length, the other an odd one): is_stuck
// and kDead tell when that has happened.
//
// Costs: those of the parts, one after the other; single tokens are asked of them in their order
// until one refuses, so put the cheapest first. Thread safety: as Constraint says. Ownership: the
// product owns its parts. Errors: Error(kInvalidArgument) for no part, a null one, or parts of
// different vocabulary sizes.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "grammar/constraint.h"

namespace tokrail {

class ProductConstraint final : public Constraint {
 public:
  /// Rollback reaches back to here: the parts may have taken tokens before.
  explicit ProductConstraint(std::vector<std::unique_ptr<Constraint>> parts);

  size_t part_count() const noexcept { return parts_.size(); }
  const Constraint& part(size_t i) const noexcept { return *parts_[i]; }

  std::unique_ptr<Constraint> fork() const override;
  size_t vocab_size() const noexcept override { return parts_[0]->vocab_size(); }
  /// Those of all parts together.
  std::span<const TokenId> end_ids() const noexcept override { return end_ids_; }
  bool accept(TokenId id) noexcept override;
  bool rollback(size_t steps) noexcept override;
  size_t steps() const noexcept override { return steps_; }
  bool allows(TokenId id) const noexcept override;
  /// kDead also where every part allows something, but no token is allowed by all.
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width = 0,
                       const std::atomic<bool>* cancel = nullptr) const noexcept override;
  bool mask_is_cheap() const noexcept override;
  bool is_complete() const noexcept override;
  bool is_finished() const noexcept override;
  bool is_ended() const noexcept override;
  /// As far as one part forces and the others allow.
  size_t forced(std::span<TokenId> out) const noexcept override;
  /// At least what the part needs that needs most; no more is known.
  Shortest shortest_completion() const noexcept override;
  size_t shortest_completion_limit() const noexcept override;
  bool has_weights() const noexcept override;
  double log_weight(TokenId id) const noexcept override;
  std::string_view failure() const noexcept override;

 private:
  static MaskStatus narrow(const Constraint& part, std::span<uint32_t> mask, size_t width,
                           const std::atomic<bool>* cancel);

  std::vector<std::unique_ptr<Constraint>> parts_;
  std::vector<TokenId> end_ids_;
  size_t steps_ = 0;
};

}  // namespace tokrail
