// CallbackConstraint: a user's own test as a Constraint: of the text so far, of single tokens, or
// of all tokens at once.
//
//   ConstraintFunctions functions;
//   functions.prefix = [](std::string_view text) { return text.size() <= 10; };
//   functions.complete = [](std::string_view text) { return is_even(text); };
//   CallbackConstraint short_text(tokenizer.shared_vocabulary(), functions);
//
// A token is allowed if all functions that are given allow it. They are functions of what was taken
// so far and of nothing else, because rollback and fork ask them again about other places. Forks
// share them, on whatever threads these are.
//
// Costs: fork, accept O(length of the text so far) at worst; a mask by `prefix` asks once per node
// of the vocabulary's trie that the test lets it reach, one by `token` once per token that the
// others leave. Thread safety: as Constraint says. Errors: Error(kInvalidArgument) at construction;
// what a function throws later is kept (Constraint::failure).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/constraint.h"
#include "grammar/constraints/latched_failure.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {

struct ConstraintFunctions {
  /// Some text of the language begins with these bytes; they may end inside of a character. Must be
  /// true for all prefixes of what it is true for. Tokens that spell nothing are then refused, but
  /// for marks (Vocabulary::marks).
  std::function<bool(std::string_view text)> prefix;
  /// The bytes are a text of the language: an end id may come. Given exactly if `prefix` is.
  std::function<bool(std::string_view text)> complete;
  /// The token, of any kind, may come behind these.
  std::function<bool(std::span<const TokenId> so_far, TokenId id)> token;
  /// Clears the bits of what may not come behind these; all bits are set when it is called.
  std::function<void(std::span<const TokenId> so_far, std::span<uint32_t> mask)> mask;
  /// Log-weight of an allowed token; -infinity refuses it. Neither NaN nor +infinity.
  std::function<double(std::span<const TokenId> so_far, TokenId id)> log_weight;
};

class CallbackConstraint final : public Constraint {
 public:
  /// Starts in the vocabulary's inside context, or in the given one.
  CallbackConstraint(std::shared_ptr<const Vocabulary> vocabulary, ConstraintFunctions functions);
  CallbackConstraint(std::shared_ptr<const Vocabulary> vocabulary, ConstraintFunctions functions,
                     DecodeContext context);

  std::unique_ptr<Constraint> fork() const override;
  size_t vocab_size() const noexcept override { return vocabulary_->size(); }
  std::span<const TokenId> end_ids() const noexcept override { return vocabulary_->roles().eos; }
  bool accept(TokenId id) noexcept override;
  bool rollback(size_t steps) noexcept override;
  size_t steps() const noexcept override { return ids_.size(); }
  bool allows(TokenId id) const noexcept override;
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width = 0,
                       const std::atomic<bool>* cancel = nullptr) const noexcept override;
  bool mask_is_cheap() const noexcept override;
  /// Without `complete`: an end id is allowed, or there is none in the vocabulary.
  bool is_complete() const noexcept override;
  bool is_finished() const noexcept override;
  bool is_ended() const noexcept override { return ended_; }
  bool has_weights() const noexcept override { return functions_->log_weight != nullptr; }
  double log_weight(TokenId id) const noexcept override;
  std::string_view failure() const noexcept override { return failure_.text(); }

 private:
  struct Place {
    size_t bytes;
    DecodeContext context;
  };
  // These call the user's functions, and throw.
  bool may_take(TokenId id) const;
  bool takes_text(TokenId id) const;
  bool takes_bytes(const std::string& text, DecodeContext next) const;
  bool can_end() const;
  bool in_users_mask(TokenId id) const;
  void ask_for_mask(std::vector<uint32_t>& mask) const;
  bool keep_texts(std::vector<uint32_t>& mask, const std::atomic<bool>* cancel) const;
  bool takes_mark(TokenId id) const;
  bool walk(const TokenTrie& trie, std::string_view released, std::vector<uint32_t>& found,
            const std::atomic<bool>* cancel) const;
  bool keep_tokens(std::vector<uint32_t>& mask, const std::atomic<bool>* cancel) const;
  double log_weight_of(TokenId id) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::shared_ptr<const ConstraintFunctions> functions_;
  std::vector<TokenId> ids_;
  std::string text_;           ///< what the ids spell, without what is held back
  std::vector<Place> places_;  ///< before each id
  DecodeContext context_;
  bool ended_ = false;
  /// The user's mask of this place, once it was asked for.
  mutable std::vector<uint32_t> users_mask_;
  LatchedFailure failure_{"a function of the constraint failed"};
};

}  // namespace tokrail
