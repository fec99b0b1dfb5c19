// MaskTables::Impl: token classes by content, evicted by age when the limit is passed.
//
// Each trie of the vocabulary is used as two, of short and of long tokens: what a terminal with a
// counted repetition does to short tokens stops depending on the count once more than the length of
// a short token is left, so that a few classes serve all counts, and few tokens are long.
//
// Internal to the module. Thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "grammar/mask_tables.h"
#include "grammar/recogniser/token_classes.h"

namespace tokrail {

struct MaskTables::Impl {
  struct Key {
    RegexHash state;
    const TokenTrie* trie;
    bool operator==(const Key&) const = default;
  };
  using Classes = std::shared_ptr<const recogniser::TokenClasses>;
  struct Half {
    TokenTrie trie;
    std::vector<uint64_t> below;  ///< see byte_buckets.h
  };
  struct Tries {
    Half of_short, of_long;
  };

  explicit Impl(size_t limit) : limit_(limit) {}

  /// The two tries of a vocabulary's trie; they live as long as this.
  const Tries& split(const TokenTrie& trie);
  /// The classes, or null.
  Classes find(const Key& key);
  /// Keeps them; answers those that were kept first if another thread was faster.
  Classes keep(const Key& key, Classes classes);
  Usage usage() const;

 private:
  struct KeyHash {
    size_t operator()(const Key& key) const noexcept {
      return key.state.low ^ reinterpret_cast<uintptr_t>(key.trie);
    }
  };
  struct Entry {
    Classes classes;
    size_t bytes;
    uint64_t last_use;
  };
  void evict();

  const size_t limit_;
  mutable std::mutex mutex_;
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::map<const TokenTrie*, std::unique_ptr<const Tries>> tries_;
  size_t bytes_ = 0, hits_ = 0, misses_ = 0, evicted_ = 0;
  uint64_t now_ = 0;
};

}  // namespace tokrail
