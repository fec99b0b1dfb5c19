// MaskTables::Impl: token classes by content, evicted by age when the limit is passed.
//
// Internal to the module. Thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

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

  explicit Impl(size_t limit) : limit_(limit) {}

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
  size_t bytes_ = 0, hits_ = 0, misses_ = 0, evicted_ = 0;
  uint64_t now_ = 0;
};

}  // namespace tokrail
