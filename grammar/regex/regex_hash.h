// Hashes of expressions: 128 bits by content, the same in every process.
//
// The hash of a literal followed by something is a chain of permutations of that something's hash,
// one per byte. So the derivative by a literal's first byte knows its hash in O(1): the permutation
// is undone.
#pragma once

#include <bit>
#include <cstdint>

#include "grammar/regex/regex_set.h"

namespace tokrail::detail {

inline constexpr uint64_t kOddA = 0x9E3779B97F4A7C15, kOddB = 0xD6E8FEB86659FD93;

/// The inverse of an odd number modulo 2^64 (Newton's iteration doubles the correct bits).
constexpr uint64_t inverse(uint64_t odd) noexcept {
  uint64_t x = odd;
  for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
  return x;
}

constexpr uint64_t shuffle(uint64_t x, uint64_t odd) noexcept {
  x ^= x >> 32;
  x *= odd;
  return x ^ x >> 32;
}

/// A permutation of `hash` for each word.
constexpr RegexHash absorb(RegexHash hash, uint64_t word) noexcept {
  const uint64_t low = shuffle(hash.low + (word + 1) * kOddB, kOddA);
  const uint64_t high = shuffle((hash.high ^ low) + (word + 1) * kOddA, kOddB);
  return {low ^ std::rotl(high, 17), high};
}

/// absorb(release(hash, word), word) == hash.
constexpr RegexHash release(RegexHash hash, uint64_t word) noexcept {
  const uint64_t low = hash.low ^ std::rotl(hash.high, 17);
  const uint64_t high = (shuffle(hash.high, inverse(kOddB)) - (word + 1) * kOddA) ^ low;
  return {shuffle(low, inverse(kOddA)) - (word + 1) * kOddB, high};
}

constexpr RegexHash absorb(RegexHash hash, const RegexHash& other) noexcept {
  return absorb(absorb(hash, other.low), other.high);
}

}  // namespace tokrail::detail
