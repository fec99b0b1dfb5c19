// MaskBuilder: the tokens that can come after a thread, remembered.
//
// What a thread allows depends on its lexer state, its stack and its guard. The answer is kept as
// shared token classes plus a list of further ids, some hundred bytes where the mask itself has
// 12 KB. States that can read most bytes go through the classes, others through a plain walk.
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

namespace tokrail::recogniser {

class MaskBuilder {
 public:
  MaskBuilder(Recogniser& recogniser, MaskTables::Impl& store, size_t vocabulary_size)
      : recogniser_(recogniser), store_(store), walk_(recogniser), size_(vocabulary_size) {}

  /// Sets the bits of the trie's ids that can come after the threads. False when the budget ends.
  bool add(const TokenTrie& trie, std::span<const Thread> threads, WalkBudget& budget,
           std::span<uint32_t> mask);
  size_t memory() const noexcept { return bytes_; }
  void forget() {
    masks_.clear();
    groups_.clear();
    bytes_ = 0;
  }

 private:
  struct Key {
    const TokenTrie* trie;
    LexId lexer;
    StackId stack;
    RegexId guard;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const noexcept {
      return mix_hash(
          mix_hash(mix_hash(reinterpret_cast<uintptr_t>(key.trie), key.lexer), key.stack),
          key.guard);
    }
  };
  struct Mask {
    std::shared_ptr<const TokenClasses> classes;  ///< null: ids are all there is
    std::vector<TokenId> ids;
    std::vector<uint32_t> words;  ///< instead of ids when there are many
  };
  /// A state's classes and what their groups mean here.
  struct Resolved {
    std::shared_ptr<const TokenClasses> classes;
    std::vector<LexStep> groups;
  };

  bool build(const TokenTrie& trie, const Thread& thread, WalkBudget& budget, Mask& mask);
  bool build_from_classes(const TokenTrie& trie, const Thread& thread, WalkBudget& budget,
                          Mask& mask);
  const Resolved* resolve(const TokenTrie& trie, LexId state, WalkBudget& budget);
  bool can_take(const Thread& thread, std::string_view bytes);
  void pack(Mask& mask) const;
  static void apply(const Mask& mask, std::span<uint32_t> words);

  Recogniser& recogniser_;
  MaskTables::Impl& store_;
  MaskWalk walk_;
  size_t size_;
  std::unordered_map<Key, Mask, KeyHash> masks_;
  struct GroupKey {
    const TokenTrie* trie;
    LexId state;
    bool operator==(const GroupKey&) const = default;
  };
  struct GroupKeyHash {
    size_t operator()(const GroupKey& key) const noexcept {
      return mix_hash(reinterpret_cast<uintptr_t>(key.trie), key.state);
    }
  };
  std::unordered_map<GroupKey, Resolved, GroupKeyHash> groups_;
  size_t bytes_ = 0;
};

}  // namespace tokrail::recogniser
