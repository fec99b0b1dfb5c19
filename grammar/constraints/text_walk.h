// A walk of a token trie beside a TextLanguage, for as long as both go on. Internal to the module.
//
//   walk_text(language, state, trie, [&](size_t node, const TextLanguage::State& behind) {
//     return true;                                   // go on; false ends the walk
//   });
//
// Visits nodes with bytes that the language takes, each before those below it. Complexity: what is
// visited, and the siblings of these. Depth is bounded by the longest token; no recursion.
#pragma once

#include <vector>

#include "grammar/constraints/text_language.h"

namespace tokrail {

template <typename Visit>
void walk_text(const TextLanguage& language, const TextLanguage::State& from, const TokenTrie& trie,
               Visit visit) {
  struct Level {
    size_t at, end;  ///< siblings that are left
    TextLanguage::State state;
    ByteSet next;
  };
  std::vector<Level> levels;
  // True: go on.
  const auto enter = [&](const TextLanguage::State& state, size_t node, uint8_t byte) {
    TextLanguage::State behind = state;
    if (!language.step(behind, byte)) return true;
    if (!visit(node, static_cast<const TextLanguage::State&>(behind))) return false;
    const size_t end = node + trie.subtree_size(node);
    if (node + 1 < end) {
      ByteSet next = language.next_bytes(behind);
      if (!next.empty()) levels.push_back({node + 1, end, std::move(behind), next});
    }
    return true;
  };
  const auto finish_levels = [&] {
    while (!levels.empty()) {
      Level& level = levels.back();
      if (level.at >= level.end) {
        levels.pop_back();
        continue;
      }
      const size_t node = level.at;
      const uint8_t byte = trie.byte(node);
      level.at += trie.subtree_size(node);
      // The level may move when another is put on top.
      if (level.next.contains(byte)) {
        const TextLanguage::State state = level.state;
        if (!enter(state, node, byte)) return false;
      }
    }
    return true;
  };
  const ByteSet first = language.next_bytes(from);
  bool going = true;
  first.for_each([&](uint8_t byte) {
    if (!going) return;
    const char text = static_cast<char>(byte);
    const auto node = trie.find({&text, 1});
    going = !node || (enter(from, *node, byte) && finish_levels());
  });
}

}  // namespace tokrail
