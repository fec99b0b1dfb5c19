#include "tokenizers/token_trie.h"

#include <algorithm>

#include "base/error.h"

namespace tokrail {
namespace {

/// The first eight bytes as a number that orders like the bytes do.
uint64_t order_key(std::string_view bytes) {
  uint64_t key = 0;
  for (size_t i = 0; i < 8; ++i) {
    key = key << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0);
  }
  return key;
}

struct Sortable {
  uint64_t key;
  std::string_view bytes;
  TokenId id;
};

bool in_order(const Sortable& a, const Sortable& b) {
  if (a.key != b.key) return a.key < b.key;
  if (const int order = a.bytes.compare(b.bytes); order != 0) return order < 0;
  return a.id < b.id;
}

/// Sorts by a counting pass over the first two bytes, then within each bucket.
std::vector<Sortable> sort_items(std::span<const TokenTrie::Item> items) {
  std::vector<uint32_t> ends(0x10000 + 1, 0);
  for (const TokenTrie::Item& item : items) {
    if (!item.bytes.empty()) ++ends[(order_key(item.bytes) >> 48) + 1];
  }
  for (size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  const std::vector<uint32_t> begins = ends;
  std::vector<Sortable> sorted(ends.back());
  for (const TokenTrie::Item& item : items) {
    if (item.bytes.empty()) continue;
    const uint64_t key = order_key(item.bytes);
    sorted[ends[key >> 48]++] = {key, item.bytes, item.id};
  }
  for (size_t bucket = 0; bucket + 1 < begins.size(); ++bucket) {
    if (begins[bucket + 1] - begins[bucket] < 2) continue;
    std::sort(sorted.begin() + begins[bucket], sorted.begin() + begins[bucket + 1], in_order);
  }
  return sorted;
}

size_t shared_prefix(std::string_view a, std::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  size_t i = 0;
  while (i < limit && a[i] == b[i]) ++i;
  return i;
}

}  // namespace

TokenTrie::TokenTrie(std::span<const Item> items) : top_(256, kNoRank) {
  if (items.size() > kMaxNodes) {
    throw Error(ErrorCode::kUnsupported, "a token trie holds at most 2^24 tokens");
  }
  if (items.empty()) {
    nodes_.push_back({0, 0, 0, 0});
    return;
  }
  const std::vector<Sortable> sorted = sort_items(items);
  TokenId highest = 0;
  for (const Sortable& item : sorted) highest = std::max(highest, item.id);
  order_.reserve(sorted.size());
  if (!sorted.empty()) ranks_.assign(size_t{highest} + 1, kNoRank);

  std::vector<uint32_t> open;  // the path of the last token: nodes whose subtrees still grow
  std::string_view last;
  for (const Sortable& item : sorted) {
    add_path(item.bytes, shared_prefix(last, item.bytes), open);
    ranks_[item.id] = static_cast<uint32_t>(order_.size());
    order_.push_back(item.id);
    last = item.bytes;
  }
  add_path({}, 0, open);
  nodes_.push_back({0, 0, 0, order_.size()});
  nodes_.shrink_to_fit();
}

void TokenTrie::add_path(std::string_view bytes, size_t shared, std::vector<uint32_t>& open) {
  // Nodes below the shared prefix are complete: everything appended since is their subtree.
  while (open.size() > shared) {
    nodes_[open.back()].subtree = nodes_.size() - open.back();
    open.pop_back();
  }
  if (nodes_.size() + (bytes.size() - shared) > kMaxNodes) {
    throw Error(ErrorCode::kUnsupported, "a token trie holds at most 2^24 nodes");
  }
  for (size_t i = shared; i < bytes.size(); ++i) {
    const auto node = static_cast<uint32_t>(nodes_.size());
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const size_t depth = i + 1;
    if (i == 0) top_[byte] = node;
    if (depth >= kDeep) deep_.emplace_back(node, static_cast<uint32_t>(depth));
    nodes_.push_back({byte, std::min<uint64_t>(depth, kDeep), 1, order_.size()});
    open.push_back(node);
    max_depth_ = std::max(max_depth_, depth);
  }
}

size_t TokenTrie::deep(size_t node) const noexcept {
  const auto at = std::lower_bound(deep_.begin(), deep_.end(),
                                   std::pair<uint32_t, uint32_t>(static_cast<uint32_t>(node), 0));
  return at->second;
}

std::optional<size_t> TokenTrie::child(size_t node, uint8_t byte) const noexcept {
  const size_t end = node + subtree_size(node);
  for (size_t i = node + 1; i < end; i += subtree_size(i)) {
    if (nodes_[i].byte == byte) return i;
    if (nodes_[i].byte > byte) return std::nullopt;  // children are in byte order
  }
  return std::nullopt;
}

std::optional<size_t> TokenTrie::find(std::string_view bytes) const noexcept {
  if (bytes.empty()) return std::nullopt;
  std::optional<size_t> node = top(static_cast<uint8_t>(bytes[0]));
  for (size_t i = 1; node && i < bytes.size(); ++i) {
    node = child(*node, static_cast<uint8_t>(bytes[i]));
  }
  return node;
}

size_t TokenTrie::memory() const noexcept {
  return nodes_.capacity() * sizeof(Node) + order_.capacity() * sizeof(TokenId) +
         ranks_.capacity() * sizeof(uint32_t) + top_.capacity() * sizeof(uint32_t) +
         deep_.capacity() * sizeof(deep_[0]);
}

}  // namespace tokrail
