// HybridCache: segments that some thread has encoded before, for all threads.
//
// Reading a new word costs some microseconds, so its ids are kept for everyone. Entries are
// seqlocks: a reader copies an entry and takes it only if its version was even and is the same
// afterwards; it never waits. A writer makes the version odd first, and gives up where another one
// is at work. An entry has two cache lines: up to 39 bytes of text with its entry bits, 16 ids, and
// where each ends.
//
//   HybridCache cache(17);                       // 2^17 entries, 16 MiB that nobody has touched
//   HybridCache::Key key(segment, entry);        // segment.size() <= kMaxBytes
//   HybridCache::Value value;
//   if (!cache.find(key, value)) cache.insert(key, value = encode(segment));
//
// A set has four entries. A new one takes a free place, else the one that its hash names.
// Complexity: O(1). Thread safety: any number of threads may read and write. H. Boehm, "Can
// seqlocks get along with programming language memory models?", 2012.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "tokenizers/spec.h"

namespace tokrail {

class HybridCache {
 public:
  static constexpr size_t kMaxBytes = 39;
  static constexpr size_t kMaxIds = 16;
  static constexpr TokenId kIdMask = 0x0FFFFFFF;  ///< ids above this are not kept

  struct Key {
    static constexpr size_t kWords = 5;
    uint64_t words[kWords] = {};

    /// Requires 1 to kMaxBytes bytes and entry < 4.
    Key(std::string_view segment, uint8_t entry) noexcept {
      std::memcpy(words, segment.data(), segment.size());
      words[kWords - 1] |= uint64_t{segment.size()} << 56 | uint64_t{entry} << 62;
    }
    uint64_t hash() const noexcept {
      uint64_t mixed = 0;
      for (const uint64_t word : words) {
        mixed = (mixed ^ word) * 0x9E3779B97F4A7C15ull;
        mixed ^= mixed >> 29;
      }
      return mixed * 0xD6E8FEB86659FD93ull;
    }
  };

  struct Value {
    uint32_t count = 0;  ///< of ids, 1 to kMaxIds
    uint8_t exit = 0;    ///< entry of what follows
    TokenId ids[kMaxIds] = {};
    uint8_t ends[kMaxIds] = {};  ///< bytes of the segment up to the end of each
  };

  /// `entry_bits`: log2 of the number of entries, at least 2.
  explicit HybridCache(int entry_bits)
      : shift_(64 - (entry_bits - kSetBits)),
        memory_(std::calloc((size_t{1} << entry_bits) + 1, sizeof(Entry))) {
    if (!memory_) throw std::bad_alloc();
    const auto address = reinterpret_cast<uintptr_t>(memory_.get());
    const uintptr_t aligned = (address + alignof(Entry) - 1) / alignof(Entry) * alignof(Entry);
    entries_ = reinterpret_cast<Entry*>(aligned);
  }

  bool find(const Key& key, Value& value) const noexcept {
    const Entry* const set = set_of(key);
    for (size_t way = 0; way < kWays; ++way) {
      if (set[way].words[0].load(std::memory_order_relaxed) != key.words[0]) continue;
      uint64_t words[kWords];
      if (set[way].read(words) && std::memcmp(words, key.words, sizeof(key.words)) == 0) {
        unpack(words, value);
        return true;
      }
    }
    return false;
  }

  /// Keeps the value, unless its ids are too large or another thread writes there.
  void insert(const Key& key, const Value& value) noexcept {
    uint64_t words[kWords] = {};
    std::memcpy(words, key.words, sizeof(key.words));
    if (!pack(value, words)) return;
    Entry* const set = set_of(key);
    size_t way = key.hash() & (kWays - 1);
    for (size_t i = 0; i < kWays; ++i) {
      const bool is_free = set[i].words[Key::kWords - 1].load(std::memory_order_relaxed) == 0;
      const bool is_same = set[i].words[0].load(std::memory_order_relaxed) == key.words[0];
      if (is_free || is_same) {
        way = i;
        break;
      }
    }
    set[way].write(words);
  }

 private:
  static constexpr int kSetBits = 2;
  static constexpr size_t kWays = size_t{1} << kSetBits;
  static constexpr size_t kIdWords = kMaxIds / 2, kEndWords = kMaxIds / 8;
  static constexpr size_t kWords = Key::kWords + kIdWords + kEndWords;

  struct alignas(128) Entry {
    std::atomic<uint64_t> version;
    std::atomic<uint64_t> words[kWords];

    bool read(uint64_t* out) const noexcept {
      const uint64_t before = version.load(std::memory_order_acquire);
      if (before & 1) return false;
      // Acquire keeps the last load of the version behind these.
      for (size_t i = 0; i < kWords; ++i) out[i] = words[i].load(std::memory_order_acquire);
      return version.load(std::memory_order_relaxed) == before;
    }
    void write(const uint64_t* from) noexcept {
      uint64_t before = version.load(std::memory_order_relaxed);
      if (before & 1) return;
      if (!version.compare_exchange_strong(before, before + 1, std::memory_order_acquire)) return;
      // Release keeps them behind the odd version.
      for (size_t i = 0; i < kWords; ++i) words[i].store(from[i], std::memory_order_release);
      version.store(before + 2, std::memory_order_release);
    }
  };
  static_assert(sizeof(Entry) == 128);
  struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
  };

  static bool pack(const Value& value, uint64_t* words) noexcept {
    if (value.count == 0 || value.count > kMaxIds) return false;
    TokenId ids[kMaxIds] = {};
    for (uint32_t i = 0; i < value.count; ++i) {
      if (value.ids[i] > kIdMask) return false;
      ids[i] = value.ids[i];
    }
    ids[0] |= (value.count - 1) << 28;
    ids[1] |= uint32_t{value.exit} << 28;
    std::memcpy(words + Key::kWords, ids, sizeof(ids));
    std::memcpy(words + Key::kWords + kIdWords, value.ends, sizeof(value.ends));
    return true;
  }
  static void unpack(const uint64_t* words, Value& value) noexcept {
    std::memcpy(value.ids, words + Key::kWords, sizeof(value.ids));
    std::memcpy(value.ends, words + Key::kWords + kIdWords, sizeof(value.ends));
    value.count = (value.ids[0] >> 28) + 1;
    value.exit = static_cast<uint8_t>(value.ids[1] >> 28);
    value.ids[0] &= kIdMask;
    value.ids[1] &= kIdMask;
  }

  Entry* set_of(const Key& key) const noexcept {
    return &entries_[(key.hash() >> shift_) << kSetBits];
  }

  int shift_;
  // Zeros from calloc, so that entries nobody has filled take no memory.
  std::unique_ptr<void, Free> memory_;
  Entry* entries_ = nullptr;
};

}  // namespace tokrail
