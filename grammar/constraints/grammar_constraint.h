// GrammarConstraint: a Matcher as a Constraint (grammar/matcher.h has the law and the costs).
//
//   GrammarConstraint json(compiled);
//   GrammarConstraint with_forced_ids(compiled, std::make_shared<CanonicalEncoder>(tokenizer));
//
// Given a CanonicalEncoder of the same tokenizer, forced() answers; without, it answers 0.
// Complexity, thread safety: those of Matcher. fork() O(1). Errors: Error(kInvalidArgument) for no
// grammar.
#pragma once

#include <memory>
#include <utility>

#include "grammar/constraint.h"
#include "grammar/matcher.h"

namespace tokrail {

class GrammarConstraint final : public Constraint {
 public:
  explicit GrammarConstraint(std::shared_ptr<const CompiledGrammar> grammar,
                             std::shared_ptr<const CanonicalEncoder> encoder = nullptr);
  /// Goes on where a matcher is; what it took so far cannot be taken back.
  explicit GrammarConstraint(Matcher matcher,
                             std::shared_ptr<const CanonicalEncoder> encoder = nullptr);

  const Matcher& matcher() const noexcept { return matcher_; }

  std::unique_ptr<Constraint> fork() const override;
  size_t vocab_size() const noexcept override;
  std::span<const TokenId> end_ids() const noexcept override;
  bool accept(TokenId id) noexcept override { return matcher_.accept(id); }
  bool rollback(size_t steps) noexcept override;
  size_t steps() const noexcept override { return matcher_.steps() - first_; }
  bool allows(TokenId id) const noexcept override { return matcher_.allows(id); }
  size_t validate(std::span<const TokenId> ids) const noexcept override {
    return matcher_.validate(ids);
  }
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width = 0,
                       const std::atomic<bool>* cancel = nullptr) const noexcept override {
    return matcher_.fill_mask(mask, width, cancel);
  }
  bool is_complete() const noexcept override { return matcher_.is_complete(); }
  bool is_finished() const noexcept override { return matcher_.is_finished(); }
  bool is_ended() const noexcept override { return matcher_.is_ended(); }
  bool is_stuck() const noexcept override { return matcher_.is_stuck(); }
  size_t forced(std::span<TokenId> out) const noexcept override;

 private:
  Matcher matcher_;
  std::shared_ptr<const CanonicalEncoder> encoder_;
  size_t first_ = 0;  ///< steps of the matcher that were there before
};

}  // namespace tokrail
