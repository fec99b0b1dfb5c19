#include "grammar/constraints/string_matcher.h"

namespace tokrail {

StringMatcher::StringMatcher() : nodes_(1) {}

uint32_t StringMatcher::child(uint32_t state, uint8_t byte) const noexcept {
  if (state == 0) return root_[byte];
  uint32_t at = nodes_[state].child;
  while (at != 0 && nodes_[at].byte != byte) at = nodes_[at].sibling;
  return at;
}

void StringMatcher::add(std::string_view string, uint8_t kind) {
  uint32_t state = 0;
  for (const char c : string) {
    const auto byte = static_cast<uint8_t>(c);
    uint32_t next = child(state, byte);
    if (next == 0) {
      next = static_cast<uint32_t>(nodes_.size());
      Node node;
      node.byte = byte;
      node.length = nodes_[state].length + 1;
      if (state == 0) {
        root_[byte] = next;
      } else {
        node.sibling = nodes_[state].child;
        nodes_[state].child = next;
      }
      nodes_.push_back(node);
    }
    state = next;
  }
  nodes_[state].kinds |= kind;
}

void StringMatcher::finish() {
  by_length_.assign(1, 0);
  by_length_.reserve(nodes_.size());
  for (size_t i = 0; i < by_length_.size(); ++i) {
    const uint32_t state = by_length_[i];
    for_each_child(state, [&](uint8_t byte, uint32_t at) {
      nodes_[at].shorter = state == 0 ? 0 : next(nodes_[state].shorter, byte);
      nodes_[at].kinds |= nodes_[nodes_[at].shorter].kinds;
      by_length_.push_back(at);
    });
  }
}

uint32_t StringMatcher::next(uint32_t state, uint8_t byte) const noexcept {
  for (;; state = nodes_[state].shorter) {
    if (const uint32_t at = child(state, byte); at != 0) return at;
    if (state == 0) return 0;
  }
}

}  // namespace tokrail
