// ByteBuckets: which kinds of bytes stand below a trie node, in one word.
//
// The 256 bytes are put into 64 buckets: letters by case, digits, each punctuation mark, the parts
// of UTF-8. If a lexer state stays what it is on all bytes of all buckets below a node, every token
// below stays in it, and none has to be looked at.
//
// Immutable, thread safe; internal to the module. 8 bytes a node, built in O(nodes).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tokenizers/token_trie.h"

namespace tokrail::recogniser {

/// The bucket of a byte.
constexpr uint8_t byte_bucket(uint8_t byte) noexcept {
  if (byte >= 'a' && byte <= 'z') return 0;
  if (byte >= 'A' && byte <= 'Z') return 1;
  if (byte >= '0' && byte <= '9') return 2;
  if (byte >= 0xF0) return 3;
  if (byte >= 0xE0) return 4;
  if (byte >= 0xC0) return 5;
  if (byte >= 0x80) return 6;
  if (byte == '\t' || byte == '\n' || byte == '\r') return static_cast<uint8_t>(7 + byte % 3);
  if (byte < 0x20 || byte == 0x7F) return 10;
  // Space and the 32 punctuation marks of ASCII.
  if (byte < '0') return static_cast<uint8_t>(11 + byte - 0x20);
  if (byte < 'A') return static_cast<uint8_t>(27 + byte - 0x3A);
  if (byte < 'a') return static_cast<uint8_t>(34 + byte - 0x5B);
  return static_cast<uint8_t>(40 + byte - 0x7B);
}

/// By node: the buckets of the bytes of all nodes below it.
inline std::vector<uint64_t> buckets_below(const TokenTrie& trie) {
  std::vector<uint64_t> below(trie.size(), 0);
  // Children come behind their parents, so going backwards meets them first.
  std::vector<uint32_t> parent(trie.size()), path;
  for (uint32_t node = 0; node < trie.size(); ++node) {
    const size_t depth = trie.depth(node);
    path.resize(depth - 1);
    parent[node] = path.empty() ? 0xFFFFFFFF : path.back();
    path.push_back(node);
  }
  for (size_t node = trie.size(); node > 0; --node) {
    const uint32_t above = parent[node - 1];
    if (above == 0xFFFFFFFF) continue;
    below[above] |= below[node - 1] | uint64_t{1} << byte_bucket(trie.byte(node - 1));
  }
  return below;
}

}  // namespace tokrail::recogniser
