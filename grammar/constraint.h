// Constraint: which tokens may come next, whoever decides that. Decoding sees nothing else of
// grammars.
//
// A grammar, a function of the user, a catalogue of strings, several of these at once: each is a
// set of token sequences that is asked token by token. Samplers take masks (fill_mask), rejection
// samplers ask for single tokens (allows), verifiers walk drafts (accept, rollback, fork), weighted
// decoding adds log_weight.
//
//   std::unique_ptr<Constraint> constraint =
//       std::make_unique<GrammarConstraint>(compiled);           //
//       grammar/constraints/grammar_constraint.h
//   std::vector<uint32_t> mask(mask_words(constraint->vocab_size()));
//   while (!constraint->is_finished()) {
//     if (constraint->fill_mask(mask) != MaskStatus::kOk) break;
//     constraint->accept(sample(logits, mask));
//   }
//
// The law: bit t of the mask == allows(t) == what accept(t) would answer. A refused accept leaves
// the constraint as it was. Ids at or above vocab_size() are never allowed. End ids are allowed
// exactly where the text is complete; behind one nothing is. Whether an allowed token can always be
// followed to a complete text is up to the constraint: a grammar promises it, a product of two
// cannot.
//
// Masks: uint32_t[mask_words(width)], bit t & 31 of word t >> 5, 1 = allowed (base/bitset.h).
// Thread safety: an object belongs to one thread at a time; forks are independent of each other.
// Errors: per-token calls are noexcept and answer by value. Where a user's function throws, the
// answer is false (kFailed for a mask), and failure() tells what it said from then on.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "grammar/mask_status.h"
#include "grammar/shortest.h"
#include "tokenizers/spec.h"

namespace tokrail {

class Constraint {
 public:
  static constexpr double kRefusedWeight = -std::numeric_limits<double>::infinity();

  virtual ~Constraint() = default;

  /// An independent constraint at the same place; at the beginning.
  virtual std::unique_ptr<Constraint> fork() const = 0;
  std::unique_ptr<Constraint> start() const;

  /// Ids that can be asked for are below this.
  virtual size_t vocab_size() const noexcept = 0;
  /// The ids that end a text, ascending; may be none.
  virtual std::span<const TokenId> end_ids() const noexcept = 0;

  /// Takes a token. False, and nothing changed, if it is not allowed.
  virtual bool accept(TokenId id) noexcept = 0;
  /// Takes back the last `steps` accepts. False, and nothing changed, if there are fewer.
  virtual bool rollback(size_t steps) noexcept = 0;
  /// Takes back all of them.
  void reset() noexcept { rollback(steps()); }
  /// Tokens taken.
  virtual size_t steps() const noexcept = 0;

  virtual bool allows(TokenId id) const noexcept = 0;
  /// How many of the ids can be taken one after the other; here by accept and rollback on a fork.
  virtual size_t validate(std::span<const TokenId> ids) const noexcept;
  /// Fills the first `width` bits (0: vocab_size()); bits from vocab_size() on are 0. All 0 unless
  /// the answer is kOk. The words must hold `width` bits.
  virtual MaskStatus fill_mask(std::span<uint32_t> mask, size_t width = 0,
                               const std::atomic<bool>* cancel = nullptr) const noexcept = 0;
  /// Whether a mask is made for all tokens at once. If not, it costs about as much as allows() for
  /// each of them, and who needs few tokens should ask for those.
  virtual bool mask_is_cheap() const noexcept { return true; }

  /// The text so far is one of the language.
  virtual bool is_complete() const noexcept = 0;
  /// It is, and nothing but an end can follow.
  virtual bool is_finished() const noexcept = 0;
  /// An end id was taken.
  virtual bool is_ended() const noexcept = 0;
  /// No token is allowed and the text is not complete; here by a mask.
  virtual bool is_stuck() const noexcept;

  /// Ids that the text must go on with as its tokenizer writes them, written to `out`; answers how
  /// many. 0 where that is not known. Other spellings of the same text may be allowed as well:
  /// taking these without asking a model changes the law of what is sampled.
  virtual size_t forced(std::span<TokenId> out) const noexcept;

  /// How many tokens are missing to a complete text, the end id not counted, where that is known.
  /// Bounds; here: none are missing if the text is complete, and else at least one.
  virtual Shortest shortest_completion() const noexcept;
  /// shortest_completion().at_least is never more than this, wherever the text goes.
  virtual size_t shortest_completion_limit() const noexcept { return 1; }

  /// Whether tokens have weights of their own: whether log_weight is anything but 0 for a token
  /// that is allowed.
  virtual bool has_weights() const noexcept { return false; }
  /// What taking the token adds to the log-weight of the sequence; kRefusedWeight where it is not
  /// allowed.
  virtual double log_weight(TokenId id) const noexcept { return allows(id) ? 0 : kRefusedWeight; }

  /// What a user's function threw, the first time; empty if none did. Forks inherit it. A
  /// constraint that failed refuses everything.
  virtual std::string_view failure() const noexcept { return {}; }

 protected:
  Constraint() = default;
  Constraint(const Constraint&) = default;
  Constraint& operator=(const Constraint&) = default;
};

}  // namespace tokrail
