// MaskBuilder: the tokens that can come after a thread, remembered.
//
// What a thread allows depends on its lexer state, its stack and its guard (and on the text of a
// captured terminal, which is looked at last). The answer is kept as shared token classes plus a
// list of further ids, some hundred bytes where the mask itself has 12 KB.
//
// Internal to the module; not thread safe (the classes' store is).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "grammar/recogniser/mask_store.h"
#include "grammar/recogniser/mask_walk.h"
#include "grammar/recogniser/recogniser.h"
#include "grammar/recogniser/state_parts.h"

namespace tokrail::recogniser {

class MaskBuilder {
 public:
  MaskBuilder(Recogniser& recogniser, MaskTables::Impl& store, size_t vocabulary_size)
      : recogniser_(recogniser),
        store_(store),
        walk_(recogniser),
        parts_(recogniser.lexer()),
        size_(vocabulary_size) {}

  /// Sets the bits of the trie's ids that can come after the threads. False when the budget ends.
  bool add(const TokenTrie& trie, std::span<const Thread> threads, WalkBudget& budget,
           std::span<uint32_t> mask);
  size_t memory() const noexcept { return bytes_ + parts_.memory(); }
  /// The same for tokens that begin with `prefix`, with the threads behind it, and for those that
  /// are prefixes of it.
  bool add_behind(const TokenTrie& trie, std::string_view prefix, std::span<const Thread> threads,
                  WalkBudget& budget, std::span<uint32_t> words);
  /// Drops what is remembered; for when the recogniser's numbers mean something else.
  void forget();

 private:
  using Half = MaskTables::Impl::Half;
  struct Key {
    const TokenTrie* trie;
    LexId lexer;
    StackId stack;
    RegexId guard;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const noexcept {
      const uint64_t of_trie = reinterpret_cast<uintptr_t>(key.trie);
      return mix_hash(mix_hash(mix_hash(of_trie, key.lexer), key.stack), key.guard);
    }
  };
  /// Classes whose tokens are allowed, but for some ids.
  struct Layer {
    const TokenClasses* classes;
    uint32_t removed_begin, removed_end;  ///< in Mask::removed
  };
  struct Mask {
    std::vector<Layer> layers;
    std::vector<TokenId> ids, removed;
  };
  /// What a terminal allows on top of a stack beyond its classes, whatever its text has been.
  struct Beyond {
    const TokenClasses* classes;
    std::vector<TokenId> ids;
    std::vector<uint32_t> unsure;  ///< nodes that are allowed unless the text excludes them
  };
  /// A state's classes and what their groups mean here.
  struct Resolved {
    std::shared_ptr<const TokenClasses> classes;
    std::vector<LexStep> groups;
  };

  bool add_thread(const Half& half, const Thread& thread, WalkBudget& budget,
                  std::span<uint32_t> words);
  bool build(const Half& half, const StateParts& parts, const Thread& thread, WalkBudget& budget,
             Mask& mask);
  bool build_guarded(const Half& half, const StateParts& parts, const Thread& thread,
                     WalkBudget& budget, Mask& mask);
  bool build_part(const Half& half, const StateParts::Part& part, const Thread& thread,
                  WalkBudget& budget, Mask& mask);
  bool find_beyond(const Half& half, LexId state, const Thread& thread, WalkBudget& budget,
                   Beyond& beyond);
  const Resolved* resolve(const Half& half, LexId state, WalkBudget& budget);
  struct Exceptions {
    std::vector<TokenId> allowed, refused;
  };
  bool walk_exception(const TokenTrie& trie, RegexId exception, const Thread& thread,
                      Exceptions& found);
  bool can_take(const Thread& thread, const TokenTrie& trie, uint32_t node);
  void apply(const Mask& mask, std::span<uint32_t> words);

  Recogniser& recogniser_;
  MaskTables::Impl& store_;
  MaskWalk walk_;
  StatePartsFinder parts_;
  size_t size_;  ///< of the vocabulary
  std::unordered_map<Key, Mask, KeyHash> masks_;
  std::unordered_map<Key, Resolved, KeyHash> resolved_;
  std::vector<std::shared_ptr<const TokenClasses>> guarded_;  ///< of masks under guards
  std::vector<bool> was_set_;
  size_t bytes_ = 0;
};

}  // namespace tokrail::recogniser
