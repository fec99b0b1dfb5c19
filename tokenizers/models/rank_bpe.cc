#include "tokenizers/models/rank_bpe.h"

#include "tokenizers/models/rank_bpe_pairs.h"

namespace tokrail {

RankBpe::Rank RankBpe::merged(Rank left, Rank right) const noexcept {
  const uint64_t hash = rank_bpe_pairs::hash(left, right);
  const uint32_t tag = rank_bpe_pairs::tag(hash);
  const size_t mask = pairs_.size() - 1;
  for (size_t slot = hash >> pair_shift_;; slot = (slot + 1) & mask) {
    const uint32_t entry = pairs_[slot];
    if (entry == rank_bpe_pairs::kEmpty) return kNoRank;
    if ((entry & ~rank_bpe_pairs::kRankMask) != tag) continue;
    const Token& token = tokens_[entry & rank_bpe_pairs::kRankMask];
    if (token.left == left && token.right == right) return entry & rank_bpe_pairs::kRankMask;
  }
}

bool RankBpe::valid_pair(Rank left, Rank right) const noexcept {
  return merged(left, right) == kNoRank && valid_parts(left, right);
}

bool RankBpe::valid_parts(Rank left, Rank right) const noexcept {
  while (true) {
    // The rank below which a merge across the boundary would have come first. Of two merges of the
    // same rank the one further left comes first, hence the one more when the right part is undone.
    Rank limit;
    if (left > right) {
      if (left < base_count_) return true;
      limit = left;
      left = tokens_[left].right;
    } else {
      if (right < base_count_) return true;
      limit = right + 1;
      right = tokens_[right].left;
    }
    if (merged(left, right) < limit) return false;
  }
}

RankBpe::Rank RankBpe::longest_match(const char* text, const char* end) const noexcept {
  auto state = ByteTrieView::kRoot;
  Rank best = kNoRank;
  for (; text < end; ++text) {
    state = trie_.next(state, *text);
    if (state == ByteTrieView::kNowhere) break;
    const uint32_t value = trie_.value(state);
    if (value < tokens_.size()) best = value;
  }
  return best;
}

TokenId RankBpe::find(std::string_view piece) const noexcept {
  const uint32_t value = trie_.find_value(piece);
  return value == ByteTrieView::kNoValue ? kNoToken : ids_[value];
}

template <typename Open>
size_t RankBpe::encode_with(std::string_view piece, TokenId* out, Open open,
                            size_t& stop) const noexcept {
  const char* const begin = piece.data();
  const char* const end = begin + piece.size();
  size_t n = 0;
  size_t at = 0;
  Rank next = longest_match(begin, end);
  while (next != kNoRank || n != 0) {
    if (next == kNoRank) {
      // Nothing fits at `at` behind what stands before it: no token may end there.
      open.close(at);
      next = out[--n];
      at -= tokens_[next].length;
      next = tokens_[next].next_prefix;
      continue;
    }
    // Tables of a file may tell another length than the text that was matched has.
    const size_t token_end = at + tokens_[next].length;
    if (token_end > piece.size() || !open.at(token_end) ||
        (n != 0 && !valid_pair(out[n - 1], next))) {
      next = tokens_[next].next_prefix;
      continue;
    }
    out[n++] = next;
    at = token_end;
    if (at == piece.size()) break;
    next = longest_match(begin + at, end);
    if (next == kNoRank) break;  // a base unit that is no token
  }
  stop = at;
  if (!identity_ids_) {
    for (size_t i = 0; i < n; ++i) out[i] = ids_[out[i]];
  }
  return n;
}

namespace {

/// Ends that are still possible, one bit per position; positions 0 to 63 in a register.
struct OpenShort {
  uint64_t bits = ~uint64_t{0};
  bool at(size_t position) const noexcept { return bits >> position & 1; }
  void close(size_t position) noexcept { bits &= ~(uint64_t{1} << position); }
};

struct OpenLong {
  uint64_t* words;
  size_t origin;  // bit of position 0
  bool at(size_t position) const noexcept {
    const size_t bit = origin + position;
    return words[bit >> 6] >> (bit & 63) & 1;
  }
  void close(size_t position) const noexcept {
    const size_t bit = origin + position;
    words[bit >> 6] &= ~(uint64_t{1} << (bit & 63));
  }
};

}  // namespace

size_t RankBpe::encode_known(std::string_view piece, size_t begin, TokenId* out, Scratch& scratch,
                             size_t& stop) const {
  const std::string_view rest = piece.substr(begin);
  stop = begin;
  if (rest.empty()) return 0;
  size_t length = 0;
  size_t count = 0;
  if (piece.size() < 64) {
    count = encode_with(rest, out, OpenShort{}, length);
  } else {
    // Bits behind `begin` are untouched by the calls before.
    if (begin == 0) scratch.open.assign(piece.size() / 64 + 1, ~uint64_t{0});
    count = encode_with(rest, out, OpenLong{scratch.open.data(), begin}, length);
  }
  stop = begin + length;
  return count;
}

size_t RankBpe::encode(std::string_view piece, TokenId* out, Scratch& scratch) const {
  size_t stop = 0;
  const size_t count = encode_known(piece, 0, out, scratch, stop);
  return stop == piece.size() ? count : kUnknown;
}

bool RankBpe::is_reachable(TokenId id) const noexcept {
  return rank(id) != kNoRank;
}

bool RankBpe::is_canonical_pair(TokenId left, TokenId right) const noexcept {
  const Rank a = rank(left), b = rank(right);
  return a != kNoRank && b != kNoRank && valid_pair(a, b);
}

std::optional<Merge> RankBpe::split(TokenId token) const noexcept {
  const Rank r = rank(token);
  if (r == kNoRank || r < base_count_) return std::nullopt;
  return Merge{ids_[tokens_[r].left], ids_[tokens_[r].right], token};
}

}  // namespace tokrail
