// PairTable: what two neighbouring symbols become, by the pair of their ids.
//
// An open-addressing hash table of 16-byte slots at most half full, so a lookup is one cache line
// in nearly all cases. Built once, then read only and thread safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizers/merge_engine.h"

namespace tokrail {

class PairTable {
 public:
  explicit PairTable(size_t pairs = 0)
      : slots_(std::bit_ceil(pairs * 2 + 2)), shift_(64 - std::countr_zero(slots_.size())) {}

  /// The later of two equal pairs stays. Not more pairs than the constructor was told.
  void set(uint32_t left, uint32_t right, PairMerge merge) noexcept {
    const uint64_t key = uint64_t{left} << 32 | right;
    size_t i = home(key);
    while (slots_[i].key != kEmpty && slots_[i].key != key) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {key, merge};
  }

  PairMerge find(uint32_t left, uint32_t right) const noexcept {
    const uint64_t key = uint64_t{left} << 32 | right;
    size_t i = home(key);
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

  size_t home(uint64_t key) const noexcept {
    // Two rounds, because the high half of a single product hardly depends on the left id.
    uint64_t hash = (key ^ (key >> 29)) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93u;
    return static_cast<size_t>(hash >> shift_);
  }

  std::vector<Slot> slots_;
  int shift_;
};

}  // namespace tokrail
