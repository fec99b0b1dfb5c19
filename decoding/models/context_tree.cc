#include "decoding/models/context_tree.h"

#include <algorithm>

namespace tokrail {

ContextTree::ContextTree() {
  nodes_.push_back({0, kNoToken, 0, 1});
}

ContextNode ContextTree::hold(ContextNode node) noexcept {
  ++nodes_[node].holds;
  return node;
}

void ContextTree::release(ContextNode node) noexcept {
  while (--nodes_[node].holds == 0) {
    const ContextNode parent = nodes_[node].parent;
    children_.erase(key(parent, nodes_[node].token));
    free_.push_back(node);
    node = parent;
  }
}

ContextNode ContextTree::child(ContextNode parent, TokenId token) {
  const auto found = children_.find(key(parent, token));
  if (found != children_.end()) {
    return hold(found->second);
  }
  const Node node{parent, token, nodes_[parent].depth + 1, 1};
  ContextNode at = 0;
  if (free_.empty()) {
    at = static_cast<ContextNode>(nodes_.size());
    nodes_.push_back(node);
    free_.reserve(nodes_.capacity());  // so that release() never allocates
  } else {
    at = free_.back();
    free_.pop_back();
    nodes_[at] = node;
  }
  children_.emplace(key(parent, token), at);
  hold(parent);
  return at;
}

ContextNode ContextTree::extend(ContextNode node, TokenId token) {
  const ContextNode next = child(node, token);
  release(node);
  return next;
}

ContextNode ContextTree::cut(ContextNode node, size_t depth) noexcept {
  ContextNode at = node;
  while (nodes_[at].depth > depth) {
    at = nodes_[at].parent;
  }
  hold(at);
  release(node);
  return at;
}

size_t ContextTree::last(ContextNode node, std::span<TokenId> out) const noexcept {
  const size_t count = std::min<size_t>(out.size(), nodes_[node].depth);
  for (size_t i = count; i-- > 0;) {
    out[i] = nodes_[node].token;
    node = nodes_[node].parent;
  }
  return count;
}

std::vector<TokenId> ContextTree::tokens(ContextNode node) const {
  std::vector<TokenId> out(depth(node));
  last(node, out);
  return out;
}

}  // namespace tokrail
