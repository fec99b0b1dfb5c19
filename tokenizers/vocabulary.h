// Vocabulary: what grammars and decoders see of a tokenizer: ids, their bytes and their roles.
//
// An id spells bytes in a *decode context* (tokenizers/detokenization/decode_table.h): one context
// for byte-level vocabularies, two where the first token is spelled without its space, more where
// spelling depends on what stands to the left. Everything that walks tokens byte by byte takes the
// context.
//
//   auto vocabulary = Vocabulary::build(spec);
//   DecodeContext context = vocabulary->inside_context();
//   vocabulary->bytes(context, id).str();
//   const ContextTries& tries = vocabulary->tries(context);   // for masks
//
// Immutable and thread safe; tries and the byte index are built on first use, once, under a lock.
// Building copies what it needs: the spec may go. Complexity: build O(bytes of all tokens);
// bytes(id), kind(id) O(1); ids(bytes) O(length). Ids must be below size().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/stable_hash.h"
#include "tokenizers/detokenization/decode_table.h"
#include "tokenizers/detokenization/detokenizer.h"
#include "tokenizers/spec.h"
#include "tokenizers/token_trie.h"

namespace tokrail {

class PieceEncoder;
class RankBpe;

/// The tokens of one context as two tries; an id that can be written as text is in exactly one,
/// unless it spells nothing here. With few contexts, or for contexts that differ in much of the
/// vocabulary, everything is in `own`.
struct ContextTries {
  /// Ids that most contexts spell alike, one trie for these contexts (never null; empty for the
  /// others). In this context `released` comes before each of them.
  const TokenTrie* shared = nullptr;
  std::string_view released;
  /// The other ids, as they are spelled in this context, released bytes included.
  const TokenTrie* own = nullptr;
};

class Vocabulary {
 public:
  static std::shared_ptr<const Vocabulary> build(const TokenizerSpec& spec);
  /// As above, sharing the tables of a detokenizer compiled from the same spec. `pieces`: how the
  /// tokenizer reads text, for is_canonical_pair; may be null.
  static std::shared_ptr<const Vocabulary> build(
      const TokenizerSpec& spec, const Detokenizer& detokenizer,
      std::shared_ptr<const PieceEncoder> pieces = nullptr);
  ~Vocabulary();
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  size_t size() const noexcept { return table_->size(); }
  /// The id's bytes inside a text.
  std::string_view bytes(TokenId id) const noexcept { return table_->shared_bytes(id); }
  /// The id's text in the notation of the file ("Ġhello", "▁hello", "<0x41>").
  std::string_view piece(TokenId id) const noexcept { return pieces_[id]; }
  /// kControl for every special token, however the file marks it.
  TokenKind kind(TokenId id) const noexcept { return kinds_[id]; }
  /// Spells bytes of text: neither control, unknown nor unused. (A mark does too, in other ids.)
  bool is_text(TokenId id) const noexcept {
    return kinds_[id] == TokenKind::kNormal || kinds_[id] == TokenKind::kUserDefined ||
           kinds_[id] == TokenKind::kByte;
  }

  const SpecialRoles& roles() const noexcept { return roles_; }
  /// End of text or turn: a model may have several.
  bool is_eos(TokenId id) const noexcept;

  /// All text ids with these bytes inside a text, ascending ("A" and "<0x41>").
  std::vector<TokenId> ids(std::string_view bytes) const;
  /// The id with this text in the notation of the file; the lowest of several.
  std::optional<TokenId> id_of_piece(std::string_view piece) const;

  // Decode contexts; see tokenizers/detokenization/decode_table.h.
  size_t context_count() const noexcept { return table_->context_count(); }
  DecodeContext start_context() const noexcept { return table_->start_context(); }
  DecodeContext inside_context() const noexcept { return table_->inside_context(); }
  SpelledBytes bytes(DecodeContext context, TokenId id) const noexcept {
    return table_->bytes(context, id);
  }
  DecodeContext next_context(DecodeContext context, TokenId id) const noexcept {
    return table_->next_context(context, id);
  }
  const std::vector<std::string>& pending(DecodeContext context) const noexcept {
    return table_->pending(context);
  }
  std::string_view final_bytes(DecodeContext context) const noexcept {
    return table_->final_bytes(context);
  }
  /// Text ids that spell nothing themselves and move the context, ascending: how the next ids are
  /// spelled. They may stand where text can go on, if they lead to another context.
  const std::vector<TokenId>& marks() const noexcept { return marks_; }
  bool is_mark(TokenId id) const noexcept {
    return table_->is_mark(id) && table_->shared_bytes(id).empty() && is_text(id);
  }
  /// Whether the bytes of a sequence of ids, context by context, are exactly what decoding gives.
  bool exact() const noexcept { return table_->exact(); }

  /// Whether the tokenizer, given the text that the two ids spell, would write these two. True
  /// where that is not known: for special tokens, for tokenizers that do not read text piece by
  /// piece, and for a vocabulary built without its tokenizer. CanonicalChecker
  /// (tokenizers/canonical_encoder.h) checks sequences.
  bool is_canonical_pair(TokenId left, TokenId right) const;
  /// Whether is_canonical_pair knows for all pairs of text ids.
  bool knows_canonical_pairs() const noexcept { return pieces_of_text_ != nullptr; }

  /// Tells vocabularies apart, on every machine alike: a hash of all ids with their kinds, texts
  /// and bytes (inside a text and at its start; in ranges of overlays in every context), of the
  /// roles, and of what contexts hold back.
  /// O(bytes of all tokens) when first asked for, some milliseconds.
  Hash128 fingerprint() const;

  /// Tries of the text ids (is_text) of a context, built on first use.
  const ContextTries& tries(DecodeContext context) const;

  const DecodeTable& table() const noexcept { return *table_; }

 private:
  struct Lazy;
  Vocabulary(const TokenizerSpec& spec, std::shared_ptr<const DecodeTable> table,
             std::shared_ptr<const PieceEncoder> pieces);
  bool spells_as(const RankBpe& bpe) const noexcept;
  void split_tries() const;
  void add_rows(StableHash& hash) const;

  std::shared_ptr<const DecodeTable> table_;
  ByteStrings pieces_;
  std::vector<TokenKind> kinds_;
  std::vector<TokenId> marks_;
  SpecialRoles roles_;
  std::shared_ptr<const PieceEncoder> pieces_of_text_;
  std::unique_ptr<Lazy> lazy_;
};

}  // namespace tokrail
