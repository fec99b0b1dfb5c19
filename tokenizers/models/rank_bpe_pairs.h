// The pair table of RankBpe: which two ranks merge, by hash. Internal to RankBpe.
//
// A slot holds the rank of the merged token and a tag of the hash. The parts are not stored: they
// are looked up through the rank, and the tag spares nearly all of those look-ups.
#pragma once

#include <cstdint>

namespace tokrail::rank_bpe_pairs {

inline constexpr int kRankBits = 22;
inline constexpr uint32_t kRankMask = (1u << kRankBits) - 1;
inline constexpr uint32_t kEmpty = 0xFFFFFFFFu;

inline uint64_t hash(uint32_t left, uint32_t right) noexcept {
  uint64_t h = (uint64_t{left} << 32 | right) * 0x9E3779B97F4A7C15ull;
  return (h ^ h >> 29) * 0xBF58476D1CE4E5B9ull;
}

inline uint32_t tag(uint64_t hash) noexcept {
  return static_cast<uint32_t>(hash & ((1u << (32 - kRankBits)) - 1)) << kRankBits;
}

}  // namespace tokrail::rank_bpe_pairs
