// ByteSet: a set of bytes as 256 bits.
//
//   ByteSet digits = ByteSet::range('0', '9');
//   digits.contains('7');  (digits & ByteSet::of('7')).single() == '7'
//
// Plain data, O(1) operations, no errors.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace tokrail {

class ByteSet {
 public:
  constexpr ByteSet() = default;
  static constexpr ByteSet of(uint8_t byte) noexcept { return range(byte, byte); }
  /// Both ends included.
  static constexpr ByteSet range(uint8_t first, uint8_t last) noexcept {
    ByteSet set;
    for (unsigned b = first; b <= last; ++b) set.words_[b >> 6] |= uint64_t{1} << (b & 63);
    return set;
  }
  static constexpr ByteSet all() noexcept { return range(0, 255); }

  constexpr void add(uint8_t byte) noexcept { words_[byte >> 6] |= uint64_t{1} << (byte & 63); }
  constexpr bool contains(uint8_t byte) const noexcept {
    return (words_[byte >> 6] >> (byte & 63) & 1) != 0;
  }
  constexpr bool empty() const noexcept {
    return (words_[0] | words_[1] | words_[2] | words_[3]) == 0;
  }
  constexpr int count() const noexcept {
    return std::popcount(words_[0]) + std::popcount(words_[1]) + std::popcount(words_[2]) +
           std::popcount(words_[3]);
  }
  /// The lowest member; the set must not be empty.
  constexpr uint8_t first() const noexcept {
    int word = 0;
    while (words_[word] == 0) ++word;
    return static_cast<uint8_t>(word * 64 + std::countr_zero(words_[word]));
  }
  /// The one member of a set of one.
  constexpr std::optional<uint8_t> single() const noexcept {
    uint64_t bits = 0;
    int word = 0;
    for (int i = 0; i < 4; ++i) {
      if (words_[i] == 0) continue;
      if (bits != 0) return std::nullopt;
      bits = words_[i];
      word = i;
    }
    if (bits == 0 || (bits & (bits - 1)) != 0) return std::nullopt;
    return static_cast<uint8_t>(word * 64 + std::countr_zero(bits));
  }
  /// Calls visit(byte) for each member in order.
  template <typename Visit>
  constexpr void for_each(Visit visit) const {
    for (int word = 0; word < 4; ++word) {
      for (uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
        visit(static_cast<uint8_t>(word * 64 + std::countr_zero(bits)));
      }
    }
  }

  constexpr ByteSet operator~() const noexcept {
    ByteSet set;
    for (int i = 0; i < 4; ++i) set.words_[i] = ~words_[i];
    return set;
  }
  constexpr ByteSet& operator|=(const ByteSet& other) noexcept {
    for (int i = 0; i < 4; ++i) words_[i] |= other.words_[i];
    return *this;
  }
  constexpr ByteSet& operator&=(const ByteSet& other) noexcept {
    for (int i = 0; i < 4; ++i) words_[i] &= other.words_[i];
    return *this;
  }
  friend constexpr ByteSet operator|(ByteSet a, const ByteSet& b) noexcept { return a |= b; }
  friend constexpr ByteSet operator&(ByteSet a, const ByteSet& b) noexcept { return a &= b; }
  friend constexpr ByteSet operator-(const ByteSet& a, const ByteSet& b) noexcept { return a & ~b; }
  friend constexpr auto operator<=>(const ByteSet&, const ByteSet&) = default;

  constexpr const std::array<uint64_t, 4>& words() const noexcept { return words_; }

 private:
  std::array<uint64_t, 4> words_{};
};

}  // namespace tokrail
