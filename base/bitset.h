// Sets of token ids as mask words: uint32_t[W], W = ceil(V / 32), bit t & 31 of word t >> 5.
//
// This is the layout inference engines use for token masks (1 = allowed), so a mask is a span of
// words and these functions, not a class: the words may live in a user's buffer. The bits at and
// above V in the last word are 0; functions that could set them take V.
//
//   std::vector<uint32_t> allowed(mask_words(vocabulary_size));
//   mask_set(allowed, id);
//   mask_and(allowed, other);                     // allowed &= other
//   for (size_t id = mask_find_next(allowed, 0); id != kMaskEnd;
//        id = mask_find_next(allowed, id + 1)) { ... }
//
// Complexity: O(1) per bit, O(W) per mask with SIMD chosen at run time (AVX-512, AVX2, SSE4, NEON,
// scalar). Ownership: none. Thread safety: as for any array. Errors: none; two masks given
// together must have the same number of words, and bits must lie in the mask (assertions).
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tokrail {

using MaskWords = std::span<uint32_t>;
using ConstMaskWords = std::span<const uint32_t>;

/// What mask_find_next answers when there is no further bit.
inline constexpr size_t kMaskEnd = static_cast<size_t>(-1);

constexpr size_t mask_words(size_t bits) noexcept {
  return bits / 32 + (bits % 32 != 0 ? 1 : 0);
}

inline bool mask_test(ConstMaskWords words, size_t bit) noexcept {
  assert(bit / 32 < words.size());
  return (words[bit >> 5] >> (bit & 31) & 1) != 0;
}
inline void mask_set(MaskWords words, size_t bit) noexcept {
  assert(bit / 32 < words.size());
  words[bit >> 5] |= uint32_t{1} << (bit & 31);
}
inline void mask_clear(MaskWords words, size_t bit) noexcept {
  assert(bit / 32 < words.size());
  words[bit >> 5] &= ~(uint32_t{1} << (bit & 31));
}

/// All words 0.
void mask_clear_all(MaskWords words) noexcept;
/// Bits 0 to bits - 1 set, the others of the span 0.
void mask_set_all(MaskWords words, size_t bits) noexcept;
/// Bits begin to end - 1 set or cleared, the others untouched.
void mask_set_range(MaskWords words, size_t begin, size_t end) noexcept;
void mask_clear_range(MaskWords words, size_t begin, size_t end) noexcept;

/// target &= other, target |= other, target &= ~other, target ^= other.
void mask_and(MaskWords target, ConstMaskWords other) noexcept;
void mask_or(MaskWords target, ConstMaskWords other) noexcept;
void mask_and_not(MaskWords target, ConstMaskWords other) noexcept;
void mask_xor(MaskWords target, ConstMaskWords other) noexcept;
/// The complement within bits 0 to bits - 1.
void mask_invert(MaskWords target, size_t bits) noexcept;

/// Number of bits set.
size_t mask_count(ConstMaskWords words) noexcept;
/// Number of bits set in both.
size_t mask_count_and(ConstMaskWords a, ConstMaskWords b) noexcept;
/// Whether any bit is set; whether any bit is set in both.
bool mask_any(ConstMaskWords words) noexcept;
bool mask_intersects(ConstMaskWords a, ConstMaskWords b) noexcept;
/// Whether every bit of a is set in b.
bool mask_is_subset(ConstMaskWords a, ConstMaskWords b) noexcept;
/// Whether the words are equal.
bool mask_equal(ConstMaskWords a, ConstMaskWords b) noexcept;
/// The first bit set at or after `from`, or kMaskEnd; `from` may lie past the end.
size_t mask_find_next(ConstMaskWords words, size_t from) noexcept;

}  // namespace tokrail
