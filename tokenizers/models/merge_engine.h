// The merging loop of BPE, for any rule that says which neighbours merge and how urgently.
//
// Repeats: of all neighbouring pairs that may merge take the one of lowest rank, the leftmost of
// equals, and make it one symbol. Up to 64 symbols by scanning an array on the stack, without
// allocation; above that with a heap. A long text is merged block by block, each block together
// with the last tokens before it, so that the work stays in the nearest cache and time is linear:
//
//   done tokens ... t t t | t t t t + next block      merged anew, gives w w w w w ...
//                       └── if merging the text of these two alone (t, w) gives t w again,
//                           then done tokens + w w w ... is what merging all would give
//
// Why: suppose merging all would at some step join across the border, and look at the first such
// step. Until then both sides went the way they go alone, and the greedy order of the steps inside
// the two bordering tokens does not depend on what is further away; so merging the text of those
// two alone would join them as well. Where the two do not stay apart, more tokens are redone.
//
// A rule is an object with
//   PairMerge find(uint32_t left_id, uint32_t right_id, uint32_t right_begin, uint32_t right_end)
//   static constexpr bool kSeesWholePiece   true: find remembers what it is asked, in the order
//                                           of the definition, so blocks are not allowed
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "tokenizers/models/model.h"

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

class MergeHeap {
 public:
  void push(uint32_t rank, uint32_t position) {
    keys_.push_back(uint64_t{rank} << 32 | position);
    std::push_heap(keys_.begin(), keys_.end(), std::greater<>());
  }
  /// Like push, before the first pop and followed by build.
  void add(uint32_t rank, uint32_t position) { keys_.push_back(uint64_t{rank} << 32 | position); }
  void build() { std::make_heap(keys_.begin(), keys_.end(), std::greater<>()); }
  bool pop(uint32_t& rank, uint32_t& position) {
    if (keys_.empty()) return false;
    rank = static_cast<uint32_t>(keys_.front() >> 32);
    position = static_cast<uint32_t>(keys_.front());
    std::pop_heap(keys_.begin(), keys_.end(), std::greater<>());
    keys_.pop_back();
    return true;
  }

 private:
  std::vector<uint64_t> keys_;
};

/// A heap whose pop passes each entry over with probability p. What was passed over comes back as
/// soon as an entry is taken, which is how Hugging Face tokenizers define BPE-dropout.
class DropoutHeap {
 public:
  DropoutHeap(double probability, const UniformSource& uniform)
      : probability_(probability), uniform_(uniform) {}
  void push(uint32_t rank, uint32_t position) { heap_.push(rank, position); }
  void add(uint32_t rank, uint32_t position) { heap_.add(rank, position); }
  void build() { heap_.build(); }
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

/// The symbols of a stretch as a linked list, merged with their pairs in a queue.
class LinkedMerge {
 public:
  /// Merges symbols [from, to), which end at byte `end`. `skip()` may refuse a merge for good.
  template <typename Queue, typename Rules, typename Skip>
  void run(const SymbolList& symbols, size_t from, size_t to, uint32_t end, Rules& rules,
           Queue& queue, Skip&& skip) {
    const auto count = static_cast<uint32_t>(to - from);
    if (nodes_.size() < count) nodes_.resize(count);
    Node* const nodes = nodes_.data();
    const auto look_up = [&](Node& node) {
      const Node& right = nodes[node.next];
      const uint32_t right_end = right.next == kNone ? end : nodes[right.next].begin;
      const PairMerge merge = rules.find(node.id, right.id, right.begin, right_end);
      node.rank = merge.rank;
      node.result = merge.result;
      return merge.rank != kNoRank;
    };
    for (uint32_t i = 0; i < count; ++i) {
      nodes[i] = {symbols.id(from + i), symbols.begin(from + i), i - 1, i + 1, kNoRank, 0};
    }
    nodes[count - 1].next = kNone;
    for (uint32_t i = 0; i + 1 < count; ++i) {
      if (look_up(nodes[i])) queue.add(nodes[i].rank, i);
    }
    queue.build();
    uint32_t rank = 0, at = 0;
    while (queue.pop(rank, at)) {
      Node& node = nodes[at];
      // A pair that has changed since it was queued. A pair of the same rank is queued again under
      // the same key, so taking it by the old entry is no difference.
      if (node.rank != rank || skip()) continue;
      Node& right = nodes[node.next];
      node.id = node.result;
      node.next = right.next;
      node.rank = right.rank = kNoRank;
      if (node.next != kNone) nodes[node.next].previous = at;
      if (node.previous != kNone && look_up(nodes[node.previous])) {
        queue.push(nodes[node.previous].rank, node.previous);
      }
      if (node.next != kNone && look_up(node)) queue.push(node.rank, at);
    }
  }

  /// Calls visit(index of its first symbol in the stretch, id, begin) for each merged symbol.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (uint32_t i = 0; i != kNone; i = nodes_[i].next) visit(i, nodes_[i].id, nodes_[i].begin);
  }

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFFu;
  struct Node {
    uint32_t id, begin, previous, next;
    uint32_t rank, result;  // of the pair with the next; kNoRank: none, or merged away
  };
  std::vector<Node> nodes_;
};

/// Merges all at once with the given queue.
template <typename Queue, typename Rules, typename Skip>
void merge_by_queue(SymbolList& symbols, Rules& rules, Queue& queue, Skip&& skip) {
  LinkedMerge merge;
  const size_t count = symbols.size();
  merge.run(symbols, 0, count, symbols.end(count - 1), rules, queue, skip);
  size_t kept = 0;
  merge.for_each([&](uint32_t, uint32_t id, uint32_t begin) {
    symbols.ids()[kept] = id;
    symbols.begins()[kept] = begin;
    ++kept;
  });
  symbols.shrink(kept);
}

/// Merges block by block, as the head of this file explains.
template <typename Rules>
class BlockMerge {
 public:
  BlockMerge(SymbolList& symbols, Rules& rules) : symbols_(symbols), rules_(rules) {}

  /// Answers false, with nothing changed, if blocks depend on too much of what is before them.
  bool run() {
    const size_t count = symbols_.size();
    size_t redo = kRedo;
    for (size_t next = 0; next < count;) {
      const size_t redone = std::min(redo, done_.size());
      const size_t kept = done_.size() - redone;
      const size_t from = redone > 0 ? done_[kept].first : next;
      const size_t to = std::min(next + kBlock, count);
      merge(from, to);
      if (kept > 0 && !stay_apart(done_[kept - 1].first, from, to)) {
        redo *= 2;
        if (redo > kMaxRedo) return false;
        continue;
      }
      done_.resize(kept);
      done_.insert(done_.end(), fresh_.begin(), fresh_.end());
      next = to;
      redo = kRedo;
    }
    for (size_t i = 0; i < done_.size(); ++i) {
      symbols_.ids()[i] = done_[i].id;
      symbols_.begins()[i] = done_[i].begin;
    }
    symbols_.shrink(done_.size());
    return true;
  }

 private:
  static constexpr size_t kBlock = 512;  // symbols
  static constexpr size_t kRedo = 4;     // tokens before a block that are merged again
  static constexpr size_t kMaxRedo = 4096;

  struct Token {
    uint32_t id, begin;
    size_t first;  // of its symbols
  };

  void merge_into(size_t from, size_t to, std::vector<Token>& tokens) {
    tokens.clear();
    linked_.run(symbols_, from, to, symbols_.end(to - 1), rules_, heap_, [] { return false; });
    linked_.for_each([&](uint32_t index, uint32_t id, uint32_t begin) {
      tokens.push_back({id, begin, from + index});
    });
  }
  void merge(size_t from, size_t to) { merge_into(from, to, fresh_); }

  // Whether the token from `left` to `middle` and the first fresh one are two tokens also alone.
  bool stay_apart(size_t left, size_t middle, size_t to) {
    const size_t right_end = fresh_.size() > 1 ? fresh_[1].first : to;
    merge_into(left, right_end, pair_);
    return pair_.size() == 2 && pair_[1].first == middle;
  }

  SymbolList& symbols_;
  Rules& rules_;
  LinkedMerge linked_;
  MergeHeap heap_;
  std::vector<Token> done_, fresh_, pair_;
};

/// Merges all that merges.
template <typename Rules>
void merge_symbols(SymbolList& symbols, Rules& rules) {
  constexpr size_t kWholeLimit = 768;
  if (symbols.size() < 2) return;
  if (symbols.size() <= SymbolList::kInline) {
    merge_by_scan(symbols, rules);
    return;
  }
  if constexpr (!Rules::kSeesWholePiece) {
    if (symbols.size() > kWholeLimit && BlockMerge<Rules>(symbols, rules).run()) return;
  }
  MergeHeap heap;
  merge_by_queue(symbols, rules, heap, [] { return false; });
}

}  // namespace tokrail
