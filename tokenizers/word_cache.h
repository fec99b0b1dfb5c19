// WordCache: ids of short pieces of text that were encoded before, in a fixed amount of memory.
//
// Text repeats its words. A piece of at most 15 bytes and its length fit one 16-byte key, and up to
// four ids fit the other half of a 32-byte entry, so a hit costs one load of the text, one multiply
// hash, one cache line and one 16-byte copy. Two entries share a line; a new entry takes the first
// place and moves the entry there to the second. Longer pieces and pieces of more ids are not kept.
//
//   WordCache cache;                        // 1 MiB
//   WordCache::Key key = WordCache::key(text, length);   // text readable for 16 bytes
//   size_t n = cache.find(key, out);        // writes 4 ids, n of them valid; 0: not there
//   if (n == 0) cache.insert(key, ids, count);
//
// Complexity: O(1). Thread safety: none; each thread has its own. What a piece encodes to must not
// depend on anything but its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

namespace detail {

/// Masks that keep the first `length` of 16 bytes, as two little-endian words.
struct KeepBytes {
  uint64_t low[16] = {}, high[16] = {};
  constexpr KeepBytes() {
    for (int length = 1; length < 16; ++length) {
      low[length] = length >= 8 ? ~uint64_t{0} : (uint64_t{1} << length * 8) - 1;
      high[length] = length <= 8 ? 0 : (uint64_t{1} << (length - 8) * 8) - 1;
    }
  }
};
inline constexpr KeepBytes kKeepBytes;

}  // namespace detail

class WordCache {
 public:
  static constexpr size_t kMaxBytes = 15;  ///< longest piece that is kept
  static constexpr size_t kMaxIds = 4;     ///< most ids of a piece that is kept
  static constexpr TokenId kIdMask = 0x0FFFFFFF;  ///< ids above this are not kept

  struct Key {
    uint64_t low, high;
  };

  /// `line_bits`: log2 of the number of 64-byte lines.
  explicit WordCache(int line_bits = 14) : lines_(size_t{1} << line_bits), shift_(64 - line_bits) {}

  /// The key of a piece of 1 to 15 bytes. Reads 16 bytes from `text`.
  static Key key(const char* text, size_t length) noexcept {
    uint64_t low, high;
    std::memcpy(&low, text, 8);
    std::memcpy(&high, text + 8, 8);
    return {low & detail::kKeepBytes.low[length],
            (high & detail::kKeepBytes.high[length]) | uint64_t{length} << 56};
  }

  /// Copies the ids of the piece to out[0..4) and returns how many are valid; 0 if it is not kept.
  size_t find(Key key, TokenId* out) const noexcept {
    const Line& line = lines_[index(key)];
    const bool first = line.entries[0].low == key.low && line.entries[0].high == key.high;
    const Entry& entry = line.entries[first ? 0 : 1];
    if (entry.low != key.low || entry.high != key.high) return 0;
    uint64_t ids[2];
    std::memcpy(ids, entry.ids, sizeof(ids));
    const size_t count = static_cast<uint32_t>(ids[0]) >> 28;
    ids[0] &= kIdMask | uint64_t{kIdMask} << 32;
    ids[1] &= kIdMask | uint64_t{kIdMask} << 32;
    std::memcpy(out, ids, sizeof(ids));
    return count;
  }

  /// Keeps a piece, if it has 1 to 4 ids and they are small enough.
  void insert(Key key, const TokenId* ids, size_t count) noexcept {
    if (count == 0 || count > kMaxIds) return;
    Entry entry = {key.low, key.high, {}};
    for (size_t i = 0; i < count; ++i) {
      if (ids[i] > kIdMask) return;
      entry.ids[i] = ids[i];
    }
    entry.ids[0] |= static_cast<uint32_t>(count) << 28;
    Line& line = lines_[index(key)];
    line.entries[1] = line.entries[0];
    line.entries[0] = entry;
  }

  size_t memory_bytes() const noexcept { return lines_.size() * sizeof(Line); }

 private:
  struct Entry {
    uint64_t low = 0, high = 0;  // an empty entry has length 0 and equals no key
    uint32_t ids[kMaxIds] = {};
  };
  struct alignas(64) Line {
    Entry entries[2];
  };

  size_t index(Key key) const noexcept {
    const uint64_t mixed = (key.low ^ key.high * 0x9E3779B97F4A7C15ull) * 0xD6E8FEB86659FD93ull;
    return mixed >> shift_;
  }

  std::vector<Line> lines_;
  int shift_;
};

}  // namespace tokrail
