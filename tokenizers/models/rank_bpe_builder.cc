// Building RankBpe from priorities or merges.
#include <algorithm>
#include <bit>
#include <utility>

#include "base/parallel.h"
#include "base/utf8.h"
#include "tokenizers/models/rank_bpe.h"
#include "tokenizers/models/rank_bpe_pairs.h"
#include "tokenizers/models/rank_bpe_splits.h"
#include "tokenizers/sorted_keys.h"

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
// every candidate turns out to be reachable, which is the rule, places are ranks and the trie of
// places, which is made meanwhile on another thread, is the final one.
class RankBpe::Builder {
 public:
  Builder(const ByteStrings& texts, Units units) : texts_(texts), units_(units) {}

  std::optional<RankBpe> from_priorities(std::span<const TokenId> by_priority) {
    if (!start(by_priority)) return std::nullopt;
    beside_trie([this] {
      const TokenSplits splits(texts_, candidates_, keys_);
      for (uint32_t place = bpe_.base_count_; place < candidates_.size(); ++place) {
        prefetch_guess(place, splits);
        enter_by_text(place, splits);
      }
      finish_tokens([&](uint32_t place) { return splits.prefix(place); });
    });
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
    bool all_entered = true;
    beside_trie([&] {
      for (const Merge& merge : merges) {
        all_entered = enter_merge(merge);
        if (!all_entered) return;
      }
      const std::vector<uint32_t> prefixes = longest_prefixes(keys_, candidates_.size());
      finish_tokens([&](uint32_t place) { return prefixes[place]; });
    });
    if (!all_entered) return std::nullopt;
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
  static constexpr uint32_t kNoPlace = TokenSplits::kNoPlace;

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
    sort_candidates();
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

  void sort_candidates() {
    std::vector<ByteTrieEntry> entries;
    entries.reserve(candidates_.size());
    for (uint32_t place = 0; place < candidates_.size(); ++place) {
      entries.push_back({texts_[candidates_[place]], place});
    }
    keys_ = sort_keys(entries);
    keep_last_of_equal(keys_);
    has_equal_texts_ = keys_.size() != candidates_.size();
  }

  /// Runs `work` while another thread, if one is free, makes the trie of all candidates.
  template <typename Work>
  void beside_trie(const Work& work) {
    parallel_for(0, 2, 1, [&](size_t part, size_t) {
      if (part == 0) {
        work();
      } else {
        arrays_->trie = ByteTrie::build_sorted(keys_);
      }
    });
  }

  Rank add(TokenId id, Rank left, Rank right) {
    const auto rank = static_cast<Rank>(arrays_->ids.size());
    if (left == kNoRank) left = right = rank;
    arrays_->tokens[rank] = {left, right, kNoRank, static_cast<uint32_t>(texts_[id].size())};
    arrays_->ids.push_back(id);
    arrays_->ranks[id] = rank;
    return rank;
  }

  // Every look at a table is a cache miss. Brings near what entering a token will read and write:
  // the two tokens first, then what they are made of, in steps as it becomes known. Places stand
  // for ranks here, which is right nearly always. Inlined always, as g++ drops calls of functions
  // that only prefetch.
  [[gnu::always_inline]] void prefetch_guess(uint32_t place, const TokenSplits& splits) const {
    constexpr uint32_t kStep = 8;
    if (place + 3 * kStep >= candidates_.size()) return;
    const Token* const tokens = bpe_.tokens_.data();
    const auto [far_left, far_right] = splits.first_guess(place + 3 * kStep, 0);
    __builtin_prefetch(tokens + far_left);
    __builtin_prefetch(tokens + far_right);
    const auto [left, right] = splits.first_guess(place + 2 * kStep, 0);
    __builtin_prefetch(pair_slot(left, right), 1);
    __builtin_prefetch(texts_[candidates_[right]].data());
    const auto [left_part, right_part] = bpe_.undo_later(left, right);
    __builtin_prefetch(pair_slot(left_part, right_part));
    __builtin_prefetch(tokens + left_part);
    __builtin_prefetch(tokens + right_part);
    const auto [near_left, near_right] = splits.first_guess(place + kStep, 0);
    const auto [part, other_part] = bpe_.undo_later(near_left, near_right);
    const auto [last_left, last_right] = bpe_.undo_later(part, other_part);
    __builtin_prefetch(pair_slot(last_left, last_right));
  }

  const uint32_t* pair_slot(Rank left, Rank right) const noexcept {
    return bpe_.pairs_.data() + (rank_bpe_pairs::hash(left, right) >> bpe_.pair_shift_);
  }

  Rank rank_of(uint32_t place) const {
    // As long as every candidate has entered, places are ranks.
    if (place < arrays_->ids.size() && arrays_->ids.size() == places_seen_) return place;
    return bpe_.ranks_[candidates_[place]];
  }

  void add_pair(Rank left, Rank right, Rank rank) {
    const uint64_t hash = rank_bpe_pairs::hash(left, right);
    const size_t mask = bpe_.pairs_.size() - 1;
    size_t slot = hash >> bpe_.pair_shift_;
    while (bpe_.pairs_[slot] != rank_bpe_pairs::kEmpty) slot = (slot + 1) & mask;
    arrays_->pairs[slot] = rank_bpe_pairs::tag(hash) | rank;
  }

  // The only split of a reachable token is the pair of earlier tokens that touch validly. Where
  // each part has entered already, parts rank lower by construction.
  void enter_by_text(uint32_t place, const TokenSplits& splits) {
    places_seen_ = place;
    Rank left = kNoRank, right = kNoRank;
    // A pair that merges already makes a token of the same text.
    const auto is_split = [&](uint32_t left_place, uint32_t right_place) {
      left = rank_of(left_place);
      right = rank_of(right_place);
      return left != kNoRank && right != kNoRank &&
             (has_equal_texts_ ? bpe_.valid_pair(left, right) : bpe_.valid_parts(left, right));
    };
    const TokenSplits::Guess& guess = splits.guess(place);
    bool found = false;
    for (uint32_t i = 0; i < TokenSplits::Guess::kKept && !found; ++i) {
      if (guess.left[i] == kNoPlace) break;
      found = is_split(guess.left[i], guess.right[i]) &&
              splits.spells(place, guess.left[i], guess.right[i]);
    }
    if (!found) {
      splits.for_each_split(place, [&](uint32_t left_place, uint32_t right_place) {
        return found = is_split(left_place, right_place);
      });
    }
    if (found) add_pair(left, right, add(candidates_[place], left, right));
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

  /// The links to prefixes, where places have them: tokens that did not enter are passed over.
  template <typename Prefix>
  void finish_tokens(Prefix prefix) {
    if (has_equal_texts_) return;  // which of the equal ones a text leads to is seen in the trie
    const bool all = arrays_->ids == candidates_;
    for (uint32_t place = 0; place < candidates_.size(); ++place) {
      const Rank rank = all ? place : bpe_.ranks_[candidates_[place]];
      if (rank == kNoRank) continue;
      uint32_t shorter = prefix(place);
      while (!all && shorter != kNoPlace && bpe_.ranks_[candidates_[shorter]] == kNoRank) {
        shorter = prefix(shorter);
      }
      const bool none = shorter == kNoPlace;
      arrays_->tokens[rank].next_prefix = none  ? kNoRank
                                          : all ? shorter
                                                : bpe_.ranks_[candidates_[shorter]];
    }
  }

  void finish() {
    arrays_->tokens.resize(arrays_->ids.size());
    keys_ = {};
    if (arrays_->ids != candidates_) rebuild_trie();
    use_arrays();
    if (has_equal_texts_) {
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
  std::vector<SortedKey> keys_;      // texts of candidates, each once
  bool has_equal_texts_ = false;
  size_t places_seen_ = 0;  // candidates before the one that enters
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
