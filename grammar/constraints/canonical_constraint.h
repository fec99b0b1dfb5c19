// CanonicalConstraint: the ids are the ones that the tokenizer writes for their text, which are
// those that a model has seen in training.
//
//   parts.push_back(std::make_unique<GrammarConstraint>(json));
//   parts.push_back(std::make_unique<CanonicalConstraint>(
//       tokenizer.shared_vocabulary(), std::make_shared<CanonicalEncoder>(tokenizer)));
//   ProductConstraint canonical_json(std::move(parts));
//
// An end id is allowed exactly where the ids so far are canonical. Before that, a token is refused
// as soon as no canonical sequence begins so (CanonicalChecker: never too early; where the
// tokenizer is not local, CanonicalEncoder::is_local, only at the end). Special tokens that are no
// end stand for themselves and cut the text.
//
// Complexity: accept and allows amortised 0.2 to 0.4 microseconds; a mask asks for every token (10
// ms for 32,000: mask_is_cheap() is false, and a product asks only for what its other parts leave);
// fork O(ids). Thread safety: as Constraint. Ownership: shares vocabulary and encoder. Errors:
// Error(kInvalidArgument) for a null argument, a vocabulary of another size, or ids before that are
// not canonical.
#pragma once

#include <memory>
#include <span>

#include "grammar/constraint.h"
#include "tokenizers/canonical_encoder.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {

class CanonicalConstraint final : public Constraint {
 public:
  /// `before`: ids that stand there already (the end of a prompt); they cannot be taken back.
  CanonicalConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                      std::shared_ptr<const CanonicalEncoder> encoder,
                      std::span<const TokenId> before = {});

  std::unique_ptr<Constraint> fork() const override;
  size_t vocab_size() const noexcept override { return vocabulary_->size(); }
  std::span<const TokenId> end_ids() const noexcept override { return vocabulary_->roles().eos; }
  bool accept(TokenId id) noexcept override;
  bool rollback(size_t steps) noexcept override;
  size_t steps() const noexcept override { return checker_.size() - before_ + (ended_ ? 1 : 0); }
  bool allows(TokenId id) const noexcept override;
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width = 0,
                       const std::atomic<bool>* cancel = nullptr) const noexcept override;
  bool mask_is_cheap() const noexcept override { return false; }
  bool is_complete() const noexcept override;
  /// Text can always go on, but behind an end.
  bool is_finished() const noexcept override { return ended_; }
  bool is_ended() const noexcept override { return ended_; }
  std::string_view failure() const noexcept override { return failure_; }

 private:
  template <typename Result, typename Work>
  Result guarded(Result otherwise, Work work) const noexcept;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::shared_ptr<const CanonicalEncoder> encoder_;
  size_t before_;
  bool ended_ = false;
  mutable CanonicalChecker checker_;  ///< questions push and take back
  mutable std::string_view failure_;  ///< a literal
};

}  // namespace tokrail
