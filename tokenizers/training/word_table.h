// WordTable: a hash table from byte strings to counts, all bytes in one arena.
//
// Open addressing over 8-byte slots (32 bits of the hash, 32 bits of index), so that a lookup of a
// frequent word touches one slot, one entry and its bytes. Not thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail {

/// 64 well-mixed bits of a byte string: 128-bit products folded, 16 bytes per step.
inline uint64_t hash_word(std::string_view word) noexcept {
  __extension__ using Wide = unsigned __int128;
  const auto fold = [](uint64_t a, uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  const auto load = [](const char* p, size_t bytes) {
    uint64_t value = 0;
    std::memcpy(&value, p, bytes);
    return value;
  };
  constexpr uint64_t kA = 0x9E3779B97F4A7C15u, kB = 0xC2B2AE3D27D4EB4Fu, kC = 0x165667B19E3779F9u;
  const char* p = word.data();
  size_t n = word.size();
  uint64_t state = kC ^ n;
  for (; n > 16; p += 16, n -= 16) state = fold(load(p, 8) ^ kA ^ state, load(p + 8, 8) ^ kB);
  uint64_t low = 0, high = 0;
  if (n >= 8) {
    low = load(p, 8);
    high = load(p + n - 8, 8);
  } else if (n >= 4) {
    low = load(p, 4);
    high = load(p + n - 4, 4);
  } else if (n > 0) {
    low = static_cast<uint8_t>(p[0]) | static_cast<uint64_t>(static_cast<uint8_t>(p[n / 2])) << 8;
    high = static_cast<uint8_t>(p[n - 1]);
  }
  return fold(fold(low ^ kA ^ state, high ^ kB), kC ^ word.size());
}

class WordTable {
 public:
  struct Entry {
    uint64_t hash;
    uint64_t count;
    uint64_t offset;
    uint32_t length;
  };

  WordTable() : slots_(kMinSlots) {}

  void add(std::string_view word, uint64_t hash, uint64_t count) {
    const uint64_t mask = slots_.size() - 1;
    const uint32_t tag = static_cast<uint32_t>(hash);
    for (uint64_t at = hash >> kShift;; ++at) {
      Slot& slot = slots_[at & mask];
      if (slot.index == 0) {
        slot = {tag, static_cast<uint32_t>(entries_.size() + 1)};
        entries_.push_back({hash, count, bytes_.size(), static_cast<uint32_t>(word.size())});
        bytes_.append(word);
        if (entries_.size() * 2 > slots_.size()) rebuild(slots_.size() * 2);
        return;
      }
      if (slot.tag != tag) continue;
      Entry& entry = entries_[slot.index - 1];
      if (entry.hash == hash && view(entry) == word) {
        entry.count += count;
        return;
      }
    }
  }

  const std::vector<Entry>& entries() const noexcept { return entries_; }
  std::string_view view(const Entry& entry) const noexcept {
    return {bytes_.data() + entry.offset, entry.length};
  }
  uint64_t bytes() const noexcept { return bytes_.size(); }
  /// What the entries need, not what is reserved: depends on what was added alone.
  uint64_t memory() const noexcept { return bytes_.size() + entries_.size() * kEntryMemory; }

  /// Forgets entries of at most `count` occurrences.
  void remove_up_to(uint64_t count, uint64_t& words, uint64_t& occurrences) {
    WordTable kept;
    for (const Entry& entry : entries_) {
      if (entry.count > count) {
        kept.add(view(entry), entry.hash, entry.count);
      } else {
        ++words;
        occurrences += entry.count;
      }
    }
    *this = std::move(kept);
  }

  static constexpr uint64_t kEntryMemory = sizeof(Entry) + 3 * sizeof(uint64_t);

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t index = 0;  // 0: free; else index of the entry + 1
  };
  static constexpr size_t kMinSlots = 1024;
  static constexpr int kShift = 20;  // the top bits choose the shard, the low ones are the tag

  void rebuild(size_t slots) {
    slots_.assign(slots, Slot{});
    const uint64_t mask = slots - 1;
    for (size_t i = 0; i < entries_.size(); ++i) {
      uint64_t at = entries_[i].hash >> kShift;
      while (slots_[at & mask].index != 0) ++at;
      slots_[at & mask] = {static_cast<uint32_t>(entries_[i].hash), static_cast<uint32_t>(i + 1)};
    }
  }

  std::vector<Slot> slots_;
  std::vector<Entry> entries_;
  std::string bytes_;
};

}  // namespace tokrail
