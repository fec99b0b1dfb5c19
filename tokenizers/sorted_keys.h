// Byte strings in order, with their first eight bytes at hand. Internal to the module.
//
// What is built from a whole vocabulary (a trie, the prefixes of each token) is built fastest in
// sorted order, where neighbours have most of their bytes in common. The head of a key spares
// nearly every look at the key itself.
//
//   std::vector<SortedKey> keys = sort_keys(entries);
//   for (size_t i = 1; i < keys.size(); ++i) shared_length(keys[i - 1], keys[i]);
//
// Ownership: keys refer to bytes of the entries. Complexity: O(n) passes of counting by the heads,
// O(n log n) comparisons of what is longer than a head and begins alike. Errors: none.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/byte_trie.h"

namespace tokrail {

struct SortedKey {
  static constexpr uint32_t kHead = 8;

  uint64_t head;  ///< the first eight bytes, the first one highest, padded with zeros
  const char* data;
  uint32_t size;
  uint32_t value;

  uint32_t byte_at(uint32_t depth) const noexcept {
    return depth < kHead ? static_cast<uint32_t>(head >> (56 - 8 * depth)) & 0xFF
                         : static_cast<unsigned char>(data[depth]);
  }
  std::string_view key() const noexcept { return {data, size}; }
};

/// The head of a text.
uint64_t head_of(std::string_view text) noexcept;

/// Length of the longest common prefix.
inline uint32_t shared_length(const SortedKey& a, const SortedKey& b) noexcept {
  const uint32_t shorter = std::min(a.size, b.size);
  if (a.head != b.head) {
    return std::min(shorter, static_cast<uint32_t>(std::countl_zero(a.head ^ b.head)) / 8);
  }
  if (shorter <= SortedKey::kHead) return shorter;
  const char* const end = a.data + shorter;
  return static_cast<uint32_t>(
      std::mismatch(a.data + SortedKey::kHead, end, b.data + SortedKey::kHead).first - a.data);
}

/// The entries by key, then by value.
std::vector<SortedKey> sort_keys(std::span<const ByteTrieEntry> entries);

/// Of equal keys, which are neighbours, only the last stays: the one with the largest value.
void keep_last_of_equal(std::vector<SortedKey>& keys);

}  // namespace tokrail
