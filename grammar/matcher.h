// Matcher: one sequence under a grammar: which tokens may come, and taking them.
//
//   Matcher matcher(compiled);
//   std::vector<uint32_t> mask(mask_words(vocabulary.size()));
//   while (!matcher.is_complete()) {
//     matcher.fill_mask(mask);
//     const TokenId id = sample(logits, mask);
//     matcher.accept(id);
//   }
//
// The law: bit t of the mask == allows(t) == the text so far with t's bytes can be continued to a
// text of the grammar by some byte string. Ids that spell no bytes and special ids are allowed only
// where the grammar names them; end ids (the vocabulary's eos set) exactly where the text is
// complete; after an end id nothing is. Ids that spell the same bytes are allowed alike.
//
// Complexity: accept O(bytes of the token) amortised; fork O(1); rollback O(1) per token; fill_mask
// O(V / 32) for a state whose mask is known, else a walk of what the tables do not answer. Thread
// safety: an object belongs to one thread at a time; forks are independent. Ownership: shares the
// compiled grammar. Errors: none are thrown after construction; calls answer by value, and a call
// that answers false or not kOk leaves the matcher as it was.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bitset.h"
#include "grammar/compiled_grammar.h"
#include "grammar/mask_status.h"

namespace tokrail {

class CanonicalEncoder;

class Matcher {
 public:
  /// Starts at the beginning of the grammar, in the vocabulary's inside context.
  explicit Matcher(std::shared_ptr<const CompiledGrammar> grammar);
  Matcher(std::shared_ptr<const CompiledGrammar> grammar, DecodeContext context);
  /// Starts before `prefix`: the text must begin with these bytes, which are not the grammar's, and
  /// go on with a text of the grammar. A token may cover the end of the prefix and more. For the
  /// end of a prompt whose last tokens were taken back (grammar/prompt_healing.h).
  static Matcher with_prefix(std::shared_ptr<const CompiledGrammar> grammar, std::string prefix,
                             DecodeContext context);
  ~Matcher();
  Matcher(const Matcher& other);  ///< fork
  Matcher& operator=(const Matcher& other);
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  /// An independent matcher at the same place. O(1).
  Matcher fork() const { return *this; }
  /// Takes a token. False if it is not allowed or out of range.
  bool accept(TokenId id) noexcept;
  /// Takes bytes, which count as one step for rollback. False if they cannot be continued. What the
  /// vocabulary held back comes before them unaltered, and the next token is one inside a text.
  bool accept_bytes(std::string_view bytes) noexcept;
  /// Takes back the last `steps` accepts. False if there are fewer.
  bool rollback(size_t steps) noexcept;
  void reset() noexcept;
  size_t steps() const noexcept;

  bool allows(TokenId id) const noexcept;
  /// How many of the ids can be taken one after the other.
  size_t validate(std::span<const TokenId> ids) const noexcept;
  /// Fills the first `width` bits (0: the vocabulary's size) of the mask; bits of ids that do not
  /// exist are 0. The mask is all 0 unless the answer is kOk. Its words must hold `width` bits.
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t width = 0,
                       const std::atomic<bool>* cancel = nullptr) const noexcept;

  /// The text so far is in the language.
  bool is_complete() const noexcept;
  /// The text so far is in the language and nothing can follow.
  bool is_finished() const noexcept;
  /// An end id was taken.
  bool is_ended() const noexcept;
  /// The text can be continued by bytes, but no token of the vocabulary does, and it is not
  /// complete.
  bool is_stuck() const noexcept;
  /// Matchers of one grammar with equal keys allow the same continuations (but for a chance of
  /// 2^-64). Where continuations are the same keys mostly are, as long as the grammar keeps its
  /// states (CompileLimits::memory).
  uint64_t state_key() const noexcept;
  /// Bytes that every continuation begins with; at most `limit`. None while the vocabulary holds
  /// bytes back.
  std::string forced_bytes(size_t limit = 4096) const;
  /// Ids for the forced bytes as the tokenizer writes them (tokenizers/canonical_encoder.h),
  /// without those whose spelling could still change with what follows. The text so far must end
  /// where a token of its own would.
  std::vector<TokenId> forced_tokens(const CanonicalEncoder& encoder, size_t limit = 256) const;

  /// What may stand here: names of terminals, rules and the place they come from.
  struct Expectation {
    std::string what;   ///< terminal as text
    std::string where;  ///< "rule json (4:7)" or a JSON pointer
  };
  struct Explanation {
    size_t offset;  ///< first byte that cannot be taken; the size if all can
    std::vector<Expectation> expected;
    bool complete;  ///< all bytes were taken and the text is complete
  };
  /// Tries bytes from here and says where they leave the language and what was expected there.
  Explanation explain(std::string_view bytes) const;

  const CompiledGrammar& grammar() const noexcept { return *grammar_; }

 private:
  struct Step;
  std::string_view left_of_prefix() const noexcept;
  std::shared_ptr<const CompiledGrammar> grammar_;
  std::shared_ptr<const std::string> prefix_;  ///< required; null: none
  std::shared_ptr<const Step> last_;           ///< persistent list
};

/// Masks of many matchers, in parallel. masks: one row of `row_words` words each.
std::vector<MaskStatus> fill_masks(std::span<const Matcher* const> matchers,
                                   std::span<uint32_t> masks, size_t row_words, size_t width = 0,
                                   int threads = 0);

}  // namespace tokrail
