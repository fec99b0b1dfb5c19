#include "grammar/recogniser/mask_builder.h"

#include <algorithm>
#include <string>

#include "base/bitset.h"

namespace tokrail::recogniser {
namespace {

/// Nodes along an exception beyond which it is no exception any more.
constexpr size_t kMostExceptionNodes = 4000;
/// States that read at least so many bytes have classes worth sharing.
constexpr int kSharedState = 40;

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

void append(std::vector<TokenId>& ids, std::span<const TokenId> more) {
  ids.insert(ids.end(), more.begin(), more.end());
}

void sort_unique(std::vector<TokenId>& ids) {
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

bool MaskBuilder::add(const TokenTrie& trie, std::span<const Thread> threads, WalkBudget& budget,
                      std::span<uint32_t> words) {
  if (trie.empty()) return true;
  const auto& tries = store_.split(trie);
  for (const Thread& thread : threads) {
    if (thread.lexer == 0) continue;
    for (const Half* half : {&tries.of_short, &tries.of_long}) {
      if (!half->trie.empty() && !add_thread(*half, thread, budget, words)) return false;
    }
  }
  return true;
}

bool MaskBuilder::add_behind(const TokenTrie& trie, std::string_view prefix,
                             std::span<const Thread> threads, WalkBudget& budget,
                             std::span<uint32_t> words) {
  trie.for_each_prefix(prefix, [&](size_t, TokenId id) { mask_set(words, id); });
  const auto end = trie.find(prefix);
  if (!end) return true;
  const size_t behind = *end + trie.subtree_size(*end);
  for (size_t node = *end + 1; node < behind; node += trie.subtree_size(node)) {
    walk_.walk_subtree(trie, node, threads, budget, [&](size_t at) {
      for (const TokenId id : trie.tokens(at)) mask_set(words, id);
    });
    if (budget.failed()) return false;
  }
  return true;
}

bool MaskBuilder::add_thread(const Half& half, const Thread& thread, WalkBudget& budget,
                             std::span<uint32_t> words) {
  const auto longest = static_cast<uint32_t>(half.trie.max_depth());
  const StateParts& parts = parts_.find(thread.lexer, longest);
  if (thread.text != 0) {
    Mask mask;
    if (!build(half, parts, thread, budget, mask)) return false;
    apply(mask, words);
    return true;
  }
  const Key key = {&half.trie, parts.state, thread.stack, thread.guard};
  auto known = masks_.find(key);
  if (known == masks_.end()) {
    Mask mask;
    if (!build(half, parts, thread, budget, mask)) return false;
    sort_unique(mask.ids);
    mask.ids.shrink_to_fit();
    mask.layers.shrink_to_fit();
    bytes_ += sizeof(Key) + sizeof(Mask) + 16 + mask.layers.capacity() * sizeof(Layer) +
              (mask.ids.capacity() + mask.removed.capacity()) * sizeof(TokenId);
    known = masks_.emplace(key, std::move(mask)).first;
  }
  apply(known->second, words);
  return true;
}

bool MaskBuilder::build(const Half& half, const StateParts& parts, const Thread& thread,
                        WalkBudget& budget, Mask& mask) {
  if (recogniser_.may_trap()) {
    // Whether a terminal can go on depends on what is below it.
    walk_.walk(half.trie, {&thread, 1}, budget,
               [&](size_t node) { append(mask.ids, half.trie.tokens(node)); });
    return !budget.failed();
  }
  if (thread.guard != RegexSet::kNothing) {
    return build_guarded(half, parts, thread, budget, mask);
  }
  Thread alone = thread;
  alone.at_start = false;
  return std::ranges::all_of(parts.parts, [&](const StateParts::Part& part) {
    alone.lexer = part.state;
    return build_part(half, part, alone, budget, mask);
  });
}

/// A guard that cannot take a token's first byte is gone behind it: such tokens are as without the
/// guard, and only the others are walked.
bool MaskBuilder::build_guarded(const Half& half, const StateParts& parts, const Thread& thread,
                                WalkBudget& budget, Mask& mask) {
  const TokenTrie& trie = half.trie;
  Lexer& lexer = recogniser_.lexer();
  const ByteSet guarded = lexer.regexes().first_bytes(thread.guard);
  Thread free = thread;
  free.guard = RegexSet::kNothing;
  Mask unguarded;
  if (!build(half, parts, free, budget, unguarded)) return false;
  auto allowed = std::make_shared<TokenClasses>();
  allowed->stay.assign(mask_words(size_), 0);
  apply(unguarded, allowed->stay);
  for (size_t node = 0; node < trie.size(); node += trie.subtree_size(node)) {
    if (!guarded.contains(trie.byte(node))) continue;
    for (const TokenId id : trie.tokens_below(node)) mask_clear(allowed->stay, id);
    walk_.walk_subtree(trie, node, {&thread, 1}, budget,
                       [&](size_t at) { append(mask.ids, trie.tokens(at)); });
    if (budget.failed()) return false;
  }
  for (const TokenId id : mask.ids) mask_set(allowed->stay, id);
  mask.ids.clear();
  mask.layers.push_back({allowed.get(), 0, 0});
  bytes_ += allowed->memory();
  guarded_.push_back(std::move(allowed));
  return true;
}

bool MaskBuilder::build_part(const Half& half, const StateParts::Part& part, const Thread& thread,
                             WalkBudget& budget, Mask& mask) {
  const TokenTrie& trie = half.trie;
  Exceptions exceptions;
  const bool apart = part.exception != RegexSet::kNothing &&
                     walk_exception(trie, part.exception, thread, exceptions);
  Beyond beyond;
  if (!find_beyond(half, apart ? part.without : part.state, thread, budget, beyond)) return false;
  for (const uint32_t node : beyond.unsure) {
    if (can_take(thread, trie, node)) append(beyond.ids, trie.tokens(node));
  }
  const auto removed_begin = static_cast<uint32_t>(mask.removed.size());
  if (apart) {
    sort_unique(exceptions.refused);
    std::erase_if(beyond.ids,
                  [&](TokenId id) { return std::ranges::binary_search(exceptions.refused, id); });
    append(beyond.ids, exceptions.allowed);
    for (const TokenId id : exceptions.refused) {
      if (beyond.classes->stays(id)) mask.removed.push_back(id);
    }
  }
  append(mask.ids, beyond.ids);
  mask.layers.push_back(
      {beyond.classes, removed_begin, static_cast<uint32_t>(mask.removed.size())});
  return true;
}

/// Looks at the tokens along an exception, and behind its ends, exactly. False if they are many.
bool MaskBuilder::walk_exception(const TokenTrie& trie, RegexId exception, const Thread& thread,
                                 Exceptions& found) {
  struct Place {
    RegexId exception;
    bool behind;  // a string of the exception has ended above
    std::vector<Thread> threads;
  };
  RegexSet& regexes = recogniser_.lexer().regexes();
  std::vector<Place> path(1, {exception, false, {thread}});
  size_t visited = 0;
  for (size_t node = 0; node < trie.size();) {
    const size_t depth = trie.depth(node);
    const Place& before = path[depth - 1];
    Place place{RegexSet::kNothing, before.behind, {}};
    if (!before.behind) {
      place.exception = regexes.step(before.exception, trie.byte(node));
      if (place.exception == RegexSet::kNothing) {
        node += trie.subtree_size(node);
        continue;
      }
      place.behind = regexes.is_nullable(place.exception);
    }
    if (++visited > kMostExceptionNodes) return false;
    recogniser_.step(before.threads, trie.byte(node), place.threads);
    if (place.threads.empty()) {
      append(found.refused, trie.tokens_below(node));
      node += trie.subtree_size(node);
      continue;
    }
    append(found.allowed, trie.tokens(node));
    path.resize(depth);
    path.push_back(std::move(place));
    ++node;
  }
  return true;
}

bool MaskBuilder::find_beyond(const Half& half, LexId state, const Thread& thread,
                              WalkBudget& budget, Beyond& result) {
  const TokenTrie& trie = half.trie;
  const Resolved* resolved = resolve(half, state, budget);
  if (!resolved) return false;
  result.classes = resolved->classes.get();
  // A token that does not reach the next key cannot depend on the text of this one.
  const bool captures = recogniser_.lexer().captures(state);
  const uint32_t reach = recogniser_.automaton().bytes_to_next_key;
  std::vector<Thread> behind;
  for (size_t g = 0; g < resolved->groups.size(); ++g) {
    const TokenClasses::Group& group = resolved->classes->groups[g];
    const LexStep step = resolved->groups[g];
    const StackId stack = recogniser_.advance(thread.stack, step.accepts, 0);
    behind.clear();
    recogniser_.add_start(stack, step.guard, behind);
    if (step.unguarded != 0) {
      const StackId other = recogniser_.advance(thread.stack, step.unguarded, 0);
      recogniser_.add_start(other, RegexSet::kNothing, behind);
    }
    ByteSet first;
    for (const Thread& one : behind) first |= recogniser_.lexer().first_bytes(one.lexer);
    first.for_each([&](uint8_t byte) {
      for (uint32_t i = group.from[byte]; i < group.from[byte + 1u]; ++i) {
        const size_t begin_depth = trie.depth(group.nodes[i]);
        walk_.walk_subtree(trie, group.nodes[i], behind, budget, [&](size_t node) {
          const auto ids = trie.tokens(node);
          if (ids.empty() || result.classes->stays(ids[0])) return;
          const size_t bytes_behind = trie.depth(node) - begin_depth + 1;
          if (captures && bytes_behind >= reach) {
            result.unsure.push_back(static_cast<uint32_t>(node));
          } else {
            append(result.ids, ids);
          }
        });
      }
    });
  }
  return !budget.failed();
}

bool MaskBuilder::can_take(const Thread& thread, const TokenTrie& trie, uint32_t node) {
  std::vector<Thread> now = {thread}, next;
  for (const char byte : path_to(trie, node)) {
    next.clear();
    recogniser_.step(now, static_cast<uint8_t>(byte), next);
    if (next.empty()) return false;
    now.swap(next);
  }
  return true;
}

const MaskBuilder::Resolved* MaskBuilder::resolve(const Half& half, LexId state,
                                                  WalkBudget& budget) {
  const Key key = {&half.trie, state, 0, RegexSet::kNothing};
  if (const auto known = resolved_.find(key); known != resolved_.end()) return &known->second;
  Lexer& lexer = recogniser_.lexer();
  const bool is_shared = lexer.first_bytes(state).count() >= kSharedState;
  MaskTables::Impl::Key content{{}, &half.trie};
  if (is_shared) content.state = lexer.hash(state);
  auto classes = is_shared ? store_.find(content) : nullptr;
  if (!classes) {
    classes = TokenClasses::build(lexer, state, half.trie, half.below, size_, budget);
    if (!classes) return nullptr;
    if (is_shared) {
      classes = store_.keep(content, std::move(classes));
    } else {
      bytes_ += classes->memory();
    }
  }
  Resolved resolved;
  for (const TokenClasses::Group& group : classes->groups) {
    LexStep step{state};
    for (const char byte : group.witness) {
      step = lexer.step(step.next, static_cast<uint8_t>(byte));
    }
    resolved.groups.push_back(step);
  }
  resolved.classes = std::move(classes);
  return &resolved_.emplace(key, std::move(resolved)).first->second;
}

void MaskBuilder::forget() {
  masks_.clear();
  guarded_.clear();
  resolved_.clear();
  parts_.forget();
  bytes_ = 0;
}

void MaskBuilder::apply(const Mask& mask, std::span<uint32_t> words) {
  for (const Layer& layer : mask.layers) {
    // What is removed from this layer stays where another one, or another thread, allows it.
    const std::span removed(mask.removed.data() + layer.removed_begin,
                            layer.removed_end - layer.removed_begin);
    was_set_.clear();
    for (const TokenId id : removed) was_set_.push_back(mask_test(words, id));
    if (layer.classes->is_wide()) mask_or(words, layer.classes->stay);
    for (const TokenId id : layer.classes->ids) mask_set(words, id);
    for (size_t i = 0; i < removed.size(); ++i) {
      if (!was_set_[i]) mask_clear(words, removed[i]);
    }
  }
  for (const TokenId id : mask.ids) mask_set(words, id);
}

}  // namespace tokrail::recogniser
