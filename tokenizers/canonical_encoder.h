// CanonicalEncoder: is a sequence of ids what encoding its own text gives?
//
// A text has many spellings in tokens and one that the tokenizer writes: the canonical one, which
// is what a model has seen in training. Constrained generation uses this to refuse tokens that
// leave it, and to turn bytes that a grammar forces into the tokens the model expects.
//
//   canonical   encode(decode_bytes(ids)) == ids, without template, BOS and EOS
//
// Special tokens are written by id and never by text: text that spells one is text here, whatever
// the format's default is. Where ids contain special tokens (Vocabulary: kControl), these stand for
// themselves and the ids between two of them are a text of their own. Ids that spell nothing (the
// unknown token, unused ids) are never canonical.
//
//   CanonicalEncoder canonical(tokenizer);
//   canonical.is_canonical(ids);
//   CertainIds forced = canonical.encode_certain("{\"name\": \"");   // tokens, and a tail of bytes
//
//   CanonicalChecker checker(canonical);
//   if (!checker.push(id)) checker.rollback(1);        // no text continues canonically behind id
//
// For byte-level BPE with a known splitter the checks are local: the bytes are cut into pieces, the
// borders of pieces have to be borders of ids, and neighbours inside a piece must be valid pairs
// (rank_bpe.h). Amortised O(1) per id, 0.2 to 0.4 microseconds; no text is encoded. For all other
// tokenizers everything is done by encoding; is_local() tells.
//
// Thread safety: CanonicalEncoder is immutable and cheap to copy. Errors: ids must be below
// Tokenizer::size(); others throw Error(kInvalidArgument), but are only `false` for
// is_canonical_pair and push.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

class PieceEncoder;

/// The beginning of the encoding of some bytes that no bytes behind them can change.
struct CertainIds {
  std::vector<TokenId> ids;
  size_t tail_bytes = 0;  ///< bytes at the end that the ids do not cover
};

class CanonicalEncoder {
 public:
  explicit CanonicalEncoder(const Tokenizer& tokenizer);

  bool is_canonical(std::span<const TokenId> ids) const;

  /// How many leading ids agree with some canonical sequence: those that a CanonicalChecker
  /// accepts. Without is_local(): those that agree with the encoding of the text of all of them.
  size_t canonical_prefix(std::span<const TokenId> ids) const;

  /// Whether the two ids, as a text of their own, are canonical: is_canonical({left, right}).
  /// Inside a longer text a piece of the pre-tokenizer may end between ids that would merge
  /// elsewhere; CanonicalChecker knows.
  bool is_canonical_pair(TokenId left, TokenId right) const;

  /// Ids that every text beginning with these bytes starts with. Without is_local(): none, and all
  /// bytes are tail.
  CertainIds encode_certain(std::string_view bytes) const;

  bool is_local() const noexcept { return pieces_ != nullptr; }

 private:
  friend class CanonicalChecker;
  bool is_canonical_text(std::span<const TokenId> ids) const;
  /// Whether some text is written with this id, and it is no special token.
  bool is_written(TokenId id) const;

  Tokenizer tokenizer_;
  std::shared_ptr<const PieceEncoder> pieces_;  // null: not local
};

/// Follows a sequence that grows by ids and is cut back.
///
/// push() answers whether canonical texts may still begin with all ids so far. It is never false
/// when one does. It may be true for a while when none does: the last piece is checked against all
/// ways in which pieces can go on, but whether some token fits behind the last one is left to the
/// next push. Once false, it stays false until the id is rolled back. Without is_local() push is
/// false only for ids that spell nothing.
///
/// Copies are independent (fork by copying: O(ids)). One thread per object.
class CanonicalChecker {
 public:
  explicit CanonicalChecker(const CanonicalEncoder& encoder);
  ~CanonicalChecker();
  CanonicalChecker(const CanonicalChecker& other);
  CanonicalChecker& operator=(const CanonicalChecker& other);
  CanonicalChecker(CanonicalChecker&&) noexcept;
  CanonicalChecker& operator=(CanonicalChecker&&) noexcept;

  bool push(TokenId id);
  /// Takes back the last `count` ids; all of them if there are fewer.
  void rollback(size_t count);

  size_t size() const noexcept;
  /// What the last push answered; true at the start.
  bool is_possible() const noexcept;
  /// Whether the ids so far are canonical if the text ends here.
  bool is_canonical();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
