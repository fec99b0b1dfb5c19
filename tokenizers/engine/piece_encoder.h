// PieceEncoder: a tokenizer whose text can be read unit by unit, for encoders that work on parts.
//
// Most byte-level models cut a text into units, each of which is encoded by itself:
//
//   text ──► added token | piece | piece | added token | piece ...     piece ──RankBpe──► ids
//
// and a unit depends on the text from its beginning up to a place not far behind it. What is known
// of that is here, so that AppendEncoder, IntervalCounter and CanonicalEncoder can keep units that
// a change of the text does not touch. Internal to the module.
//
// make() answers null for tokenizers that do not work like this: no known splitter, no RankBpe, a
// byte that is no token, a normalizer other than NFC, a prefix space, added tokens that look at
// their neighbours (lstrip, rstrip, single_word) or can overlap in ways that their order of search
// decides.
//
// Thread safety: immutable. It shares the model with the tokenizer, and nothing else of it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tokenizers/added_tokens.h"
#include "tokenizers/byte_trie.h"
#include "tokenizers/models/rank_bpe_model.h"
#include "tokenizers/normalization/normalizer.h"
#include "tokenizers/pretokenization/splitter.h"

namespace tokrail {

class TokenizerEngine;

class PieceEncoder {
 public:
  static std::shared_ptr<const PieceEncoder> make(const TokenizerEngine& engine,
                                                  const SpecialText& policy);

  const Splitter& splitter() const noexcept { return *splitter_; }
  const RankBpe& bpe() const noexcept { return model_->bpe(); }
  /// Length in bytes of the longest token.
  size_t longest_token() const noexcept { return longest_token_; }

  // ---- pieces

  /// The token that a piece is as a whole although no merges lead to it, or kNoToken.
  TokenId whole(std::string_view piece) const noexcept {
    if (!has_wholes_ || piece.size() > longest_token_) return kNoToken;
    const TokenId id = bpe().find(piece);
    return id != kNoToken && !bpe().is_reachable(id) ? id : kNoToken;
  }
  /// Appends the ids of a piece and returns how many.
  size_t encode(std::string_view piece, RankBpe::Scratch& scratch, std::vector<TokenId>& out) const;

  // ---- units

  struct Unit {
    size_t end;
    /// The unit is the same in every text that has the same first `needs` bytes and in which no
    /// added token begins before them (see settled). text.size() + 1 where the end took part.
    size_t needs;
    TokenId added;  ///< kNoToken: a piece
  };
  /// The unit at `begin`; `next_added` is the first added token at or behind it.
  Unit unit(std::string_view text, size_t begin, const std::optional<AddedTokenMatch>& next_added,
            PieceWatch& watch) const;

  bool has_added() const noexcept { return longest_added_ != 0; }
  /// The first added token at or behind `from`, the longest of several.
  std::optional<AddedTokenMatch> find_added(std::string_view text, size_t from) const noexcept;
  /// Whether the text has an added token at `at`.
  bool begins_added(std::string_view text, size_t at) const noexcept {
    return added_at(text, at) != kNoToken;
  }

  /// Bytes from the beginning that more text cannot change the reading of: no added token that
  /// begins before may be going on at the end, and no character before combines with what follows.
  size_t settled(std::string_view text) const noexcept;

  /// Whether the text can be read like this, if that is known of the first `from` bytes:
  /// normalising changes nothing.
  bool reads(std::string_view text, size_t from) const;

  /// A token with the bytes it spells.
  struct SpelledToken {
    TokenId id;
    std::string_view bytes;
  };
  /// Whether two tokens are what the text they spell together is encoded to.
  bool is_canonical_pair(SpelledToken left, SpelledToken right) const;
  /// Whether a unit of the text is encoded to one given token.
  bool is_single(const Unit& unit, std::string_view bytes, TokenId id) const noexcept;

 private:
  PieceEncoder() = default;
  bool take_added_tokens(const TokenizerEngine& engine, const SpecialText& policy);
  TokenId added_at(std::string_view text, size_t at, size_t* length = nullptr) const noexcept;
  size_t last_boundary(std::string_view text) const noexcept;

  std::unique_ptr<const Splitter> splitter_;
  std::shared_ptr<const Model> owner_;  // of model_
  const RankBpeModel* model_ = nullptr;
  Normalizer normalizer_;
  bool normalizes_ = false;
  bool has_wholes_ = false;
  size_t longest_token_ = 0;
  ByteTrie added_;  // content -> id
  size_t longest_added_ = 0;
};

}  // namespace tokrail
