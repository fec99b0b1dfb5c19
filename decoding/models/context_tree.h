// ContextTree: token sequences that share their beginnings, as nodes of a tree.
//
// Equal sequences are the same node, so that equality is a comparison of numbers, a fork is a copy
// of one, and taking tokens back is a walk up. Nodes are counted: a node lives as long as somebody
// holds it or one behind it.
//
//   ContextNode node = tree.hold(tree.root());
//   node = tree.extend(node, token);          // gives up the old one for the new one
//   tree.release(node);
//
// Complexity: extend, hold and release O(1) on average; release frees a tail in O(its length).
// Memory: 16 bytes and a hash entry per node. Thread safety: one thread. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "tokenizers/token_id.h"

namespace tokrail {

using ContextNode = uint32_t;

class ContextTree {
 public:
  ContextTree();

  static constexpr ContextNode root() noexcept { return 0; }
  ContextNode hold(ContextNode node) noexcept;
  void release(ContextNode node) noexcept;
  /// A held child of `parent`, which is not given up.
  ContextNode child(ContextNode parent, TokenId token);
  /// The same, giving up the hold on `node`.
  ContextNode extend(ContextNode node, TokenId token);
  /// The node of the first `depth` tokens, held, giving up the hold on `node`.
  ContextNode cut(ContextNode node, size_t depth) noexcept;

  size_t depth(ContextNode node) const noexcept { return nodes_[node].depth; }
  TokenId token(ContextNode node) const noexcept { return nodes_[node].token; }
  ContextNode parent(ContextNode node) const noexcept { return nodes_[node].parent; }
  /// The last tokens, oldest first, at most out.size() of them; answers how many there are.
  size_t last(ContextNode node, std::span<TokenId> out) const noexcept;
  std::vector<TokenId> tokens(ContextNode node) const;
  /// Nodes alive, the root included.
  size_t size() const noexcept { return nodes_.size() - free_.size(); }

 private:
  struct Node {
    ContextNode parent;
    TokenId token;
    uint32_t depth;
    uint32_t holds;
  };
  static uint64_t key(ContextNode parent, TokenId token) noexcept {
    return uint64_t{parent} << 32 | token;
  }

  std::vector<Node> nodes_;
  std::vector<ContextNode> free_;
  std::unordered_map<uint64_t, ContextNode> children_;
};

}  // namespace tokrail
