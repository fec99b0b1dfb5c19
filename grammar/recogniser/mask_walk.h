// MaskWalk: which tokens of a trie can come after given threads.
//
// Walks the trie and the recogniser side by side; a byte that cannot come skips its subtree. The
// cost is the nodes visited: some dozens inside literals, all of the trie in free text, which is
// what token classes (token_classes.h) are for. Internal to the module; not thread safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "grammar/recogniser/recogniser.h"
#include "tokenizers/token_trie.h"

namespace tokrail::recogniser {

/// What a walk may cost.
struct WalkBudget {
  uint64_t fuel = UINT64_MAX;
  const std::atomic<bool>* cancel = nullptr;
  bool out_of_fuel = false, cancelled = false;

  bool spend(uint64_t steps) noexcept {
    if (steps > fuel) {
      out_of_fuel = true;
      return false;
    }
    fuel -= steps;
    if (cancel && cancel->load(std::memory_order_relaxed)) cancelled = true;
    return !cancelled;
  }
  bool failed() const noexcept { return out_of_fuel || cancelled; }
};

class MaskWalk {
 public:
  explicit MaskWalk(Recogniser& recogniser) : recogniser_(recogniser) {}

  /// Calls visit(node) for each node whose bytes can come after `threads`.
  template <typename Visit>
  void walk(const TokenTrie& trie, std::span<const Thread> threads, WalkBudget& budget,
            Visit visit) {
    walk_children(trie, 0, trie.size(), 0, threads, budget, visit);
  }
  /// The same for the nodes from `node` on, its subtree only; `threads` stand before its byte.
  template <typename Visit>
  void walk_subtree(const TokenTrie& trie, size_t node, std::span<const Thread> threads,
                    WalkBudget& budget, Visit visit) {
    walk_children(trie, node, node + trie.subtree_size(node), trie.depth(node) - 1, threads, budget,
                  visit);
  }

 private:
  template <typename Visit>
  void walk_children(const TokenTrie& trie, size_t begin, size_t end, size_t base_depth,
                     std::span<const Thread> threads, WalkBudget& budget, Visit visit) {
    // threads_ is a stack of lists: ends_[d] is where the list after d bytes ends.
    threads_.assign(threads.begin(), threads.end());
    ends_.assign(1, threads_.size());
    uint64_t visited = 0;
    for (size_t node = begin; node < end;) {
      if ((++visited & 1023) == 0 && !budget.spend(1024)) return;
      const size_t depth = trie.depth(node) - base_depth;  // 1 for the first byte
      const size_t list_end = ends_[depth - 1];
      const size_t list_begin = depth == 1 ? 0 : ends_[depth - 2];
      threads_.resize(list_end);
      step_list(list_begin, list_end, trie.byte(node));
      if (threads_.size() == list_end) {
        node += trie.subtree_size(node);
        continue;
      }
      ends_.resize(depth);
      ends_.push_back(threads_.size());
      visit(node);
      ++node;
    }
    budget.spend(visited & 1023);
  }
  void step_list(size_t begin, size_t end, uint8_t byte) {
    if (end - begin == 1) {
      const Thread thread = threads_[begin];
      if (thread.guard == RegexSet::kNothing && thread.text == 0 && !recogniser_.may_trap()) {
        const LexStep& step = recogniser_.lexer().step(thread.lexer, byte);
        if (step.accepts == 0 && !recogniser_.lexer().captures(thread.lexer)) {
          if (step.next != 0) {
            threads_.push_back({step.next, thread.stack, RegexSet::kNothing, 0, false});
          }
          return;
        }
      }
    }
    before_.assign(threads_.begin() + static_cast<ptrdiff_t>(begin),
                   threads_.begin() + static_cast<ptrdiff_t>(end));
    recogniser_.step(before_, byte, threads_);
  }

  Recogniser& recogniser_;
  std::vector<Thread> threads_, before_;
  std::vector<size_t> ends_;
};

}  // namespace tokrail::recogniser
