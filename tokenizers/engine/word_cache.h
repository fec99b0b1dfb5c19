// WordCache: ids of short pieces of text that were encoded before, in a fixed amount of memory.
//
// Text repeats its words. A piece of at most 15 bytes and its length fit one 16-byte key, and up to
// four ids fit the other half of a 32-byte entry, so a hit costs one load of the text, one multiply
// hash, one cache line and one 16-byte copy. Two entries share a line; a new entry takes the
// second place, and the first once it is asked for again: what is seen once pushes nothing frequent
// out, and nearly all hits are in the first place, which the processor learns to expect. A second
// table, of one entry of 64 bytes to a line, keeps pieces of 16 to 31 bytes and up to eight ids.
// Longer pieces are not kept.
//
//   WordCache cache;                        // 1 MiB
//   WordCache::Key key = WordCache::key(text, length);   // text readable for 16 bytes
//   size_t n = cache.find(key, out);        // writes 4 ids, n - 1 of them valid; 0: not there
//   if (n == 0) cache.insert(key, ids, count);
//
// A key may have marks of its own: the upper four bits of Key::high and the upper three of
// LongKey::words[3] are free. Complexity: O(1). Thread safety: none; each thread has its own. What
// a piece encodes to must not depend on anything but its key.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
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
  static constexpr size_t kMaxBytes = 15;         ///< longest piece that is kept
  static constexpr size_t kMaxIds = 4;            ///< most ids of a piece that is kept
  static constexpr TokenId kIdMask = 0x0FFFFFFF;  ///< ids above this are not kept
  static constexpr size_t kMaxLongBytes = 31;     ///< longest piece of the second table
  static constexpr size_t kMaxLongIds = 8;        ///< most ids there

  struct Key {
    uint64_t low, high;
    bool operator==(const Key&) const = default;
  };

  /// `line_bits`: log2 of the number of 64-byte lines.
  explicit WordCache(int line_bits = 14)
      : lines_(size_t{1} << line_bits),
        long_lines_(size_t{1} << (line_bits - 1)),
        shift_(64 - line_bits) {}

  /// The key of a piece of 1 to 15 bytes. Reads 16 bytes from `text`.
  static Key key(const char* text, size_t length) noexcept {
    uint64_t low, high;
    std::memcpy(&low, text, 8);
    std::memcpy(&high, text + 8, 8);
    return {low & detail::kKeepBytes.low[length],
            (high & detail::kKeepBytes.high[length]) | uint64_t{length} << 56};
  }

  /// Asks for the memory that find will look at.
  void prefetch(Key key) const noexcept { __builtin_prefetch(&lines_[index(key)]); }

  /// 0 if the piece is not kept; else one more than its ids, which are copied to out[0..4).
  size_t find(Key key, TokenId* out) noexcept {
    uint32_t tag;
    return find(key, out, tag);
  }
  /// The same with the tag that the piece was kept with.
  size_t find(Key key, TokenId* out, uint32_t& tag) noexcept {
    Line& line = lines_[index(key)];
    if (!line.entries[0].has(key)) [[unlikely]] {
      if (!line.entries[1].has(key)) return 0;
      std::swap(line.entries[0], line.entries[1]);
    }
    const Entry& entry = line.entries[0];
    uint64_t ids[2];
    std::memcpy(ids, entry.ids, sizeof(ids));
    const size_t found = static_cast<uint32_t>(ids[0]) >> 28;
    tag = static_cast<uint32_t>(ids[0] >> 60);
    ids[0] &= kIdMask | uint64_t{kIdMask} << 32;
    ids[1] &= kIdMask | uint64_t{kIdMask} << 32;
    std::memcpy(out, ids, sizeof(ids));
    return found;
  }

  /// Keeps a piece, if it has at most 4 ids and they are small enough, with a tag below 16.
  void insert(Key key, const TokenId* ids, size_t count, uint32_t tag = 0) noexcept {
    if (count > kMaxIds) return;
    Entry entry = {key.low, key.high, {}};
    for (size_t i = 0; i < count; ++i) {
      if (ids[i] > kIdMask) return;
      entry.ids[i] = ids[i];
    }
    entry.ids[1] |= tag << 28;
    put(entry, count);
  }

  /// Keeps up to 3 ids that hold only while some running score is below `limit` (above 0). find
  /// puts the limit, packed, in out[3].
  void insert_with_limit(Key key, const TokenId* ids, size_t count, float limit) noexcept {
    if (count >= kMaxIds) return;
    Entry entry = {key.low, key.high, {}};
    for (size_t i = 0; i < count; ++i) {
      if (ids[i] > kIdMask) return;
      entry.ids[i] = ids[i];
    }
    entry.ids[3] = std::bit_cast<uint32_t>(limit) >> 3;  // rounds down; the sign bit is 0
    put(entry, count);
  }
  static float unpack_limit(TokenId packed) noexcept { return std::bit_cast<float>(packed << 3); }

  struct LongKey {
    uint64_t words[4];
    bool operator==(const LongKey&) const = default;
  };

  /// The key of a piece of 16 to 31 bytes. Reads 32 bytes from `text`.
  static LongKey long_key(const char* text, size_t length) noexcept {
    LongKey key;
    std::memcpy(key.words, text, 32);
    key.words[2] &= detail::kKeepBytes.low[length - 16];
    key.words[3] = (key.words[3] & detail::kKeepBytes.high[length - 16]) | uint64_t{length} << 56;
    return key;
  }

  /// A key of the second table for a piece of at most 15 bytes, whose ids the first has no room
  /// for.
  static LongKey long_key(Key key) noexcept {
    constexpr uint64_t kLength = uint64_t{0xFF} << 56;
    return {{key.low, key.high & ~kLength, 0, key.high & kLength}};
  }

  /// As find, for pieces of the second table; copies eight ids.
  size_t find_long(const LongKey& key, TokenId* out) const noexcept {
    uint32_t tag;
    return find_long(key, out, tag);
  }
  size_t find_long(const LongKey& key, TokenId* out, uint32_t& tag) const noexcept {
    const LongLine& line = long_lines_[long_index(key)];
    if (std::memcmp(line.key.words, key.words, sizeof(key.words)) != 0) return 0;
    std::memcpy(out, line.ids, sizeof(line.ids));
    tag = line.ids[1] >> 28;
    return line.ids[0] >> 28 ? unpack_long(line, out) : 0;
  }

  /// Keeps a piece, if it has at most eight ids and they are small enough, with a tag below 16.
  void insert_long(const LongKey& key, const TokenId* ids, size_t count,
                   uint32_t tag = 0) noexcept {
    if (count > kMaxLongIds) return;
    LongLine line = {key, {}};
    for (size_t i = 0; i < count; ++i) {
      if (ids[i] > kIdMask) return;
      line.ids[i] = ids[i];
    }
    line.ids[0] |= static_cast<uint32_t>(count + 1) << 28;
    line.ids[1] |= tag << 28;
    long_lines_[long_index(key)] = line;
  }

  /// Hashes whose upper bits are good.
  static uint64_t hash(Key key) noexcept {
    return (key.low ^ key.high * 0x9E3779B97F4A7C15ull) * 0xD6E8FEB86659FD93ull;
  }
  static uint64_t hash(const LongKey& key) noexcept {
    uint64_t mixed = key.words[0] * 0x9E3779B97F4A7C15ull;
    mixed = (std::rotl(mixed, 29) ^ key.words[1]) * 0xD6E8FEB86659FD93ull;
    mixed = (std::rotl(mixed, 29) ^ key.words[2]) * 0xD6E8FEB86659FD93ull;
    return (std::rotl(mixed, 29) ^ key.words[3]) * 0xD6E8FEB86659FD93ull;
  }

  size_t memory_bytes() const noexcept {
    return lines_.size() * sizeof(Line) + long_lines_.size() * sizeof(LongLine);
  }

 private:
  struct Entry {
    uint64_t low = 0, high = 0;  // an empty entry has length 0 and equals no key
    uint32_t ids[kMaxIds] = {};
    bool has(const Key& key) const noexcept { return low == key.low && high == key.high; }
  };
  struct alignas(64) Line {
    Entry entries[2];
  };

  struct alignas(64) LongLine {
    LongKey key = {};
    uint32_t ids[kMaxLongIds] = {};
  };

  static size_t unpack_long(const LongLine& line, TokenId* out) noexcept {
    out[0] &= kIdMask;
    out[1] &= kIdMask;
    return line.ids[0] >> 28;
  }

  size_t long_index(const LongKey& key) const noexcept { return hash(key) >> (shift_ + 1); }

  void put(Entry& entry, size_t count) noexcept {
    entry.ids[0] |= static_cast<uint32_t>(count + 1) << 28;
    lines_[index({entry.low, entry.high})].entries[1] = entry;
  }

  size_t index(Key key) const noexcept { return hash(key) >> shift_; }

  std::vector<Line> lines_;
  std::vector<LongLine> long_lines_;
  int shift_;
};

}  // namespace tokrail
