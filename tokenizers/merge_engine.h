// The merging loop of BPE, for any rule that says which neighbours merge and how urgently.
//
// Repeats: of all neighbouring pairs that may merge take the one of lowest rank, the leftmost of
// equals, and make it one symbol. Which structure finds that pair depends on the length: up to 64
// symbols a scan of an array on the stack, without allocation; up to 2048 a binary heap; above
// that one list per rank, emptied in order of rank, so that a text of n symbols takes about n
// steps that do not grow with n. All three do the same merges in the same order and look pairs up
// in the same order: first all from left to right, then after each merge (left, new), (new, right).
//
// A rule is an object with
//   PairMerge find(uint32_t left_id, uint32_t right_id, uint32_t right_begin, uint32_t right_end)
//   uint32_t rank_count()                                        ranks are below it
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "tokenizers/model.h"

namespace tokrail {

inline constexpr uint32_t kNoRank = 0xFFFFFFFFu;

/// What two neighbours become; rank kNoRank: they do not merge.
struct PairMerge {
  uint32_t rank = kNoRank;
  uint32_t result = 0;
};

/// The symbols of a piece in order: what each is and the byte where it begins. Each ends where the
/// next begins.
class SymbolList {
 public:
  static constexpr size_t kInline = 64;

  size_t size() const noexcept { return size_; }
  uint32_t id(size_t i) const noexcept { return ids()[i]; }
  uint32_t begin(size_t i) const noexcept { return begins()[i]; }
  uint32_t end(size_t i) const noexcept { return i + 1 < size_ ? begin(i + 1) : end_; }

  void push(uint32_t id, uint32_t begin) {
    if (size_ < kInline) {
      inline_ids_[size_] = id;
      inline_begins_[size_] = begin;
    } else {
      if (size_ == kInline) {
        long_ids_.assign(inline_ids_.begin(), inline_ids_.end());
        long_begins_.assign(inline_begins_.begin(), inline_begins_.end());
      }
      long_ids_.push_back(id);
      long_begins_.push_back(begin);
    }
    ++size_;
  }
  /// Where the last symbol ends.
  void set_end(uint32_t end) noexcept { end_ = end; }

  bool is_inline() const noexcept { return long_ids_.empty(); }
  uint32_t* ids() noexcept { return is_inline() ? inline_ids_.data() : long_ids_.data(); }
  uint32_t* begins() noexcept { return is_inline() ? inline_begins_.data() : long_begins_.data(); }
  const uint32_t* ids() const noexcept {
    return is_inline() ? inline_ids_.data() : long_ids_.data();
  }
  const uint32_t* begins() const noexcept {
    return is_inline() ? inline_begins_.data() : long_begins_.data();
  }
  void shrink(size_t size) noexcept { size_ = size; }

 private:
  size_t size_ = 0;
  uint32_t end_ = 0;
  std::array<uint32_t, kInline> inline_ids_, inline_begins_;
  std::vector<uint32_t> long_ids_, long_begins_;
};

// ---------------------------------------------------------------- queues of (rank, position)

/// A binary heap.
class MergeHeap {
 public:
  explicit MergeHeap(uint32_t /*rank_count*/ = 0) {}
  void push(uint32_t rank, uint32_t position) {
    keys_.push_back(uint64_t{rank} << 32 | position);
    std::push_heap(keys_.begin(), keys_.end(), std::greater<>());
  }
  bool pop(uint32_t& rank, uint32_t& position) {
    if (keys_.empty()) return false;
    rank = static_cast<uint32_t>(keys_.front() >> 32);
    position = static_cast<uint32_t>(keys_.front());
    std::pop_heap(keys_.begin(), keys_.end(), std::greater<>());
    keys_.pop_back();
    return true;
  }
  bool empty() const noexcept { return keys_.empty(); }
  uint64_t top() const noexcept { return keys_.front(); }

 private:
  std::vector<uint64_t> keys_;
};

/// One list of positions per rank. Ranks are taken in ascending order; the list of a rank is
/// sorted when its turn comes. Entries that arrive for the current rank or a lower one (rare: a
/// merge that makes a pair stronger than itself) go through a heap.
class MergeBuckets {
 public:
  explicit MergeBuckets(uint32_t rank_count)
      : occupied_(rank_count / 64 + 1),
        heads_(std::make_unique_for_overwrite<uint32_t[]>(rank_count)) {}

  void push(uint32_t rank, uint32_t position) {
    if (started_ && rank <= rank_) {
      urgent_.push(rank, position);
      return;
    }
    uint64_t& word = occupied_[rank / 64];
    const uint64_t bit = uint64_t{1} << (rank % 64);
    const uint32_t next = (word & bit) != 0 ? heads_[rank] : kEnd;
    word |= bit;
    if (free_ != kEnd) {
      heads_[rank] = free_;
      free_ = entries_[free_].next;
      entries_[heads_[rank]] = {position, next};
    } else {
      heads_[rank] = static_cast<uint32_t>(entries_.size());
      entries_.push_back({position, next});
    }
  }

  bool pop(uint32_t& rank, uint32_t& position) {
    while (true) {
      const bool has_batch = cursor_ < batch_.size();
      if (!urgent_.empty()) {
        if (!has_batch || urgent_.top() < (uint64_t{rank_} << 32 | batch_[cursor_])) {
          return urgent_.pop(rank, position);
        }
      }
      if (has_batch) {
        rank = rank_;
        position = batch_[cursor_++];
        return true;
      }
      if (!load_next_rank()) return false;
    }
  }

 private:
  static constexpr uint32_t kEnd = 0xFFFFFFFFu;
  struct Entry {
    uint32_t position;
    uint32_t next;
  };

  bool load_next_rank() {
    while (word_ < occupied_.size() && occupied_[word_] == 0) ++word_;
    if (word_ == occupied_.size()) return false;
    uint64_t& word = occupied_[word_];
    rank_ = static_cast<uint32_t>(word_ * 64) + static_cast<uint32_t>(std::countr_zero(word));
    word &= word - 1;
    started_ = true;
    batch_.clear();
    cursor_ = 0;
    for (uint32_t entry = heads_[rank_]; entry != kEnd;) {
      batch_.push_back(entries_[entry].position);
      const uint32_t next = std::exchange(entries_[entry].next, free_);
      free_ = std::exchange(entry, next);
    }
    std::reverse(batch_.begin(), batch_.end());  // pushed mostly from left to right
    if (!std::is_sorted(batch_.begin(), batch_.end())) std::sort(batch_.begin(), batch_.end());
    return true;
  }

  std::vector<uint64_t> occupied_;  // by rank: whether heads_ is set
  std::unique_ptr<uint32_t[]> heads_;
  std::vector<Entry> entries_;
  uint32_t free_ = kEnd;  // list of entries_ that are not in use
  size_t word_ = 0;       // all words before are empty
  uint32_t rank_ = 0;     // whose turn it is
  bool started_ = false;
  std::vector<uint32_t> batch_;  // its positions from cursor_ on
  size_t cursor_ = 0;
  MergeHeap urgent_;
};

/// A heap whose pop passes each entry over with probability p. What was passed over comes back as
/// soon as an entry is taken, which is how Hugging Face tokenizers define BPE-dropout.
class DropoutHeap {
 public:
  DropoutHeap(double probability, const UniformSource& uniform)
      : probability_(probability), uniform_(uniform) {}
  void push(uint32_t rank, uint32_t position) { heap_.push(rank, position); }
  bool pop(uint32_t& rank, uint32_t& position) {
    while (heap_.pop(rank, position)) {
      if (uniform_() < probability_) {
        passed_over_.emplace_back(rank, position);
        continue;
      }
      for (const auto& [old_rank, old_position] : passed_over_) heap_.push(old_rank, old_position);
      passed_over_.clear();
      return true;
    }
    return false;
  }

 private:
  double probability_;
  const UniformSource& uniform_;
  MergeHeap heap_;
  std::vector<std::pair<uint32_t, uint32_t>> passed_over_;
};

// ---------------------------------------------------------------- the loops

/// Scans for the lowest rank after every merge.
template <typename Rules>
void merge_by_scan(SymbolList& symbols, Rules& rules) {
  std::array<uint32_t, SymbolList::kInline> ranks, results;
  uint32_t* const ids = symbols.ids();
  uint32_t* const begins = symbols.begins();
  size_t count = symbols.size();
  const uint32_t end = symbols.end(count - 1);
  const auto look_up = [&](size_t left) {
    const uint32_t right_end = left + 2 < count ? begins[left + 2] : end;
    const PairMerge merge = rules.find(ids[left], ids[left + 1], begins[left + 1], right_end);
    ranks[left] = merge.rank;
    results[left] = merge.result;
  };
  for (size_t i = 0; i + 1 < count; ++i) look_up(i);
  while (count > 1) {
    uint32_t lowest = kNoRank;
    for (size_t i = 0; i + 1 < count; ++i) lowest = std::min(lowest, ranks[i]);
    if (lowest == kNoRank) break;
    size_t at = 0;
    while (ranks[at] != lowest) ++at;
    ids[at] = results[at];
    for (size_t i = at + 1; i + 1 < count; ++i) {
      ids[i] = ids[i + 1];
      begins[i] = begins[i + 1];
      ranks[i] = ranks[i + 1];
      results[i] = results[i + 1];
    }
    --count;
    if (at > 0) look_up(at - 1);
    if (at + 1 < count) look_up(at);
  }
  symbols.shrink(count);
}

/// Merges over a linked list with the pairs in a queue. `skip()` may refuse a merge for good.
template <typename Queue, typename Rules, typename Skip>
void merge_by_queue(SymbolList& symbols, Rules& rules, Queue& queue, Skip&& skip) {
  constexpr uint32_t kNone = 0xFFFFFFFFu;
  struct Linked {
    uint32_t id, begin, previous, next;
    uint32_t rank, result;  // of the pair with the next
  };
  const auto count = static_cast<uint32_t>(symbols.size());
  const uint32_t end = symbols.end(count - 1);
  const auto linked = std::make_unique_for_overwrite<Linked[]>(count);
  const auto look_up = [&](uint32_t left) {
    Linked& symbol = linked[left];
    const Linked& right = linked[symbol.next];
    const uint32_t right_end = right.next == kNone ? end : linked[right.next].begin;
    const PairMerge merge = rules.find(symbol.id, right.id, right.begin, right_end);
    symbol.rank = merge.rank;
    symbol.result = merge.result;
    if (merge.rank != kNoRank) queue.push(merge.rank, left);
  };
  for (uint32_t i = 0; i < count; ++i) {
    linked[i] = {symbols.id(i), symbols.begin(i), i - 1, i + 1 < count ? i + 1 : kNone, kNoRank, 0};
  }
  for (uint32_t i = 0; i + 1 < count; ++i) look_up(i);
  uint32_t rank = 0, at = 0;
  while (queue.pop(rank, at)) {
    Linked& symbol = linked[at];
    // A pair that has changed since it was queued. A pair of the same rank is queued again under
    // the same key, so taking it by the old entry is no difference.
    if (symbol.rank != rank || symbol.next == kNone) continue;
    if (skip()) continue;
    Linked& right = linked[symbol.next];
    symbol.id = symbol.result;
    symbol.rank = kNoRank;
    symbol.next = std::exchange(right.next, kNone);
    right.rank = kNoRank;
    if (symbol.next != kNone) linked[symbol.next].previous = at;
    if (symbol.previous != kNone) look_up(symbol.previous);
    if (symbol.next != kNone) look_up(at);
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i != kNone; i = linked[i].next, ++kept) {
    symbols.ids()[kept] = linked[i].id;
    symbols.begins()[kept] = linked[i].begin;
  }
  symbols.shrink(kept);
}

/// Merges all that merges.
template <typename Rules>
void merge_symbols(SymbolList& symbols, Rules& rules) {
  constexpr size_t kHeapLimit = 2048;
  if (symbols.size() < 2) return;
  const auto never = [] { return false; };
  if (symbols.size() <= SymbolList::kInline) {
    merge_by_scan(symbols, rules);
  } else if (symbols.size() <= kHeapLimit) {
    MergeHeap heap;
    merge_by_queue(symbols, rules, heap, never);
  } else {
    MergeBuckets buckets(rules.rank_count());
    merge_by_queue(symbols, rules, buckets, never);
  }
}

}  // namespace tokrail
