#include "grammar/recogniser/mask_builder.h"

#include <algorithm>
#include <string>

#include "base/bitset.h"

namespace tokrail::recogniser {
namespace {

/// States that read at least so many bytes go through token classes.
constexpr int kWideState = 40;

std::string path_to(const TokenTrie& trie, size_t node) {
  std::string bytes;
  const size_t depth = trie.depth(node);
  for (size_t at = 0; bytes.size() < depth;) {
    const size_t size = trie.subtree_size(at);
    if (node < at + size) {
      bytes.push_back(static_cast<char>(trie.byte(at)));
      ++at;
    } else {
      at += size;
    }
  }
  return bytes;
}

}  // namespace

bool MaskBuilder::add(const TokenTrie& trie, std::span<const Thread> threads, WalkBudget& budget,
                      std::span<uint32_t> words) {
  if (trie.empty()) return true;
  for (const Thread& thread : threads) {
    if (thread.lexer == 0) continue;
    const bool remembers = thread.text == 0 && !recogniser_.lexer().captures(thread.lexer);
    if (!remembers) {
      Mask mask;
      if (!build(trie, thread, budget, mask)) return false;
      apply(mask, words);
      continue;
    }
    const Key key = {&trie, thread.lexer, thread.stack, thread.guard};
    auto known = masks_.find(key);
    if (known == masks_.end()) {
      Mask mask;
      if (!build(trie, thread, budget, mask)) return false;
      pack(mask);
      bytes_ += sizeof(Key) + sizeof(Mask) + 16 + mask.ids.size() * sizeof(TokenId) +
                mask.words.size() * sizeof(uint32_t);
      known = masks_.emplace(key, std::move(mask)).first;
    }
    apply(known->second, words);
  }
  return true;
}

bool MaskBuilder::build(const TokenTrie& trie, const Thread& thread, WalkBudget& budget,
                        Mask& mask) {
  const bool wide = recogniser_.lexer().first_bytes(thread.lexer).count() >= kWideState;
  if (wide && thread.guard == RegexSet::kNothing) {
    return build_from_classes(trie, thread, budget, mask);
  }
  walk_.walk(trie, {&thread, 1}, budget, [&](size_t node) {
    const auto ids = trie.tokens(node);
    mask.ids.insert(mask.ids.end(), ids.begin(), ids.end());
  });
  return !budget.failed();
}

bool MaskBuilder::build_from_classes(const TokenTrie& trie, const Thread& thread,
                                     WalkBudget& budget, Mask& mask) {
  const Resolved* resolved = resolve(trie, thread.lexer, budget);
  if (!resolved) return false;
  mask.classes = resolved->classes;
  // What a captured text excludes is left out here, and looked at token by token below.
  const bool captures = recogniser_.lexer().captures(thread.lexer);
  std::vector<Thread> behind;
  std::vector<uint32_t> nodes;
  for (size_t g = 0; g < resolved->groups.size(); ++g) {
    const TokenClasses::Group& group = resolved->classes->groups[g];
    const LexStep step = resolved->groups[g];
    const StackId stack = recogniser_.advance(thread.stack, step.accepts, 0);
    behind.clear();
    recogniser_.add_start(stack, step.guard, behind);
    if (behind.empty()) continue;
    const ByteSet first = recogniser_.lexer().first_bytes(behind[0].lexer);
    first.for_each([&](uint8_t byte) {
      for (uint32_t i = group.from[byte]; i < group.from[byte + 1u]; ++i) {
        walk_.walk_subtree(trie, group.nodes[i], behind, budget,
                           [&](size_t node) { nodes.push_back(static_cast<uint32_t>(node)); });
      }
    });
  }
  for (const uint32_t node : nodes) {
    const auto ids = trie.tokens(node);
    if (ids.empty() || mask_test(resolved->classes->stay, ids[0])) continue;
    if (captures && !can_take(thread, path_to(trie, node))) continue;
    mask.ids.insert(mask.ids.end(), ids.begin(), ids.end());
  }
  return !budget.failed();
}

bool MaskBuilder::can_take(const Thread& thread, std::string_view bytes) {
  std::vector<Thread> now = {thread}, next;
  for (const char byte : bytes) {
    next.clear();
    recogniser_.step(now, static_cast<uint8_t>(byte), next);
    if (next.empty()) return false;
    now.swap(next);
  }
  return true;
}

const MaskBuilder::Resolved* MaskBuilder::resolve(const TokenTrie& trie, LexId state,
                                                  WalkBudget& budget) {
  const GroupKey key = {&trie, state};
  if (const auto known = groups_.find(key); known != groups_.end()) return &known->second;
  Lexer& lexer = recogniser_.lexer();
  const MaskTables::Impl::Key content = {lexer.hash(state), &trie};
  auto classes = store_.find(content);
  if (!classes) {
    classes = TokenClasses::build(lexer, state, trie, size_, budget);
    if (!classes) return nullptr;
    classes = store_.keep(content, std::move(classes));
  }
  Resolved resolved;
  for (const TokenClasses::Group& group : classes->groups) {
    LexStep step{state, 0, RegexSet::kNothing};
    for (const char byte : group.witness) {
      step = lexer.step(step.next, static_cast<uint8_t>(byte));
    }
    resolved.groups.push_back(step);
  }
  resolved.classes = std::move(classes);
  return &groups_.emplace(key, std::move(resolved)).first->second;
}

void MaskBuilder::pack(Mask& mask) const {
  std::ranges::sort(mask.ids);
  mask.ids.erase(std::unique(mask.ids.begin(), mask.ids.end()), mask.ids.end());
  if (mask.ids.size() < mask_words(size_)) {
    mask.ids.shrink_to_fit();
    return;
  }
  mask.words.assign(mask_words(size_), 0);
  for (const TokenId id : mask.ids) mask_set(mask.words, id);
  mask.ids = {};
}

void MaskBuilder::apply(const Mask& mask, std::span<uint32_t> words) {
  if (mask.classes) mask_or(words, mask.classes->stay);
  if (!mask.words.empty()) mask_or(words, mask.words);
  for (const TokenId id : mask.ids) mask_set(words, id);
}

}  // namespace tokrail::recogniser
