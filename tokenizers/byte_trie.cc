#include "tokenizers/byte_trie.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "base/error.h"
#include "tokenizers/sorted_keys.h"

namespace tokrail {
namespace {

using State = ByteTrieView::State;

constexpr uint32_t kBlockSize = 256;  // a base and its 256 possible children lie in one block
constexpr uint32_t kMaxNodes = 1u << 24;
constexpr uint32_t kNoBlock = 0xFFFFFFFFu;

// Block 0 holds the root (slot 0), kNowhere (slot 1) and nothing else. Base 0 is that of nodes
// without children. Its slots carry the label slot ^ 2, so that only base 2 could match them, and
// no node has it.
constexpr uint32_t reserved_link(uint32_t slot) {
  return (slot ^ 2) & 0xFF;
}

constexpr std::array<ByteTrieNode, kBlockSize> make_empty_trie() {
  std::array<ByteTrieNode, kBlockSize> nodes{};
  for (uint32_t slot = 0; slot < kBlockSize; ++slot) {
    nodes[slot] = {ByteTrieView::kNoValue, reserved_link(slot)};
  }
  return nodes;
}
constexpr std::array<ByteTrieNode, kBlockSize> kEmptyTrie = make_empty_trie();

[[noreturn]] void throw_too_many_prefixes() {
  throw Error(ErrorCode::kUnsupported,
              "a byte trie holds fewer than 2^24 prefixes; these keys have more");
}

// ---------------------------------------------------------------- placing nodes

// 256 bits, one per slot or base of a block.
class BlockBits {
 public:
  bool test(uint32_t i) const { return (words_[i >> 6] >> (i & 63) & 1) != 0; }
  void set(uint32_t i) { words_[i >> 6] |= uint64_t{1} << (i & 63); }
  uint64_t word(uint32_t w) const { return words_[w]; }
  void add(const BlockBits& other) {
    for (size_t w = 0; w < 4; ++w) words_[w] |= other.words_[w];
  }
  bool all() const { return (words_[0] & words_[1] & words_[2] & words_[3]) == ~uint64_t{0}; }
  /// The lowest bit that is not set; some bit must not be.
  uint32_t lowest_clear() const {
    uint32_t w = 0;
    while (words_[w] == ~uint64_t{0}) ++w;
    return w * 64 + static_cast<uint32_t>(std::countr_one(words_[w]));
  }
  /// Bit i of the result is bit i ^ x of this.
  BlockBits exclusive_or(uint32_t x) const {
    static constexpr uint64_t kLow[6] = {0x5555555555555555, 0x3333333333333333,
                                         0x0F0F0F0F0F0F0F0F, 0x00FF00FF00FF00FF,
                                         0x0000FFFF0000FFFF, 0x00000000FFFFFFFF};
    BlockBits result;
    for (uint32_t w = 0; w < 4; ++w) result.words_[w] = words_[w ^ (x >> 6)];
    for (uint32_t bit = 0; bit < 6; ++bit) {
      if ((x >> bit & 1) == 0) continue;
      const uint32_t by = 1U << bit;
      for (uint64_t& word : result.words_) {
        word = (word & kLow[bit]) << by | (word >> by & kLow[bit]);
      }
    }
    return result;
  }

 private:
  std::array<uint64_t, 4> words_{};
};

struct Block {
  BlockBits used_slots;
  BlockBits used_bases;
  uint32_t free_slots = kBlockSize;
  uint32_t failures = 0;  // searches in vain; a block that fails often is given up
  uint32_t next = kNoBlock, previous = kNoBlock;
};

// Puts the nodes of sorted items into slots. Blocks with room form a list, newest first, and only
// the first few are searched, which keeps the array dense and its neighbours near.
class Placer {
 public:
  Placer(std::span<const SortedKey> items, std::vector<ByteTrieNode>& nodes)
      : items_(items), nodes_(nodes) {
    nodes_.assign(kEmptyTrie.begin(), kEmptyTrie.end());
    size_t bytes = 0;
    for (const SortedKey& item : items_) bytes += item.size;
    const size_t expected = std::min<size_t>(bytes, kMaxNodes) / 2 + kBlockSize;
    nodes_.reserve(expected);
    blocks_.reserve(expected / kBlockSize);
    blocks_.emplace_back();
  }

  void place_all() {
    if (items_.empty()) return;
    pending_.push_back({ByteTrieView::kRoot, 0, 0, items_.size()});
    while (!pending_.empty()) {
      const Pending node = pending_.back();
      pending_.pop_back();
      if (node.end - node.begin == 1) {
        place_tail(node.state, node.depth, items_[node.begin]);
      } else {
        place_children(node);
      }
    }
    label_free_slots();
  }

 private:
  static constexpr uint32_t kMaxTries = 4;      // blocks looked at for one node
  static constexpr uint32_t kMaxFailures = 24;  // before a block is given up

  // A node whose own slot is set; items [begin, end) are the keys below it.
  struct Pending {
    State state;
    uint32_t depth;
    size_t begin, end;
  };

  // The rest of a key that shares it with no other: a chain of only children.
  void place_tail(State state, uint32_t depth, const SortedKey& item) {
    for (; depth < item.size; ++depth) {
      const uint32_t label = item.byte_at(depth);
      const uint32_t base = base_for_one(label);
      take(base, {&label, 1});
      nodes_[state].link |= base << 8;
      state = base ^ label;
      nodes_[state].link = label;
    }
    nodes_[state].value = item.value;
  }

  void place_children(const Pending& node) {
    size_t begin = node.begin;
    if (items_[begin].size == node.depth) nodes_[node.state].value = items_[begin++].value;
    find_labels(begin, node.end, node.depth);
    const uint32_t base = labels_.size() == 1 ? base_for_one(labels_[0]) : base_for_many();
    take(base, labels_);
    nodes_[node.state].link |= base << 8;
    for (size_t c = labels_.size(); c-- > 0;) {
      const State child = base ^ labels_[c];
      nodes_[child].link = labels_[c];
      pending_.push_back({child, node.depth + 1, starts_[c], starts_[c + 1]});
    }
  }

  void find_labels(size_t begin, size_t end, uint32_t depth) {
    labels_.clear();
    starts_.clear();
    if (items_[begin].byte_at(depth) == items_[end - 1].byte_at(depth)) {
      labels_.push_back(items_[begin].byte_at(depth));
      starts_.push_back(begin);
    } else {
      for (size_t i = begin; i < end; ++i) {
        const uint32_t label = items_[i].byte_at(depth);
        if (!labels_.empty() && labels_.back() == label) continue;
        labels_.push_back(label);
        starts_.push_back(i);
      }
    }
    starts_.push_back(end);
  }

  uint32_t base_for_one(uint32_t label) {
    uint32_t tries = 0;
    for (uint32_t b = newest_; b != kNoBlock && tries < kMaxTries; b = blocks_[b].next, ++tries) {
      const Block& block = blocks_[b];
      for (uint32_t w = 0; w < 4; ++w) {
        for (uint64_t free = ~block.used_slots.word(w); free != 0; free &= free - 1) {
          const uint32_t base = (w * 64 + static_cast<uint32_t>(std::countr_zero(free))) ^ label;
          if (!block.used_bases.test(base)) return b * kBlockSize + base;
        }
      }
    }
    return new_block() * kBlockSize;
  }

  uint32_t base_for_many() {
    uint32_t tries = 0;
    for (uint32_t b = newest_; b != kNoBlock && tries < kMaxTries; ++tries) {
      Block& block = blocks_[b];
      const uint32_t next = block.next;
      if (block.free_slots >= labels_.size()) {
        const uint32_t base = fit(block);
        if (base != kBlockSize) return b * kBlockSize + base;
      }
      if (++block.failures >= kMaxFailures && block.free_slots < kBlockSize / 8) close(b);
      b = next;
    }
    return new_block() * kBlockSize;
  }

  // A base of the block under which all labels_ fall on free slots, or kBlockSize. Looks at all
  // bases at once: a base is out if it is taken, or if base ^ label is a taken slot.
  uint32_t fit(const Block& block) const {
    BlockBits out = block.used_bases;
    for (const uint32_t label : labels_) {
      out.add(block.used_slots.exclusive_or(label));
      if (out.all()) return kBlockSize;
    }
    return out.lowest_clear();
  }

  void take(uint32_t base, std::span<const uint32_t> labels) {
    const uint32_t b = base / kBlockSize;
    Block& block = blocks_[b];
    block.used_bases.set(base % kBlockSize);
    for (const uint32_t label : labels) block.used_slots.set((base ^ label) % kBlockSize);
    block.free_slots -= static_cast<uint32_t>(labels.size());
    if (block.free_slots == 0) close(b);
  }

  uint32_t new_block() {
    if (nodes_.size() + kBlockSize > kMaxNodes) {
      throw_too_many_prefixes();
    }
    const auto index = static_cast<uint32_t>(blocks_.size());
    blocks_.emplace_back();
    nodes_.resize(nodes_.size() + kBlockSize, ByteTrieNode{ByteTrieView::kNoValue, 0});
    blocks_[index].next = newest_;
    if (newest_ != kNoBlock) blocks_[newest_].previous = index;
    newest_ = index;
    return index;
  }

  void close(uint32_t b) {
    const Block& block = blocks_[b];
    if (block.previous != kNoBlock) blocks_[block.previous].next = block.next;
    if (block.next != kNoBlock) blocks_[block.next].previous = block.previous;
    if (newest_ == b) newest_ = block.next;
  }

  // A free slot gets the label by which only a base that no node has would reach it. There is
  // one: a block has at least as many taken slots as taken bases.
  void label_free_slots() {
    for (uint32_t b = 1; b < blocks_.size(); ++b) {
      const Block& block = blocks_[b];
      if (block.free_slots == 0) continue;
      uint32_t unused_base = 0;
      while (block.used_bases.test(unused_base)) ++unused_base;
      for (uint32_t slot = 0; slot < kBlockSize; ++slot) {
        if (!block.used_slots.test(slot)) {
          nodes_[b * kBlockSize + slot].link = slot ^ unused_base;
        }
      }
    }
  }

  std::span<const SortedKey> items_;
  std::vector<ByteTrieNode>& nodes_;
  std::vector<Block> blocks_;
  std::vector<Pending> pending_;
  std::vector<uint32_t> labels_;
  std::vector<size_t> starts_;
  uint32_t newest_ = kNoBlock;
};

}  // namespace

ByteTrieView::ByteTrieView() noexcept : ByteTrieView(std::span(kEmptyTrie)) {}

bool ByteTrieView::is_valid(std::span<const ByteTrieNode> nodes) noexcept {
  if (nodes.size() < kBlockSize || nodes.size() % kBlockSize != 0 || nodes.size() > kMaxNodes) {
    return false;
  }
  // Block 0 must be unreachable from any node: the root has base 0 or a block of its own, and no
  // base but 0 lies in block 0, where base 0 must not match.
  for (uint32_t slot = 1; slot < kBlockSize; ++slot) {
    if (nodes[slot].link != reserved_link(slot) || nodes[slot].value != kNoValue) return false;
  }
  if ((nodes[0].link & 0xFF) != reserved_link(0)) return false;
  const auto size = static_cast<uint32_t>(nodes.size());
  uint32_t bad = 0;  // collected, so that the loop can be vectorised
  for (const ByteTrieNode& node : nodes) {
    const uint32_t base = node.link >> 8;
    bad |= static_cast<uint32_t>(base >= size) | static_cast<uint32_t>(base - 1 < kBlockSize - 1);
  }
  return bad == 0;
}

ByteTrie ByteTrie::build(std::span<const ByteTrieEntry> entries) {
  for (const ByteTrieEntry& entry : entries) {
    if (entry.value == ByteTrieView::kNoValue) {
      throw Error(ErrorCode::kInvalidArgument, "a byte trie value must be less than 4294967295");
    }
    if (entry.key.size() >= kMaxNodes) throw_too_many_prefixes();
  }
  std::vector<SortedKey> keys = sort_keys(entries);
  keep_last_of_equal(keys);
  return build_sorted(keys);
}

ByteTrie ByteTrie::build_sorted(std::span<const SortedKey> keys) {
  ByteTrie trie;
  Placer(keys, trie.owned_).place_all();
  trie.view_ = ByteTrieView(trie.owned_);
  return trie;
}

ByteTrie ByteTrie::borrow(std::span<const ByteTrieNode> nodes) {
  if (!ByteTrieView::is_valid(nodes)) {
    throw Error(ErrorCode::kInvalidFile,
                "the nodes are not a byte trie: expected whole blocks of 256 nodes whose links "
                "stay inside");
  }
  ByteTrie trie;
  trie.view_ = ByteTrieView(nodes);
  return trie;
}

}  // namespace tokrail
