// TokenTrie: token byte strings as a tree, laid out depth first in one flat array.
//
// A grammar mask walks the tree beside its automaton: a byte that the automaton refuses skips the
// whole subtree by adding its size. Node i's first child, if any, is i + 1; its next sibling is
// i + subtree_size(i). Tokens get ranks 0, 1, ... in the order of the walk, so all tokens below a
// node are one range of ranks, and `order` maps ranks to ids.
//
//   for (size_t i = 0; i < trie.size();) {
//     const size_t depth = trie.depth(i);              // 1 for a first byte
//     if (auto state = step(states[depth - 1], trie.byte(i))) {
//       states[depth] = *state;
//       for (TokenId id : trie.tokens(i)) allow(id);   // several ids may spell the same bytes
//       ++i;
//     } else {
//       i += trie.subtree_size(i);
//     }
//   }
//
// 8 bytes a node. Built in O(bytes + n log n) for n tokens; find is O(length * 256) at worst.
// Immutable, thread safe, owns its data. Errors: more than 2^24 - 1 nodes or tokens throw Error
// kUnsupported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

class TokenTrie {
 public:
  struct Item {
    std::string_view bytes;
    TokenId id;
  };
  static constexpr uint32_t kNoRank = 0xFFFFFFFFu;

  TokenTrie() : TokenTrie(std::span<const Item>{}) {}
  /// Items in any order; empty byte strings are left out; views are not kept.
  explicit TokenTrie(std::span<const Item> items);

  size_t size() const noexcept { return nodes_.size() - 1; }
  bool empty() const noexcept { return size() == 0; }

  uint8_t byte(size_t node) const noexcept { return nodes_[node].byte; }
  /// Nodes of the subtree, this one included.
  size_t subtree_size(size_t node) const noexcept { return nodes_[node].subtree; }
  /// Length of the byte string that ends here; 1 for a first byte.
  size_t depth(size_t node) const noexcept {
    return nodes_[node].depth != kDeep ? nodes_[node].depth : deep(node);
  }
  size_t max_depth() const noexcept { return max_depth_; }

  /// Ids spelled by the path to this node, ascending; often one or none.
  std::span<const TokenId> tokens(size_t node) const noexcept {
    return {order_.data() + nodes_[node].rank, order_.data() + nodes_[node + 1].rank};
  }
  /// Ids of the whole subtree, in rank order.
  std::span<const TokenId> tokens_below(size_t node) const noexcept {
    return {order_.data() + nodes_[node].rank,
            order_.data() + nodes_[node + subtree_size(node)].rank};
  }
  /// Rank of the first token at or behind this node.
  uint32_t first_rank(size_t node) const noexcept { return nodes_[node].rank; }

  /// All ids in the order of the walk: rank -> id.
  std::span<const TokenId> order() const noexcept { return order_; }
  /// id -> rank, or kNoRank for an id that is not in this trie.
  uint32_t rank(TokenId id) const noexcept { return id < ranks_.size() ? ranks_[id] : kNoRank; }

  /// The node that `bytes` (not empty) lead to.
  std::optional<size_t> find(std::string_view bytes) const noexcept;
  /// The child of a node by a byte.
  std::optional<size_t> child(size_t node, uint8_t byte) const noexcept;

  /// Ids of the tokens that are prefixes of `text`, shortest first.
  template <typename Visit>
  void for_each_prefix(std::string_view text, Visit visit) const {
    if (text.empty()) return;
    std::optional<size_t> node = top(static_cast<uint8_t>(text[0]));
    for (size_t i = 1; node; ++i) {
      for (const TokenId id : tokens(*node)) visit(i, id);
      if (i == text.size()) return;
      node = child(*node, static_cast<uint8_t>(text[i]));
    }
  }

  /// Bytes of heap memory.
  size_t memory() const noexcept;

 private:
  struct Node {
    uint64_t byte : 8;
    uint64_t depth : 8;
    uint64_t subtree : 24;
    uint64_t rank : 24;
  };
  static_assert(sizeof(Node) == 8);
  static constexpr uint32_t kDeep = 255;
  static constexpr size_t kMaxNodes = (size_t{1} << 24) - 2;

  std::optional<size_t> top(uint8_t byte) const noexcept {
    const uint32_t node = top_[byte];
    return node == kNoRank ? std::nullopt : std::optional<size_t>(node);
  }
  size_t deep(size_t node) const noexcept;
  void add_path(std::string_view bytes, size_t shared, std::vector<uint32_t>& open);

  std::vector<Node> nodes_;  ///< and one behind the last, for ranks
  std::vector<TokenId> order_;
  std::vector<uint32_t> ranks_;
  std::vector<uint32_t> top_;                        ///< 256 first bytes
  std::vector<std::pair<uint32_t, uint32_t>> deep_;  ///< (node, depth) from depth 255 on
  size_t max_depth_ = 0;
};

}  // namespace tokrail
