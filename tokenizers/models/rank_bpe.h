// RankBpe: exact byte-pair encoding in linear time, for merges that form a strict order.
//
// Byte-pair encoding repeatedly merges the neighbours whose concatenation has the lowest rank,
// leftmost first. When every token is reached by one merge only and ranks above those of its parts
// (true for tiktoken files, GPT-2 style merge lists, and nearly all sentencepiece BPE models), the
// result can be recognised locally: a sequence of tokens is the encoding of its text exactly if
// each pair of neighbours is. So the encoder walks forward with the longest token that fits its
// left neighbour and steps back where none does; a bit per position keeps it from trying an end
// twice, which bounds the work by a constant per byte.
//
//   valid(a, b): would a and b, encoded together, stay a and b? Undo the merges of both in order of
//   rank, the latest first; if at any moment the two that touch could have merged earlier than the
//   merge just undone, then they would have.
//
// Base units are single bytes (byte-level models) or single characters (sentencepiece models).
// A piece of text with a base unit that is no token cannot be encoded here; encode says so.
//
//   auto bpe = RankBpe::from_ranks(texts);
//   uint32_t ids[5]; size_t n = bpe->encode("hello", ids, scratch);
//
// The tables are flat arrays without pointers: tables() can be written to a file, and from_tables
// runs on arrays that lie in one, mapped.
//
// Complexity: encoding O(bytes) with about one trie walk and one or two hash probes per token;
// building O(total bytes of the tokens). Memory about 24 bytes per token besides the trie.
// Thread safety: immutable; Scratch belongs to one thread. Errors: from_* return nullopt when the
// merges are not of the kind described (MergeBpe takes those); from_tables throws
// Error(kInvalidFile) for arrays that do not fit together.
//
// H. Fleischmann, A. Neubeck, "So many tokens, so little time" (GitHub, 2024) and the proof in the
// documentation of their crate `bpe`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/byte_trie.h"
#include "tokenizers/spec.h"

namespace tokrail {

class RankBpe {
 public:
  /// Working memory of encode for pieces of 64 bytes and more; grows to the longest piece seen.
  struct Scratch {
    std::vector<uint64_t> open;
  };

  /// A token as a rank: its place in the order of merges, base units first.
  using Rank = uint32_t;
  static constexpr Rank kNoRank = 0xFFFFFFFFu;

  enum class Units : uint8_t { kBytes, kCharacters };

  struct Token {
    Rank left, right;  ///< what it is merged from; itself twice for base units
    Rank next_prefix;  ///< the next shorter token that is a prefix, or kNoRank
    uint32_t length;   ///< bytes
  };

  /// The compiled arrays. Change kTablesVersion when what they mean changes.
  struct Tables {
    std::span<const ByteTrieNode>
        trie;                         ///< text -> rank; unreachable: their place behind the ranks
    std::span<const Token> tokens;    ///< by rank
    std::span<const TokenId> ids;     ///< by rank, then the unreachable ones
    std::span<const Rank> ranks;      ///< by id
    std::span<const uint32_t> pairs;  ///< open addressing: tag of the hash and rank
    Rank base_count = 0;
    Units units = Units::kBytes;
  };
  static constexpr uint32_t kTablesVersion = 1;

  /// Any two neighbours whose concatenation is a token merge; the rank of a merge is `priority` of
  /// the token it makes (lower first; all different). Texts are raw bytes by id; an empty text is
  /// no token. Tokens that their own text does not encode to are kept only as whole pieces
  /// (see find). nullopt if some text comes to a merge that ranks before one of its own parts.
  static std::optional<RankBpe> from_priorities(const ByteStrings& texts,
                                                std::span<const TokenId> by_priority, Units units);

  /// Merges in order of rank, as explicit pairs. Later merges that make the same token are
  /// ignored if no text can reach them.
  static std::optional<RankBpe> from_merges(const ByteStrings& texts, std::span<const Merge> merges,
                                            Units units);

  /// Runs on arrays that `owner` keeps alive. They may come from a file that nobody vouches for:
  /// whatever passes the checks here gives ids below ranks.size(), in bounded time, perhaps not
  /// those that the texts ask for. Complexity: O(size of the arrays), a few ms for 200,000 tokens.
  static RankBpe from_tables(const Tables& tables, std::shared_ptr<const void> owner);
  /// The arrays this object runs on; they live as long as it.
  Tables tables() const noexcept;

  /// Writes the ids of `piece` to `out` (room for piece.size() ids) and returns how many; 0 for
  /// the empty piece, kUnknown if the piece has a base unit that is no token.
  static constexpr size_t kUnknown = ~size_t{0};
  size_t encode(std::string_view piece, TokenId* out, Scratch& scratch) const;
  /// The same from `begin` up to the first base unit that is no token, whose position goes to
  /// `stop` (piece.size() if there is none). No token crosses it, so the rest can follow on its
  /// own: calls for one piece go from its beginning to its end with the same scratch.
  size_t encode_known(std::string_view piece, size_t begin, TokenId* out, Scratch& scratch,
                      size_t& stop) const;

  /// The token whose text is `piece`, reachable by merges or not; kNoToken if there is none.
  TokenId find(std::string_view piece) const noexcept;

  /// Whether two ids, encoded side by side, stay as they are. False for ids no text encodes to.
  bool is_canonical_pair(TokenId left, TokenId right) const noexcept;
  /// Whether some text encodes to the id.
  bool is_reachable(TokenId id) const noexcept;
  /// The two ids a merged token is made of, in canonical order; nothing for base units.
  std::optional<Merge> split(TokenId id) const noexcept;

  /// Length in bytes of the token of a rank, and its id.
  uint32_t length(Rank rank) const noexcept { return tokens_[rank].length; }
  TokenId id(Rank rank) const noexcept { return ids_[rank]; }
  /// kNoRank for ids that no text encodes to.
  Rank rank(TokenId id) const noexcept { return id < ranks_.size() ? ranks_[id] : kNoRank; }
  size_t rank_count() const noexcept { return tokens_.size(); }
  /// Longest token the text starts with, as a rank; kNoRank if none.
  Rank longest_match(const char* text, const char* end) const noexcept;
  /// The next shorter token that is a prefix of a token; kNoRank if none.
  Rank next_prefix(Rank rank) const noexcept { return tokens_[rank].next_prefix; }
  bool valid_pair(Rank left, Rank right) const noexcept;
  /// Texts of all tokens; values are ranks, and numbers from rank_count() on for unreachable ones.
  const ByteTrieView& trie() const noexcept { return trie_; }
  Units units() const noexcept { return units_; }
  /// Every byte is a token, so that every piece can be encoded.
  bool all_bytes_known() const noexcept { return all_bytes_known_; }
  /// Some token of the vocabulary is not what its own text encodes to.
  bool has_unreachable() const noexcept { return ids_.size() > tokens_.size(); }

 private:
  struct Arrays;
  class Builder;

  RankBpe() = default;
  /// What follows from the arrays.
  void describe() noexcept;
  Rank merged(Rank left, Rank right) const noexcept;
  /// What touched before the later one of two tokens that touch was merged. By arithmetic, for
  /// looking ahead: which one it is cannot be predicted.
  std::pair<Rank, Rank> undo_later(Rank left, Rank right) const noexcept {
    const bool is_left = left > right;
    const Token& later = tokens_[is_left ? left : right];
    const Rank part = is_left ? later.right : later.left;
    return {is_left ? part : left, is_left ? right : part};
  }
  /// valid_pair for two that do not merge themselves.
  bool valid_parts(Rank left, Rank right) const noexcept;
  template <typename Open>
  size_t encode_with(std::string_view piece, TokenId* out, Open open, size_t& stop) const noexcept;

  std::span<const Token> tokens_;
  std::span<const TokenId> ids_;
  std::span<const Rank> ranks_;
  std::span<const uint32_t> pairs_;
  ByteTrieView trie_;
  uint32_t pair_shift_ = 0;
  Rank base_count_ = 0;
  Units units_ = Units::kBytes;
  bool identity_ids_ = false;
  bool all_bytes_known_ = false;
  std::shared_ptr<const void> owner_;  // of the arrays
};

}  // namespace tokrail
