// A double-array trie over byte strings: what the stems of a language are found with.
//
// The child of node n by byte b is the slot base[n] ^ b, if its check says n. Slots come in blocks
// of 256, so that a walk over any bytes stays inside the array. (Aoe, An Efficient Digital Search
// Algorithm by Using a Double-Array Structure, 1989.) Building is O(bytes of the keys) with a
// bounded search for free slots. Internal to language packs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tokrail {

struct TrieUnit {
  uint32_t base = 0;
  uint32_t check = 0xFFFFFFFF;  ///< the node before; none: a free slot, or the root, slot 0
};

struct DoubleArray {
  std::vector<TrieUnit> units;  ///< a multiple of 256, at least 256
  std::vector<uint32_t> nodes;  ///< by key: where it ends
};

/// `keys` in order of their bytes, without duplicates.
DoubleArray build_double_array(const std::vector<std::string>& keys);

}  // namespace tokrail
