// TextConstraint: a TextLanguage as a Constraint over the tokens of a vocabulary.
//
//   TextConstraint digits(tokenizer.shared_vocabulary(), std::make_shared<Digits>());
//
// Special tokens and tokens that spell nothing are never allowed; end ids exactly where the text is
// complete. Works in every decode context of the vocabulary (Vocabulary); starts inside, if nothing
// else is said. Masks are remembered per state of the language, for all forks together, up to a
// limit of bytes.
//
// Complexity: fork O(1), accept O(bytes of the token), rollback O(1) per token; a mask is a walk of
// the vocabulary's trie as far as the language goes, or a copy of one that is known. Thread safety:
// forks are independent and may be on different threads. Ownership: shares vocabulary and language.
// Errors: Error(kInvalidArgument) at construction for a null argument or a context that does not
// exist; what the language throws later is kept (Constraint::failure).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/constraint.h"
#include "grammar/constraints/latched_failure.h"
#include "grammar/constraints/text_language.h"
#include "grammar/constraints/trail.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {

class CanonicalEncoder;

struct TextConstraintOptions {
  std::optional<DecodeContext> context = {};  ///< where texts start; default: the inside context
  /// Of the same tokenizer; without, forced() answers 0.
  std::shared_ptr<const CanonicalEncoder> encoder = {};
  size_t mask_bytes = size_t{16} << 20;  ///< of remembered masks; 0: none
};

class TextConstraint : public Constraint {
 public:
  TextConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                 std::shared_ptr<const TextLanguage> language, TextConstraintOptions options = {});
  ~TextConstraint() override;
  TextConstraint(const TextConstraint&);
  TextConstraint& operator=(const TextConstraint&);

  std::unique_ptr<Constraint> fork() const override;
  size_t vocab_size() const noexcept override;
  std::span<const TokenId> end_ids() const noexcept override;
  bool accept(TokenId id) noexcept override;
  bool rollback(size_t steps) noexcept override;
  size_t steps() const noexcept override { return trail_.size(); }
  bool allows(TokenId id) const noexcept override;
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width = 0,
                       const std::atomic<bool>* cancel = nullptr) const noexcept override;
  bool is_complete() const noexcept override;
  bool is_finished() const noexcept override;
  bool is_ended() const noexcept override { return trail_.top().ended; }
  size_t forced(std::span<TokenId> out) const noexcept override;
  Shortest shortest_completion() const noexcept override;
  size_t shortest_completion_limit() const noexcept override;
  std::string_view failure() const noexcept override { return failure_.text(); }

 private:
  struct Shared;
  struct Place {
    TextLanguage::State state;
    DecodeContext context = 0;
    bool ended = false;
  };
  bool take(TokenId id, Place& place) const;
  bool can_end() const;
  std::shared_ptr<const Shared> shared_;
  Trail<Place> trail_;
  LatchedFailure failure_{"the language of the constraint failed"};
};

}  // namespace tokrail
