#include "tokenizers/byte_trie.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "base/error.h"

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

// ---------------------------------------------------------------- sorting

bool key_less(const ByteTrieEntry& a, const ByteTrieEntry& b, size_t depth) {
  const int order = a.key.substr(depth).compare(b.key.substr(depth));
  return order != 0 ? order < 0 : a.value < b.value;
}

// Most significant byte first; ranges that are small are left to a comparison sort. An explicit
// stack, because keys that share a long prefix would recurse once per byte of it.
class EntrySorter {
 public:
  explicit EntrySorter(std::span<ByteTrieEntry> entries) : entries_(entries) {}

  void sort() {
    pending_.push_back({0, entries_.size(), 0});
    while (!pending_.empty()) {
      const Range range = pending_.back();
      pending_.pop_back();
      if (range.end - range.begin <= kSmall) {
        std::sort(entries_.begin() + static_cast<ptrdiff_t>(range.begin),
                  entries_.begin() + static_cast<ptrdiff_t>(range.end),
                  [&](const auto& a, const auto& b) { return key_less(a, b, range.depth); });
      } else {
        partition(range);
      }
    }
  }

 private:
  static constexpr size_t kSmall = 48;
  struct Range {
    size_t begin, end, depth;
  };

  static size_t bucket(const ByteTrieEntry& entry, size_t depth) {
    return depth < entry.key.size() ? static_cast<unsigned char>(entry.key[depth]) + size_t{1} : 0;
  }

  void partition(const Range& range) {
    std::array<size_t, 258> start{};
    for (size_t i = range.begin; i < range.end; ++i) ++start[bucket(entries_[i], range.depth) + 1];
    for (size_t b = 1; b < start.size(); ++b) start[b] += start[b - 1];
    std::array<size_t, 258> next = start;
    scratch_.resize(std::max(scratch_.size(), range.end - range.begin));
    for (size_t i = range.begin; i < range.end; ++i) {
      scratch_[next[bucket(entries_[i], range.depth)]++] = entries_[i];
    }
    std::copy_n(scratch_.begin(), range.end - range.begin,
                entries_.begin() + static_cast<ptrdiff_t>(range.begin));
    std::sort(entries_.begin() + static_cast<ptrdiff_t>(range.begin),
              entries_.begin() + static_cast<ptrdiff_t>(range.begin + start[1]),
              [](const auto& a, const auto& b) { return a.value < b.value; });
    for (size_t b = 1; b + 1 < start.size(); ++b) {
      if (start[b + 1] - start[b] > 1) {
        pending_.push_back({range.begin + start[b], range.begin + start[b + 1], range.depth + 1});
      }
    }
  }

  std::span<ByteTrieEntry> entries_;
  std::vector<ByteTrieEntry> scratch_;
  std::vector<Range> pending_;
};

// ---------------------------------------------------------------- placing nodes

// 256 bits, one per slot or base of a block.
class BlockBits {
 public:
  bool test(uint32_t i) const { return (words_[i >> 6] >> (i & 63) & 1) != 0; }
  void set(uint32_t i) { words_[i >> 6] |= uint64_t{1} << (i & 63); }
  uint64_t word(uint32_t w) const { return words_[w]; }

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

// Puts the nodes of sorted entries into slots. Blocks with room form a list, newest first. A
// node with one child takes any free slot of the oldest; others try a few of the newest.
class Placer {
 public:
  Placer(std::span<const ByteTrieEntry> entries, std::vector<ByteTrieNode>& nodes)
      : entries_(entries), nodes_(nodes) {
    nodes_.assign(kEmptyTrie.begin(), kEmptyTrie.end());
    blocks_.emplace_back();
  }

  void place_all() {
    if (entries_.empty()) return;
    pending_.push_back({ByteTrieView::kRoot, 0, 0, entries_.size()});
    while (!pending_.empty()) {
      const Pending node = pending_.back();
      pending_.pop_back();
      place_children(node);
    }
    label_free_slots();
  }

 private:
  static constexpr uint32_t kMaxTries = 12;     // blocks looked at for one node
  static constexpr uint32_t kMaxFailures = 24;  // before a block is given up

  // A node whose own slot is set; entries [begin, end) are the keys below it.
  struct Pending {
    State state;
    uint32_t depth;
    size_t begin, end;
  };

  static uint32_t byte_at(const ByteTrieEntry& entry, uint32_t depth) {
    return static_cast<unsigned char>(entry.key[depth]);
  }

  void place_children(const Pending& node) {
    size_t begin = node.begin;
    if (entries_[begin].key.size() == node.depth) {
      nodes_[node.state].value = entries_[begin++].value;
      if (begin == node.end) return;
    }
    labels_.clear();
    starts_.clear();
    if (byte_at(entries_[begin], node.depth) == byte_at(entries_[node.end - 1], node.depth)) {
      labels_.push_back(byte_at(entries_[begin], node.depth));
      starts_.push_back(begin);
    } else {
      for (size_t i = begin; i < node.end; ++i) {
        const uint32_t label = byte_at(entries_[i], node.depth);
        if (!labels_.empty() && labels_.back() == label) continue;
        labels_.push_back(label);
        starts_.push_back(i);
      }
    }
    starts_.push_back(node.end);
    const uint32_t base = labels_.size() == 1 ? base_for_one(labels_[0]) : base_for_many();
    take(base);
    nodes_[node.state].link |= base << 8;
    for (size_t c = labels_.size(); c-- > 0;) {
      const State child = base ^ labels_[c];
      nodes_[child].link = labels_[c];
      pending_.push_back({child, node.depth + 1, starts_[c], starts_[c + 1]});
    }
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

  // A base of the block under which all labels_ fall on free slots, or kBlockSize.
  uint32_t fit(const Block& block) const {
    const uint32_t first = labels_[0];
    for (uint32_t w = 0; w < 4; ++w) {
      for (uint64_t free = ~block.used_slots.word(w); free != 0; free &= free - 1) {
        const uint32_t base = (w * 64 + static_cast<uint32_t>(std::countr_zero(free))) ^ first;
        if (block.used_bases.test(base)) continue;
        size_t c = 1;
        while (c < labels_.size() && !block.used_slots.test(base ^ labels_[c])) ++c;
        if (c == labels_.size()) return base;
      }
    }
    return kBlockSize;
  }

  void take(uint32_t base) {
    const uint32_t b = base / kBlockSize;
    Block& block = blocks_[b];
    block.used_bases.set(base % kBlockSize);
    for (const uint32_t label : labels_) block.used_slots.set((base ^ label) % kBlockSize);
    block.free_slots -= static_cast<uint32_t>(labels_.size());
    if (block.free_slots == 0) close(b);
  }

  uint32_t new_block() {
    if (nodes_.size() + kBlockSize > kMaxNodes) {
      throw Error(ErrorCode::kUnsupported,
                  "a byte trie holds at most 2^24 - 1 prefixes; these keys have more");
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

  std::span<const ByteTrieEntry> entries_;
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
  bool valid = true;
  for (const ByteTrieNode& node : nodes) {
    const uint32_t base = node.link >> 8;
    valid &= base < nodes.size() && (base == 0 || base >= kBlockSize);
  }
  return valid;
}

ByteTrie ByteTrie::build_in_place(std::vector<ByteTrieEntry>& entries) {
  EntrySorter(entries).sort();
  // Equal keys are neighbours, the largest value last.
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].value == ByteTrieView::kNoValue) {
      throw Error(ErrorCode::kInvalidArgument, "a byte trie value must be less than 4294967295");
    }
    if (kept > 0 && entries[kept - 1].key == entries[i].key) --kept;
    entries[kept++] = entries[i];
  }
  entries.resize(kept);
  ByteTrie trie;
  Placer(entries, trie.owned_).place_all();
  trie.view_ = ByteTrieView(trie.owned_);
  return trie;
}

ByteTrie ByteTrie::build(std::span<const ByteTrieEntry> entries) {
  std::vector<ByteTrieEntry> copy(entries.begin(), entries.end());
  return build_in_place(copy);
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
