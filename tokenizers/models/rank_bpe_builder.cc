// Building RankBpe from priorities or merges.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/parallel.h"
#include "base/utf8.h"
#include "tokenizers/models/rank_bpe.h"
#include "tokenizers/models/rank_bpe_pairs.h"

namespace tokrail {
namespace {

bool is_base_unit(std::string_view text, RankBpe::Units units) noexcept {
  if (text.size() == 1) return true;
  if (units == RankBpe::Units::kBytes) return false;
  return decode_utf8(text.data(), text.data() + text.size()).length == text.size();
}

}  // namespace

/// The arrays of a RankBpe that was built here.
struct RankBpe::Arrays {
  ByteTrie trie;
  std::vector<Token> tokens;
  std::vector<TokenId> ids;
  std::vector<Rank> ranks;
  std::vector<uint32_t> pairs;
};

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
    if (arrays_->ids == candidates_) {
      for (uint32_t place = 0; place < candidates_.size(); ++place) {
        arrays_->tokens[place].next_prefix = splits[place].prefix;
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
    if (texts_.size() > rank_bpe_pairs::kRankMask) return false;
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
    arrays_->trie = ByteTrie::build(entries);
    arrays_->ranks.assign(texts_.size(), kNoRank);
    arrays_->tokens.resize(candidates_.size());
    arrays_->ids.reserve(candidates_.size());
    const size_t slots = std::bit_ceil(std::max<size_t>(64, candidates_.size() * 2));
    arrays_->pairs.assign(slots, rank_bpe_pairs::kEmpty);
    bpe_.owner_ = arrays_;
    bpe_.units_ = units_;
    bpe_.base_count_ = static_cast<Rank>(bases);
    use_arrays();
    for (size_t place = 0; place < bases; ++place) add(candidates_[place], kNoRank, kNoRank);
    return true;
  }

  Rank add(TokenId id, Rank left, Rank right) {
    const auto rank = static_cast<Rank>(arrays_->ids.size());
    if (left == kNoRank) left = right = rank;
    arrays_->tokens[rank] = {left, right, kNoRank, static_cast<uint32_t>(texts_[id].size())};
    arrays_->ids.push_back(id);
    arrays_->ranks[id] = rank;
    return rank;
  }

  /// Brings what valid_pair will read first near.
  void prefetch_split(const PossibleSplits& splits) const {
    if (splits.count == 0) return;
    const Rank left = rank_of(splits.left[0]), right = rank_of(splits.right[0]);
    if (left == kNoRank || right == kNoRank) return;
    __builtin_prefetch(&bpe_.pairs_[rank_bpe_pairs::hash(left, right) >> bpe_.pair_shift_]);
    __builtin_prefetch(&bpe_.tokens_[left]);
    __builtin_prefetch(&bpe_.tokens_[right]);
  }

  Rank rank_of(uint32_t place) const {
    return place == kNoPlace ? kNoRank : bpe_.ranks_[candidates_[place]];
  }

  void add_pair(Rank left, Rank right, Rank rank) {
    const uint64_t hash = rank_bpe_pairs::hash(left, right);
    const size_t mask = bpe_.pairs_.size() - 1;
    size_t slot = hash >> bpe_.pair_shift_;
    while (bpe_.pairs_[slot] != rank_bpe_pairs::kEmpty) slot = (slot + 1) & mask;
    arrays_->pairs[slot] = rank_bpe_pairs::tag(hash) | rank;
  }

  /// Calls visit(left, right) for every way to write `text` as two tokens, longest left part
  /// first, until it answers true. Answers the longest proper prefix.
  template <typename Visit>
  uint32_t for_each_split(std::string_view text, const TextIndex& index, Visit visit) const {
    const ByteTrieView& trie = arrays_->trie.view();
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
    const ByteTrieView& trie = arrays_->trie.view();
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
    if (!joins(merge)) return false;
    const Rank left = bpe_.ranks_[merge.left], right = bpe_.ranks_[merge.right];
    if (left == kNoRank || right == kNoRank) return true;    // perhaps a late merge, see below
    if (!bpe_.valid_pair(left, right)) return true;          // no text comes to this merge
    if (bpe_.ranks_[merge.result] != kNoRank) return false;  // two ways to one token
    add_pair(left, right, add(merge.result, left, right));
    return true;
  }

  /// Whether the merge makes what its parts spell. Files that say so by text always do.
  bool joins(const Merge& merge) const {
    const std::string_view left = texts_[merge.left], right = texts_[merge.right];
    const std::string_view whole = texts_[merge.result];
    return whole.size() == left.size() + right.size() && whole.starts_with(left) &&
           whole.ends_with(right);
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

  void use_arrays() {
    bpe_.trie_ = arrays_->trie.view();
    bpe_.tokens_ = arrays_->tokens;
    bpe_.ids_ = arrays_->ids;
    bpe_.ranks_ = arrays_->ranks;
    bpe_.pairs_ = arrays_->pairs;
    bpe_.pair_shift_ = 64 - static_cast<uint32_t>(std::countr_zero(arrays_->pairs.size()));
  }

  void finish() {
    arrays_->tokens.resize(arrays_->ids.size());
    if (arrays_->ids != candidates_) rebuild_trie();
    use_arrays();
    if (!prefixes_linked_) {
      for (Rank rank = 0; rank < arrays_->tokens.size(); ++rank) {
        const std::string_view text = texts_[arrays_->ids[rank]];
        arrays_->tokens[rank].next_prefix =
            bpe_.longest_match(text.data(), text.data() + text.size() - 1);
      }
    }
    bpe_.describe();
  }

  // Unreachable tokens keep a place behind the ranks, for find() alone.
  void rebuild_trie() {
    for (const TokenId id : candidates_) {
      if (arrays_->ranks[id] == kNoRank) arrays_->ids.push_back(id);
    }
    std::vector<ByteTrieEntry> entries;
    entries.reserve(arrays_->ids.size());
    for (uint32_t place = 0; place < arrays_->ids.size(); ++place) {
      entries.push_back({texts_[arrays_->ids[place]], place});
    }
    arrays_->trie = ByteTrie::build(entries);
  }

  const ByteStrings& texts_;
  Units units_;
  RankBpe bpe_;
  // Of bpe_, which sees what is in them so far. The trie holds places until finish() makes ranks.
  std::shared_ptr<Arrays> arrays_ = std::make_shared<Arrays>();
  std::vector<TokenId> candidates_;  // by place
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
