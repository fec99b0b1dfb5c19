#include "tokenizers/rank_bpe.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/parallel.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

// A slot of the pair table: the rank of the merged token and a tag of the hash. The parts are not
// stored: they are looked up through the rank, and the tag spares nearly all of those look-ups.
constexpr int kRankBits = 22;
constexpr uint32_t kRankMask = (1u << kRankBits) - 1;
constexpr uint32_t kEmptyPair = 0xFFFFFFFFu;

uint64_t pair_hash(uint32_t left, uint32_t right) noexcept {
  uint64_t h = (uint64_t{left} << 32 | right) * 0x9E3779B97F4A7C15ull;
  return (h ^ h >> 29) * 0xBF58476D1CE4E5B9ull;
}

uint32_t pair_tag(uint64_t hash) noexcept {
  return static_cast<uint32_t>(hash & ((1u << (32 - kRankBits)) - 1)) << kRankBits;
}

bool is_base_unit(std::string_view text, RankBpe::Units units) noexcept {
  if (text.size() == 1) return true;
  if (units == RankBpe::Units::kBytes) return false;
  return decode_utf8(text.data(), text.data() + text.size()).length == text.size();
}

}  // namespace

// ---------------------------------------------------------------------------- encoding

RankBpe::Rank RankBpe::merged(Rank left, Rank right) const noexcept {
  const uint64_t hash = pair_hash(left, right);
  const uint32_t tag = pair_tag(hash);
  const size_t mask = pairs_.size() - 1;
  for (size_t slot = hash >> pair_shift_;; slot = (slot + 1) & mask) {
    const uint32_t entry = pairs_[slot];
    if (entry == kEmptyPair) return kNoRank;
    if ((entry & ~kRankMask) != tag) continue;
    const Token& token = tokens_[entry & kRankMask];
    if (token.left == left && token.right == right) return entry & kRankMask;
  }
}

bool RankBpe::valid_pair(Rank left, Rank right) const noexcept {
  // The rank below which a merge across the boundary would have come first. Of two merges of the
  // same rank the one further left comes first, hence the one more when the right part is undone.
  Rank limit = kNoRank;
  while (true) {
    if (merged(left, right) < limit) return false;
    if (left > right) {
      if (left < base_count_) return true;
      limit = left;
      left = tokens_[left].right;
    } else {
      if (right < base_count_) return true;
      limit = right + 1;
      right = tokens_[right].left;
    }
  }
}

RankBpe::Rank RankBpe::longest_match(const char* text, const char* end) const noexcept {
  const ByteTrieView& trie = trie_.view();
  auto state = ByteTrieView::kRoot;
  Rank best = kNoRank;
  for (; text < end; ++text) {
    state = trie.next(state, *text);
    if (state == ByteTrieView::kNowhere) break;
    const uint32_t value = trie.value(state);
    if (value < tokens_.size()) best = value;
  }
  return best;
}

TokenId RankBpe::find(std::string_view piece) const noexcept {
  const uint32_t value = trie_.view().find_value(piece);
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
    const size_t token_end = at + tokens_[next].length;
    if (!open.at(token_end) || (n != 0 && !valid_pair(out[n - 1], next))) {
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

bool RankBpe::is_reachable(TokenId id) const noexcept { return rank(id) != kNoRank; }

bool RankBpe::is_canonical_pair(TokenId left, TokenId right) const noexcept {
  const Rank a = rank(left), b = rank(right);
  return a != kNoRank && b != kNoRank && valid_pair(a, b);
}

std::optional<Merge> RankBpe::split(TokenId token) const noexcept {
  const Rank r = rank(token);
  if (r == kNoRank || r < base_count_) return std::nullopt;
  return Merge{ids_[tokens_[r].left], ids_[tokens_[r].right], token};
}

// ---------------------------------------------------------------------------- building

// Tokens enter in order of priority; when a token enters, the pair table holds exactly the merges
// that come before it, so valid_pair answers for the moment just before its own merge.
//
// While building, a token is known by its place in the order of candidates, base units first. Where
// every candidate turns out to be reachable, which is the rule, places are ranks and the trie made
// at the start is the final one.
class RankBpe::Builder {
 public:
  Builder(const ByteStrings& texts, Units units) : texts_(texts), units_(units) {}

  std::optional<RankBpe> from_priorities(std::span<const TokenId> by_priority) {
    if (!start(by_priority)) return std::nullopt;
    const TextIndex index(texts_, candidates_);
    std::vector<PossibleSplits> splits(candidates_.size());
    parallel_for(0, candidates_.size(), 4096, [&](size_t begin, size_t end) {
      for (; begin < end; begin += kTogether) {
        possible_splits(begin, std::min(begin + kTogether, end), index, splits.data());
      }
    });
    for (uint32_t place = bpe_.base_count_; place < candidates_.size(); ++place) {
      if (place + kAhead < candidates_.size()) prefetch_split(splits[place + kAhead]);
      enter_by_text(place, splits[place], index);
    }
    if (bpe_.ids_ == candidates_) {
      for (uint32_t place = 0; place < candidates_.size(); ++place) {
        bpe_.tokens_[place].next_prefix = splits[place].prefix;
      }
      prefixes_linked_ = true;
    }
    finish();
    if (has_late_merge(false, [](TokenId, TokenId) { return true; })) return std::nullopt;
    return std::move(bpe_);
  }

  std::optional<RankBpe> from_merges(std::span<const Merge> merges) {
    std::vector<TokenId> order;
    order.reserve(texts_.size());
    for (TokenId id = 0; id < texts_.size(); ++id) {
      if (!texts_[id].empty() && is_base_unit(texts_[id], units_)) order.push_back(id);
    }
    std::vector<bool> listed(texts_.size());
    for (const Merge& merge : merges) {
      if (!listed[merge.result]) order.push_back(merge.result);
      listed[merge.result] = true;
    }
    if (!start(order)) return std::nullopt;
    for (const Merge& merge : merges) {
      if (!enter_merge(merge)) return std::nullopt;
    }
    finish();
    const auto listed_merge = [&](TokenId left, TokenId right) {
      return std::any_of(merges.begin(), merges.end(), [&](const Merge& merge) {
        return merge.left == left && merge.right == right;
      });
    };
    if (has_late_merge(true, listed_merge)) return std::nullopt;
    return std::move(bpe_);
  }

 private:
  static constexpr uint32_t kNoPlace = ByteTrieView::kNoValue;
  static constexpr size_t kTogether = 16;
  static constexpr uint32_t kAhead = 16;

  /// The first few ways to write a token as two others, longest left part first.
  struct PossibleSplits {
    static constexpr uint32_t kKept = 3;
    uint32_t left[kKept], right[kKept];  // places
    uint32_t count = 0;                  // of all, kept or not
    uint32_t prefix = kNoPlace;          // the longest token that is a proper prefix

    void add(uint32_t left_place, uint32_t right_place) {
      if (count < kKept) {
        left[count] = left_place;
        right[count] = right_place;
      }
      ++count;
    }
  };

  /// Places by text. A look-up costs two cache misses, a walk down the trie one for every byte.
  class TextIndex {
   public:
    TextIndex(const ByteStrings& texts, const std::vector<TokenId>& candidates)
        : texts_(texts),
          candidates_(candidates),
          slots_(std::bit_ceil(std::max<size_t>(64, candidates.size() * 2)), Slot{0, kNoPlace}),
          shift_(64 - std::countr_zero(slots_.size())) {
      for (uint32_t place = 0; place < candidates.size(); ++place) {
        const uint64_t hash = hash_of(texts[candidates[place]]);
        size_t slot = hash >> shift_;
        while (slots_[slot].place != kNoPlace) slot = (slot + 1) & (slots_.size() - 1);
        slots_[slot] = {static_cast<uint32_t>(hash), place};
      }
    }

    /// The last candidate with this text, as in the trie.
    uint32_t find(std::string_view text) const noexcept { return find(text, hash_of(text)); }
    uint32_t find(std::string_view text, uint64_t hash) const noexcept {
      uint32_t found = kNoPlace;
      for (size_t slot = hash >> shift_; slots_[slot].place != kNoPlace;
           slot = (slot + 1) & (slots_.size() - 1)) {
        const Slot& candidate = slots_[slot];
        if (candidate.tag == static_cast<uint32_t>(hash) &&
            texts_[candidates_[candidate.place]] == text) {
          found = candidate.place;
        }
      }
      return found;
    }

    void prefetch(uint64_t hash) const noexcept { __builtin_prefetch(&slots_[hash >> shift_]); }

    static uint64_t hash_of(std::string_view text) noexcept {
      uint64_t hash = text.size() * 0x9E3779B97F4A7C15ull;
      const char* p = text.data();
      size_t left = text.size();
      for (; left >= 8; left -= 8, p += 8) {
        uint64_t word;
        std::memcpy(&word, p, 8);
        hash = (std::rotl(hash, 29) ^ word) * 0xD6E8FEB86659FD93ull;
      }
      uint64_t word = 0;
      std::memcpy(&word, p, left);
      hash = (std::rotl(hash, 29) ^ word) * 0xD6E8FEB86659FD93ull;
      return hash ^ hash >> 32;
    }

   private:
    struct Slot {
      uint32_t tag, place;
    };

    const ByteStrings& texts_;
    const std::vector<TokenId>& candidates_;
    std::vector<Slot> slots_;
    int shift_;
  };

  bool start(std::span<const TokenId> order) {
    if (texts_.size() > kRankMask) return false;
    candidates_.reserve(order.size());
    for (const TokenId id : order) {
      if (!texts_[id].empty() && is_base_unit(texts_[id], units_)) candidates_.push_back(id);
    }
    const size_t bases = candidates_.size();
    for (const TokenId id : order) {
      if (!texts_[id].empty() && !is_base_unit(texts_[id], units_)) candidates_.push_back(id);
    }
    std::vector<ByteTrieEntry> entries;
    entries.reserve(candidates_.size());
    for (uint32_t place = 0; place < candidates_.size(); ++place) {
      entries.push_back({texts_[candidates_[place]], place});
    }
    trie_ = ByteTrie::build(entries);
    bpe_.ranks_.assign(texts_.size(), kNoRank);
    bpe_.tokens_.reserve(candidates_.size());
    bpe_.ids_.reserve(candidates_.size());
    const size_t slots = std::bit_ceil(std::max<size_t>(64, candidates_.size() * 2));
    bpe_.pairs_.assign(slots, kEmptyPair);
    bpe_.pair_shift_ = 64 - static_cast<uint32_t>(std::countr_zero(slots));
    for (size_t place = 0; place < bases; ++place) add(candidates_[place], kNoRank, kNoRank);
    bpe_.base_count_ = static_cast<Rank>(bases);
    return true;
  }

  Rank add(TokenId id, Rank left, Rank right) {
    const auto rank = static_cast<Rank>(bpe_.tokens_.size());
    if (left == kNoRank) left = right = rank;
    bpe_.tokens_.push_back({left, right, kNoRank, static_cast<uint32_t>(texts_[id].size())});
    bpe_.ids_.push_back(id);
    bpe_.ranks_[id] = rank;
    return rank;
  }

  /// Brings what valid_pair will read first near.
  void prefetch_split(const PossibleSplits& splits) const {
    if (splits.count == 0) return;
    const Rank left = rank_of(splits.left[0]), right = rank_of(splits.right[0]);
    if (left == kNoRank || right == kNoRank) return;
    __builtin_prefetch(&bpe_.pairs_[pair_hash(left, right) >> bpe_.pair_shift_]);
    __builtin_prefetch(&bpe_.tokens_[left]);
    __builtin_prefetch(&bpe_.tokens_[right]);
  }

  Rank rank_of(uint32_t place) const {
    return place == kNoPlace ? kNoRank : bpe_.ranks_[candidates_[place]];
  }

  void add_pair(Rank left, Rank right, Rank rank) {
    const uint64_t hash = pair_hash(left, right);
    const size_t mask = bpe_.pairs_.size() - 1;
    size_t slot = hash >> bpe_.pair_shift_;
    while (bpe_.pairs_[slot] != kEmptyPair) slot = (slot + 1) & mask;
    bpe_.pairs_[slot] = pair_tag(hash) | rank;
  }

  /// Calls visit(left, right) for every way to write `text` as two tokens, longest left part
  /// first, until it answers true. Answers the longest proper prefix.
  template <typename Visit>
  uint32_t for_each_split(std::string_view text, const TextIndex& index, Visit visit) const {
    const ByteTrieView& trie = trie_.view();
    constexpr size_t kMost = 64;
    std::pair<uint32_t, uint32_t> on_stack[kMost];  // places of prefixes, and their lengths
    std::vector<std::pair<uint32_t, uint32_t>> on_heap;
    if (text.size() > kMost) on_heap.resize(text.size());
    auto* const prefixes = on_heap.empty() ? on_stack : on_heap.data();
    size_t count = 0;
    auto state = ByteTrieView::kRoot;
    for (size_t i = 0; i + 1 < text.size(); ++i) {
      state = trie.next(state, text[i]);
      const uint32_t place = trie.value(state);
      if (place != kNoPlace) prefixes[count++] = {place, static_cast<uint32_t>(i + 1)};
    }
    for (size_t i = count; i-- > 0;) {
      const uint32_t right = index.find(text.substr(prefixes[i].second));
      if (right != kNoPlace && visit(prefixes[i].first, right)) break;
    }
    return count == 0 ? kNoPlace : prefixes[count - 1].first;
  }

  // Looks several tokens up side by side, so that their cache misses overlap: first all walks
  // down the trie, one byte at a time, then the slots of all suffixes, then the answers.
  void possible_splits(size_t begin, size_t end, const TextIndex& index,
                       PossibleSplits* splits) const {
    constexpr size_t kLongest = 32;
    struct Prefix {
      uint32_t place;
      uint32_t length;
      uint64_t suffix_hash;
    };
    const ByteTrieView& trie = trie_.view();
    const size_t count = end - begin;
    std::string_view texts[kTogether];
    ByteTrieView::State states[kTogether];
    Prefix prefixes[kTogether][kLongest];
    size_t found[kTogether] = {};
    size_t longest = 0;
    for (size_t i = 0; i < count; ++i) {
      texts[i] = texts_[candidates_[begin + i]];
      states[i] = ByteTrieView::kRoot;
      if (texts[i].size() > kLongest) {
        splits[begin + i] = possible_splits_of_long(texts[i], index);
      } else {
        longest = std::max(longest, texts[i].size());
      }
    }
    for (size_t at = 0; at + 1 < longest; ++at) {
      for (size_t i = 0; i < count; ++i) {
        if (at + 1 >= texts[i].size() || texts[i].size() > kLongest) continue;
        states[i] = trie.next(states[i], texts[i][at]);
        const uint32_t place = trie.value(states[i]);
        if (place == kNoPlace) continue;
        const uint64_t hash = TextIndex::hash_of(texts[i].substr(at + 1));
        index.prefetch(hash);
        prefixes[i][found[i]++] = {place, static_cast<uint32_t>(at + 1), hash};
      }
    }
    for (size_t i = 0; i < count; ++i) {
      if (texts[i].size() > kLongest) continue;
      PossibleSplits& kept = splits[begin + i];
      if (found[i] != 0) kept.prefix = prefixes[i][found[i] - 1].place;
      for (size_t j = found[i]; j-- > 0;) {
        const Prefix& prefix = prefixes[i][j];
        const uint32_t right = index.find(texts[i].substr(prefix.length), prefix.suffix_hash);
        if (right != kNoPlace) kept.add(prefix.place, right);
      }
    }
  }

  PossibleSplits possible_splits_of_long(std::string_view text, const TextIndex& index) const {
    PossibleSplits splits;
    splits.prefix = for_each_split(text, index, [&](uint32_t left, uint32_t right) {
      splits.add(left, right);
      return false;
    });
    return splits;
  }

  // The only split of a reachable token is the pair of earlier tokens that touch validly. Where
  // each part has entered already, parts rank lower by construction.
  void enter_by_text(uint32_t place, const PossibleSplits& splits, const TextIndex& index) {
    const std::string_view text = texts_[candidates_[place]];
    bool entered = false;
    const auto enter = [&](uint32_t left_place, uint32_t right_place) {
      const Rank left = rank_of(left_place), right = rank_of(right_place);
      entered = left != kNoRank && right != kNoRank && bpe_.valid_pair(left, right);
      if (entered) add_pair(left, right, add(candidates_[place], left, right));
      return entered;
    };
    if (splits.count <= PossibleSplits::kKept) {
      for (uint32_t i = 0; i < splits.count && !entered; ++i) {
        enter(splits.left[i], splits.right[i]);
      }
    } else {
      for_each_split(text, index, enter);
    }
  }

  bool enter_merge(const Merge& merge) {
    const Rank left = bpe_.ranks_[merge.left], right = bpe_.ranks_[merge.right];
    if (left == kNoRank || right == kNoRank) return true;    // perhaps a late merge, see below
    if (!bpe_.valid_pair(left, right)) return true;          // no text comes to this merge
    if (bpe_.ranks_[merge.result] != kNoRank) return false;  // two ways to one token
    add_pair(left, right, add(merge.result, left, right));
    return true;
  }

  // A late merge has a part that ranks behind it: as soon as the part appears beside the other, the
  // merge is next, and ranks alone no longer say what comes before what. Such a merge matters only
  // if some text comes to it. What a span of text goes through does not depend on its surroundings
  // as long as nothing merges across its ends, so a token is reached in one way at most; a token
  // that has entered has no second way. And a shortest token that is reached by a late merge is, up
  // to that last merge, encoded by the merges that have entered: into exactly its two parts.
  template <typename IsMerge>
  bool has_late_merge(bool explicit_merges, IsMerge is_merge) const {
    Scratch scratch;
    std::vector<TokenId> parts;
    for (const TokenId id : candidates_) {
      if (bpe_.ranks_[id] != kNoRank) continue;
      const std::string_view text = texts_[id];
      parts.resize(text.size());
      const size_t count = bpe_.encode(text, parts.data(), scratch);
      if (count == kUnknown && !explicit_merges) return true;  // made of what is no token itself
      if (count == 2 && is_merge(parts[0], parts[1])) return true;
    }
    return false;
  }

  void finish() {
    if (bpe_.ids_ == candidates_) {
      bpe_.trie_ = std::move(trie_);
    } else {
      rebuild_trie();
    }
    if (!prefixes_linked_) {
      for (Rank rank = 0; rank < bpe_.tokens_.size(); ++rank) {
        const std::string_view text = texts_[bpe_.ids_[rank]];
        bpe_.tokens_[rank].next_prefix =
            bpe_.longest_match(text.data(), text.data() + text.size() - 1);
      }
    }
    bpe_.identity_ids_ = true;
    for (uint32_t place = 0; place < bpe_.ids_.size() && bpe_.identity_ids_; ++place) {
      bpe_.identity_ids_ = bpe_.ids_[place] == place;
    }
    bpe_.units_ = units_;
    bpe_.all_bytes_known_ = units_ == Units::kBytes && bpe_.base_count_ == 256;
  }

  // Unreachable tokens keep a place behind the ranks, for find() alone.
  void rebuild_trie() {
    for (const TokenId id : candidates_) {
      if (bpe_.ranks_[id] == kNoRank) bpe_.ids_.push_back(id);
    }
    std::vector<ByteTrieEntry> entries;
    entries.reserve(bpe_.ids_.size());
    for (uint32_t place = 0; place < bpe_.ids_.size(); ++place) {
      entries.push_back({texts_[bpe_.ids_[place]], place});
    }
    bpe_.trie_ = ByteTrie::build(entries);
  }

  const ByteStrings& texts_;
  Units units_;
  RankBpe bpe_;
  ByteTrie trie_;                     // text -> place
  std::vector<TokenId> candidates_;   // by place
  bool prefixes_linked_ = false;
};

std::optional<RankBpe> RankBpe::from_priorities(const ByteStrings& texts,
                                                std::span<const TokenId> by_priority, Units units) {
  return Builder(texts, units).from_priorities(by_priority);
}

std::optional<RankBpe> RankBpe::from_merges(const ByteStrings& texts, std::span<const Merge> merges,
                                            Units units) {
  return Builder(texts, units).from_merges(merges);
}

}  // namespace tokrail
