// InternTable: equal values get one number.
//
// An open-addressing index over values that the owner stores in the order of their numbers. The
// owner gives hash and equality; the table keeps the numbers only. Internal to the module.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace tokrail::recogniser {

inline uint64_t mix_hash(uint64_t hash, uint64_t value) noexcept {
  hash ^= value + 0x9E3779B97F4A7C15ull + (hash << 12) + (hash >> 4);
  hash *= 0xD6E8FEB86659FD93ull;
  return hash ^ (hash >> 32);
}

class InternTable {
 public:
  /// The number of an equal value, else `next`, which the caller must then store.
  template <typename Equal, typename HashOf>
  uint32_t find_or_add(uint64_t hash, uint32_t next, Equal equal, HashOf hash_of) {
    if ((count_ + 1) * 2 > slots_.size()) grow(hash_of);
    const size_t mask = slots_.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      if (slots_[i] == kFree) {
        slots_[i] = next;
        ++count_;
        return next;
      }
      if (equal(slots_[i])) return slots_[i];
    }
  }
  size_t memory() const noexcept { return slots_.capacity() * sizeof(uint32_t); }

 private:
  static constexpr uint32_t kFree = 0xFFFFFFFF;
  template <typename HashOf>
  void grow(HashOf hash_of) {
    std::vector<uint32_t> old(slots_.empty() ? 16 : slots_.size() * 2, kFree);
    old.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (const uint32_t id : old) {
      if (id == kFree) continue;
      size_t i = hash_of(id) & mask;
      while (slots_[i] != kFree) i = (i + 1) & mask;
      slots_[i] = id;
    }
  }
  std::vector<uint32_t> slots_;
  size_t count_ = 0;
};

/// Sequences of plain 32-bit records by number: T must be made of uint32_t members only.
template <typename T>
class InternedSequences {
 public:
  InternedSequences() { intern({}); }  // number 0 is the empty sequence

  uint32_t intern(const std::vector<T>& values) {
    uint64_t hash = values.size();
    for (const T& value : values) hash = hash_one(hash, value);
    const auto next = static_cast<uint32_t>(ends_.size());
    const uint32_t id = index_.find_or_add(
        hash, next,
        [&](uint32_t other) {
          return hashes_[other] == hash && std::ranges::equal((*this)[other], values);
        },
        [&](uint32_t other) { return hashes_[other]; });
    if (id == next) {
      all_.insert(all_.end(), values.begin(), values.end());
      ends_.push_back(all_.size());
      hashes_.push_back(hash);
    }
    return id;
  }
  /// Valid until the next intern().
  std::span<const T> operator[](uint32_t id) const noexcept {
    const size_t begin = id == 0 ? 0 : ends_[id - 1];
    return {all_.data() + begin, ends_[id] - begin};
  }
  size_t size() const noexcept { return ends_.size(); }
  size_t memory() const noexcept {
    return index_.memory() + all_.capacity() * sizeof(T) +
           ends_.capacity() * (sizeof(size_t) + sizeof(uint64_t));
  }

 private:
  static uint64_t hash_one(uint64_t hash, const T& value) noexcept {
    static_assert(sizeof(T) % sizeof(uint32_t) == 0);
    uint32_t words[sizeof(T) / sizeof(uint32_t)];
    std::memcpy(words, &value, sizeof(T));
    for (const uint32_t word : words) hash = mix_hash(hash, word);
    return hash;
  }
  InternTable index_;
  std::vector<T> all_;
  std::vector<size_t> ends_;
  std::vector<uint64_t> hashes_;
};

}  // namespace tokrail::recogniser
