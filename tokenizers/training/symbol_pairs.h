// SymbolPairTable and SymbolPairQueue: the pairs of neighbouring symbols that training may still
// merge.
//
// SymbolPairTable finds a pair by its two symbols and keeps its count and where it may occur.
// SymbolPairQueue is a max-heap of (priority, lower ids first) whose entries may be out of date:
// the owner compares what it pops with the present priority. Neither is thread safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tokrail {

struct SymbolPair {
  uint32_t left = 0;
  uint32_t right = 0;
  uint64_t count = 0;        // weighted occurrences now; 0 once merged
  uint64_t first_place = 0;  // places: slots of left symbols, ascending, some may be out of date
  uint32_t places = 0;
};

inline uint64_t pair_key(uint32_t left, uint32_t right) noexcept {
  return static_cast<uint64_t>(left) << 32 | right;
}

class SymbolPairTable {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFFu;

  SymbolPairTable() : slots_(1u << 12) {}

  uint32_t find(uint32_t left, uint32_t right) const noexcept {
    const uint64_t key = pair_key(left, right);
    for (size_t at = home(key);; ++at) {
      const Slot& slot = slots_[at & (slots_.size() - 1)];
      if (slot.index == kNone || slot.key == key) return slot.index;
    }
  }

  /// The pair must not be in the table.
  uint32_t insert(const SymbolPair& pair) {
    const uint32_t index = static_cast<uint32_t>(pairs_.size());
    pairs_.push_back(pair);
    place({pair_key(pair.left, pair.right), index});
    if (pairs_.size() * 2 > slots_.size()) grow();
    return index;
  }

  SymbolPair& operator[](uint32_t index) noexcept { return pairs_[index]; }
  const SymbolPair& operator[](uint32_t index) const noexcept { return pairs_[index]; }
  uint32_t size() const noexcept { return static_cast<uint32_t>(pairs_.size()); }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t index = kNone;
  };

  size_t home(uint64_t key) const noexcept {
    // Two rounds: the high half of one product hardly depends on the left symbol.
    const uint64_t hash = (key ^ key >> 29) * 0x9E3779B97F4A7C15u;
    return static_cast<size_t>((hash ^ hash >> 32) * 0xD6E8FEB86659FD93u >> 20);
  }
  void place(const Slot& slot) noexcept {
    size_t at = home(slot.key);
    while (slots_[at & (slots_.size() - 1)].index != kNone) ++at;
    slots_[at & (slots_.size() - 1)] = slot;
  }
  void grow() {
    const std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.size() * 2, Slot{});
    for (const Slot& slot : old) {
      if (slot.index != kNone) place(slot);
    }
  }

  std::vector<Slot> slots_;
  std::vector<SymbolPair> pairs_;
};

class SymbolPairQueue {
 public:
  struct Entry {
    uint64_t priority;
    uint64_t key;  // pair_key: the smaller comes first among equals
    uint32_t index;
  };

  void push(const Entry& entry) {
    entries_.push_back(entry);
    std::push_heap(entries_.begin(), entries_.end(), comes_later);
  }
  Entry pop() {
    std::pop_heap(entries_.begin(), entries_.end(), comes_later);
    const Entry entry = entries_.back();
    entries_.pop_back();
    return entry;
  }
  void replace(std::vector<Entry> entries) {
    entries_ = std::move(entries);
    std::make_heap(entries_.begin(), entries_.end(), comes_later);
  }
  bool empty() const noexcept { return entries_.empty(); }
  size_t size() const noexcept { return entries_.size(); }

 private:
  static bool comes_later(const Entry& a, const Entry& b) noexcept {
    return a.priority != b.priority ? a.priority < b.priority : a.key > b.key;
  }
  std::vector<Entry> entries_;
};

}  // namespace tokrail
