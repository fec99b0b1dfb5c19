// BudgetConstraint: limits of how long an output may be, in tokens and in bytes.
//
//   BudgetConstraint short_text(tokenizer.shared_vocabulary(), {.min_tokens = 5, .max_tokens =
//   50}); BudgetConstraint json(tokenizer.shared_vocabulary(), {.max_tokens = 50},
//                         std::make_unique<GrammarConstraint>(compiled));
//
// End ids do not count, and are allowed from the minimum on. At the maximum only they are left.
// Around another constraint a budget looks ahead: a token is refused if its shortest completion
// (Constraint::shortest_completion) cannot fit into what is left, so that an output is not cut
// where a complete one fits. That is as exact as what the constraint tells: catalogues, spans and
// stop strings tell the number for most places; of a grammar only the last token is known to have
// to complete the text.
//
// Complexity: that of the constraint inside; a mask that comes near the maximum of tokens asks once
// per token that the inner mask leaves, farther away it is a copy. accept and fork O(1) besides.
// Thread safety: as Constraint. Ownership: shares the vocabulary, owns what is inside. Errors:
// Error(kInvalidArgument) for no vocabulary, a minimum above its maximum, or a constraint of
// another vocabulary size.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "grammar/constraint.h"
#include "grammar/constraints/trail.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {

struct Budget {
  static constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
  size_t min_tokens = 0;
  size_t max_tokens = kNoLimit;
  size_t min_bytes = 0;
  size_t max_bytes = kNoLimit;  ///< of text; special tokens have none
};

class BudgetConstraint final : public Constraint {
 public:
  /// Rollback reaches back to here. Without `inside`: any text, in tokens that spell something.
  BudgetConstraint(std::shared_ptr<const Vocabulary> vocabulary, const Budget& budget,
                   std::unique_ptr<Constraint> inside = nullptr,
                   std::optional<DecodeContext> context = std::nullopt);
  BudgetConstraint(const BudgetConstraint& other);
  BudgetConstraint& operator=(const BudgetConstraint&) = delete;

  std::unique_ptr<Constraint> fork() const override;
  size_t vocab_size() const noexcept override { return vocabulary_->size(); }
  std::span<const TokenId> end_ids() const noexcept override;
  bool accept(TokenId id) noexcept override;
  bool rollback(size_t steps) noexcept override;
  size_t steps() const noexcept override { return trail_.size(); }
  bool allows(TokenId id) const noexcept override;
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width = 0,
                       const std::atomic<bool>* cancel = nullptr) const noexcept override;
  bool mask_is_cheap() const noexcept override { return !inside_ || inside_->mask_is_cheap(); }
  bool is_complete() const noexcept override;
  bool is_finished() const noexcept override;
  bool is_ended() const noexcept override { return trail_.top().ended; }
  size_t forced(std::span<TokenId> out) const noexcept override;
  Shortest shortest_completion() const noexcept override;
  size_t shortest_completion_limit() const noexcept override;
  bool has_weights() const noexcept override { return inside_ && inside_->has_weights(); }
  double log_weight(TokenId id) const noexcept override;
  std::string_view failure() const noexcept override {
    return inside_ ? inside_->failure() : std::string_view();
  }

 private:
  struct Place {
    size_t tokens = 0, bytes = 0;
    DecodeContext context = 0;
    bool ended = false;
  };
  struct Texts;
  bool is_end(TokenId id) const noexcept;
  void add_texts(std::span<uint32_t> mask) const;
  size_t bytes_of(TokenId id) const noexcept;
  bool may_mark(TokenId id) const noexcept;
  bool fits(TokenId id) const noexcept;
  bool may_end() const noexcept;
  bool is_tight() const noexcept;
  bool can_complete_behind(TokenId id) const noexcept;
  bool narrow(std::span<uint32_t> mask, const std::atomic<bool>* cancel) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  Budget budget_;
  mutable std::unique_ptr<Constraint> inside_;  ///< moves to look ahead, and back
  size_t longest_token_;
  std::shared_ptr<Texts> texts_;  ///< for all forks
  Trail<Place> trail_;
};

}  // namespace tokrail
