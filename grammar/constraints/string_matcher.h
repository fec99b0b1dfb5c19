// StringMatcher: which of many strings end here, followed byte by byte.
//
// States are numbers; state 0 is the start. Kinds are bits of the caller's. Internal to the module.
//
//   StringMatcher matcher;
//   matcher.add("he", 1); matcher.add("she", 2);
//   matcher.finish();
//   uint32_t state = matcher.next(matcher.next(0, 's'), 'h');
//   matcher.kinds(matcher.next(state, 'e')) == 3;          // both end here
//
// finish() O(bytes of the strings); next amortised O(1) along a text, O(length of the state) at
// worst. Immutable after finish(), thread safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tokrail {

class StringMatcher {
 public:
  StringMatcher();
  void add(std::string_view string, uint8_t kind);
  void finish();

  size_t size() const noexcept { return nodes_.size(); }
  uint32_t next(uint32_t state, uint8_t byte) const noexcept;
  /// Of the strings that end here.
  uint8_t kinds(uint32_t state) const noexcept { return nodes_[state].kinds; }
  /// Bytes that the strings under way have taken, at most.
  uint32_t length(uint32_t state) const noexcept { return nodes_[state].length; }

  /// Where a text goes on from the state of a longer one: the longest end of it that is a state.
  uint32_t shorter(uint32_t state) const noexcept { return nodes_[state].shorter; }
  /// Calls visit(byte, child) for the bytes that take the state's own string on.
  template <typename Visit>
  void for_each_child(uint32_t state, Visit visit) const {
    if (state == 0) {
      for (size_t byte = 0; byte < 256; ++byte) {
        if (root_[byte] != 0) visit(static_cast<uint8_t>(byte), root_[byte]);
      }
      return;
    }
    for (uint32_t at = nodes_[state].child; at != 0; at = nodes_[at].sibling) {
      visit(nodes_[at].byte, at);
    }
  }
  /// States by length: from short to long.
  const std::vector<uint32_t>& by_length() const noexcept { return by_length_; }

 private:
  struct Node {
    uint32_t child = 0, sibling = 0, shorter = 0, length = 0;
    uint8_t byte = 0, kinds = 0;
  };
  uint32_t child(uint32_t state, uint8_t byte) const noexcept;

  std::vector<Node> nodes_;
  std::array<uint32_t, 256> root_{};
  std::vector<uint32_t> by_length_;
};

}  // namespace tokrail
