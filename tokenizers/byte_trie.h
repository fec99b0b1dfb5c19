// ByteTrie: a map from byte strings to 32-bit values that is walked one byte at a time.
//
// A double-array trie: a node is 8 bytes in one array and a step is one addition-free index, one
// load and one compare, so matching every vocabulary entry that starts at a position costs about a
// nanosecond per byte. The array has no pointers: it can be written to a file and mapped back.
//
//   node = { value, base << 8 | label }      child of node n by byte b: slot  base(n) ^ b,
//                                            a child only if its label is b
//   One label byte is enough to tell whose child a slot is, because no two nodes share a base.
//
//   ByteTrie trie = ByteTrie::build({{"he", 1}, {"hers", 2}});
//   size_t length = 0;
//   trie.view().longest_prefix("herself", length) == 2;  // length == 4
//
// Keys may hold any bytes, NUL included. Values may be anything but kNoValue. Complexity: building
// sorts the keys and is linear in their bytes, a lookup in the bytes of the key;
// memory is 8 bytes per distinct prefix plus a few percent. Thread safety: a view is read only.
// Ownership: a ByteTrie owns its array, or borrows it (a mapped file) from someone who outlives it.
// Errors: 2^24 prefixes or more, or a mapped array that is not a trie, throw Error.
//
// J. Aoe, "An efficient digital search algorithm by using a double-array structure", 1989; unique
// bases and exclusive-or instead of addition as in S. Yata's Darts-clone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tokrail {

/// One slot of the array. Trivially copyable, 8 bytes, native byte order.
struct ByteTrieNode {
  uint32_t value;  ///< kNoValue where no key ends
  uint32_t link;   ///< base << 8 | label
};

/// A key and its value, as given to the builder.
struct ByteTrieEntry {
  std::string_view key;
  uint32_t value = 0;
};

struct SortedKey;  // sorted_keys.h

/// The array of a trie and the ways to walk it. Refers to the nodes, does not own them.
class ByteTrieView {
 public:
  /// A node. kRoot is where walks start; kNowhere is no node (and is never left again).
  using State = uint32_t;
  static constexpr State kRoot = 0;
  static constexpr State kNowhere = 1;
  static constexpr uint32_t kNoValue = 0xFFFFFFFFu;

  /// The empty trie.
  ByteTrieView() noexcept;
  /// Nodes made by ByteTrie::build; for nodes from a file see is_valid.
  explicit ByteTrieView(std::span<const ByteTrieNode> nodes) noexcept
      : nodes_(nodes.data()), size_(nodes.size()) {}

  static constexpr State root() noexcept { return kRoot; }

  /// The node one byte further, or kNowhere.
  State next(State state, unsigned char byte) const noexcept {
    const State child = (nodes_[state].link >> 8) ^ byte;
    return (nodes_[child].link & 0xFF) == byte ? child : kNowhere;
  }
  State next(State state, char byte) const noexcept {
    return next(state, static_cast<unsigned char>(byte));
  }
  /// The node after all bytes of the text, or kNowhere.
  State walk(State state, std::string_view text) const noexcept {
    for (const char byte : text) {
      state = next(state, byte);
      if (state == kNowhere) break;
    }
    return state;
  }
  /// Value of the key that ends at the node, or kNoValue.
  uint32_t value(State state) const noexcept { return nodes_[state].value; }
  bool has_children(State state) const noexcept { return nodes_[state].link >> 8 != 0; }

  std::optional<uint32_t> find(std::string_view key) const noexcept {
    const uint32_t found = find_value(key);
    return found == kNoValue ? std::nullopt : std::optional<uint32_t>(found);
  }
  /// find for hot loops: kNoValue where the key is absent.
  uint32_t find_value(std::string_view key) const noexcept { return value(walk(kRoot, key)); }

  /// Value and length of the longest key, at least one byte long, that the text starts with.
  /// kNoValue and length 0 where there is none.
  uint32_t longest_prefix(std::string_view text, size_t& length) const noexcept {
    uint32_t best = kNoValue;
    length = 0;
    for_each_prefix(text, [&](size_t prefix_length, uint32_t prefix_value) {
      best = prefix_value;
      length = prefix_length;
    });
    return best;
  }

  /// Calls visit(length, value) for each key of at least one byte that the text starts with,
  /// shortest first.
  template <typename Visit>
  void for_each_prefix(std::string_view text, Visit&& visit) const {
    State state = kRoot;
    for (size_t i = 0; i < text.size(); ++i) {
      state = next(state, text[i]);
      if (state == kNowhere) return;
      if (value(state) != kNoValue) visit(i + 1, value(state));
    }
  }

  /// Calls visit(byte, child) for each child of the node, in order of the byte.
  template <typename Visit>
  void for_each_child(State state, Visit&& visit) const {
    if (!has_children(state)) return;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const State child = next(state, static_cast<unsigned char>(byte));
      if (child != kNowhere) visit(static_cast<unsigned char>(byte), child);
    }
  }

  /// The raw array, to be written to a file; its size bounds every State.
  std::span<const ByteTrieNode> nodes() const noexcept { return {nodes_, size_}; }

  /// Whether a walk over these nodes stays inside of them and never loops back to the root, for
  /// nodes from a file that may be damaged. O(nodes).
  static bool is_valid(std::span<const ByteTrieNode> nodes) noexcept;

 private:
  const ByteTrieNode* nodes_;
  size_t size_;
};

class ByteTrie {
 public:
  /// The empty trie.
  ByteTrie() = default;
  ByteTrie(ByteTrie&& other) noexcept { *this = std::move(other); }
  ByteTrie& operator=(ByteTrie&& other) noexcept {
    owned_ = std::move(other.owned_);
    view_ = std::exchange(other.view_, ByteTrieView());
    return *this;
  }

  /// Builds from entries in any order. Of equal keys the one with the largest value stays.
  static ByteTrie build(std::span<const ByteTrieEntry> entries);
  static ByteTrie build(std::initializer_list<ByteTrieEntry> entries) {
    return build(std::span(entries.begin(), entries.size()));
  }
  /// Builds from keys in order, each of them once, with values as for build.
  static ByteTrie build_sorted(std::span<const SortedKey> keys);
  /// A trie over nodes that someone else keeps alive; throws Error if they are not valid.
  static ByteTrie borrow(std::span<const ByteTrieNode> nodes);

  const ByteTrieView& view() const noexcept { return view_; }

 private:
  std::vector<ByteTrieNode> owned_;
  ByteTrieView view_;
};

}  // namespace tokrail
