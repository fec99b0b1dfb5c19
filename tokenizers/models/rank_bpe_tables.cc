// RankBpe on arrays from elsewhere, and what they must be like for nothing to go wrong.
#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "base/error.h"
#include "tokenizers/models/rank_bpe.h"
#include "tokenizers/models/rank_bpe_pairs.h"

namespace tokrail {
namespace {

using Rank = RankBpe::Rank;
using Tables = RankBpe::Tables;
constexpr Rank kNoRank = RankBpe::kNoRank;

void require(bool holds, const char* what) {
  if (!holds) throw Error(ErrorCode::kInvalidFile, std::string("expected ") + what);
}

// The loops below run over a few million numbers each time a file is opened. They collect what is
// wrong instead of leaving at once, so that they can be vectorised.

bool trie_values_fit(const Tables& tables) noexcept {
  const auto limit = static_cast<uint32_t>(tables.ids.size());
  uint32_t bad = 0;
  // kNoValue becomes 0, the values 1 to limit.
  for (const ByteTrieNode& node : tables.trie) bad |= node.value + 1 > limit ? 1 : 0;
  return bad == 0;
}

/// Ends of probing are found: no entry leads to a rank there is not, and one slot is empty.
bool pairs_fit(const Tables& tables) noexcept {
  const auto limit = static_cast<uint32_t>(tables.tokens.size());
  uint32_t bad = 0;
  uint32_t empty = 0;
  for (const uint32_t entry : tables.pairs) {
    const uint32_t is_empty = entry == rank_bpe_pairs::kEmpty ? 1 : 0;
    const uint32_t is_out = (entry & rank_bpe_pairs::kRankMask) >= limit ? 1 : 0;
    bad |= is_out & ~is_empty;
    empty |= is_empty;
  }
  return bad == 0 && empty != 0;
}

/// Undoing merges ends: parts rank lower, and trying shorter prefixes ends: they are shorter.
bool tokens_fit(const Tables& tables) noexcept {
  const RankBpe::Token* const tokens = tables.tokens.data();
  const size_t count = tables.tokens.size();
  const uint32_t longest_unit = tables.units == RankBpe::Units::kBytes ? 1 : 4;
  bool all = true;
  for (Rank rank = 0; rank < tables.base_count; ++rank) {
    const RankBpe::Token& token = tokens[rank];
    all &= token.left == rank && token.right == rank;
    all &= token.length >= 1 && token.length <= longest_unit;
  }
  uint32_t lengths = 0;  // all of them, by or: sums of two below 2^31 do not wrap around
  for (Rank rank = tables.base_count; rank < count; ++rank) {
    const RankBpe::Token& token = tokens[rank];
    if (std::max(token.left, token.right) >= rank) return false;
    lengths |= token.length;
    all &= token.length == tokens[token.left].length + tokens[token.right].length;
  }
  for (Rank rank = 0; rank < count; ++rank) {
    // kNoRank is let through by comparing the token with one that is shorter than all.
    static constexpr RankBpe::Token kEmpty = {};
    const Rank prefix = tokens[rank].next_prefix;
    const RankBpe::Token* const shorter = prefix == kNoRank ? &kEmpty : tokens + prefix;
    if (prefix >= count && prefix != kNoRank) return false;
    all &= shorter->length < tokens[rank].length;
  }
  return all && lengths >> 31 == 0;
}

/// Ranks lead to ids and back.
bool ids_fit(const Tables& tables) noexcept {
  const auto count = static_cast<uint32_t>(tables.tokens.size());
  const auto size = static_cast<uint32_t>(tables.ranks.size());
  uint32_t bad = 0;
  for (const TokenId id : tables.ids) bad |= id >= size ? 1 : 0;
  for (const Rank rank : tables.ranks) bad |= rank + 1 > count ? 1 : 0;  // kNoRank becomes 0
  if (bad != 0) return false;
  for (Rank rank = 0; rank < count; ++rank) bad |= tables.ranks[tables.ids[rank]] ^ rank;
  return bad == 0;
}

/// Where every byte is said to be a token, each leads to one from the root.
bool bytes_fit(const Tables& tables) noexcept {
  if (tables.units != RankBpe::Units::kBytes || tables.base_count != 256) return true;
  const ByteTrieView trie(tables.trie);
  bool all = true;
  for (unsigned byte = 0; byte < 256; ++byte) {
    all &= trie.value(trie.next(ByteTrieView::kRoot, static_cast<unsigned char>(byte))) < 256;
  }
  return all;
}

}  // namespace

RankBpe RankBpe::from_tables(const Tables& tables, std::shared_ptr<const void> owner) {
  const size_t ranks = tables.tokens.size();
  require(ranks <= rank_bpe_pairs::kRankMask && tables.base_count <= ranks &&
              ranks <= tables.ids.size() && tables.ids.size() <= tables.ranks.size() &&
              tables.ranks.size() <= rank_bpe_pairs::kRankMask,
          "as many ranks as tokens, and no more tokens than ids");
  require(ByteTrieView::is_valid(tables.trie) && trie_values_fit(tables),
          "a trie that stays inside of its nodes, with values that are ranks");
  require(std::has_single_bit(tables.pairs.size()) && tables.pairs.size() >= 2 && pairs_fit(tables),
          "a table of pairs with a power of 2 of slots, one of them empty, that holds ranks");
  require(tokens_fit(tables), "tokens that are merged from tokens before them");
  require(ids_fit(tables), "ids that lead to their ranks");
  require(bytes_fit(tables), "a token for each of the 256 bytes");
  RankBpe bpe;
  bpe.trie_ = ByteTrieView(tables.trie);
  bpe.tokens_ = tables.tokens;
  bpe.ids_ = tables.ids;
  bpe.ranks_ = tables.ranks;
  bpe.pairs_ = tables.pairs;
  bpe.pair_shift_ = 64 - static_cast<uint32_t>(std::countr_zero(tables.pairs.size()));
  bpe.base_count_ = tables.base_count;
  bpe.units_ = tables.units;
  bpe.owner_ = std::move(owner);
  bpe.describe();
  return bpe;
}

RankBpe::Tables RankBpe::tables() const noexcept {
  return {trie_.nodes(), tokens_, ids_, ranks_, pairs_, base_count_, units_};
}

void RankBpe::describe() noexcept {
  uint32_t differences = 0;
  for (Rank place = 0; place < ids_.size(); ++place) differences |= ids_[place] ^ place;
  identity_ids_ = differences == 0;
  all_bytes_known_ = units_ == Units::kBytes && base_count_ == 256;
}

}  // namespace tokrail
