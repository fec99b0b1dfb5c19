// PairTable: what two neighbouring symbols become, by the pair of their ids.
//
// An open-addressing hash table of 16-byte slots at most half full, so a lookup is one cache line
// in nearly all cases. Most pairs that are asked for do not merge; a bit per hash value, 16 times
// as many as pairs, answers nearly all of those from a few ten kilobytes that stay in the cache.
// Built once, then read only and thread safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizers/models/merge_engine.h"

namespace tokrail {

class PairTable {
 public:
  explicit PairTable(size_t pairs = 0)
      : slots_(std::bit_ceil(pairs * 2 + 2)),
        present_(std::bit_ceil(pairs / 4 + 1)),
        shift_(64 - std::countr_zero(slots_.size())),
        bit_mask_(present_.size() * 64 - 1) {}

  /// The later of two equal pairs stays. Not more pairs than the constructor was told.
  void set(uint32_t left, uint32_t right, PairMerge merge) noexcept {
    const uint64_t key = uint64_t{left} << 32 | right;
    const uint64_t hash = hash_of(key);
    present_[(hash & bit_mask_) / 64] |= uint64_t{1} << (hash % 64);
    size_t i = hash >> shift_;
    while (slots_[i].key != kEmpty && slots_[i].key != key) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {key, merge};
  }

  PairMerge find(uint32_t left, uint32_t right) const noexcept {
    const uint64_t key = uint64_t{left} << 32 | right;
    const uint64_t hash = hash_of(key);
    if ((present_[(hash & bit_mask_) / 64] >> (hash % 64) & 1) == 0) return {};
    size_t i = hash >> shift_;
    while (slots_[i].key != key) {
      if (slots_[i].key == kEmpty) return {};
      i = (i + 1) & (slots_.size() - 1);
    }
    return slots_[i].merge;
  }

 private:
  static constexpr uint64_t kEmpty = ~uint64_t{0};
  struct Slot {
    uint64_t key = kEmpty;
    PairMerge merge;
  };

  // The high bits choose the slot, the low ones the bit. Two rounds, because neither half of a
  // single product depends well on both ids.
  static uint64_t hash_of(uint64_t key) noexcept {
    uint64_t hash = (key ^ (key >> 29)) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93u;
    return hash ^ (hash >> 32);
  }

  std::vector<Slot> slots_;
  std::vector<uint64_t> present_;  // bits
  int shift_;
  uint64_t bit_mask_;
};

}  // namespace tokrail
