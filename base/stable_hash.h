// StableHash: 128 bits of a sequence of numbers and byte strings that are the same on every machine
// and in every version of the library.
//
//   StableHash hash;
//   hash.add(text);            // with its length: "ab","c" is not "a","bc"
//   hash.add(uint64_t{42});
//   hash.value().hex();
//
// For telling files and vocabularies apart and for finding damage, not against somebody who makes
// two alike on purpose. Every step is a permutation of the state, so a change of one word always
// changes the value. Complexity: O(bytes), about 4 GB/s. No errors.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tokrail {

struct Hash128 {
  uint64_t low = 0, high = 0;

  /// 32 digits.
  std::string hex() const {
    std::string digits;
    for (const uint64_t half : {high, low}) {
      for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[half >> shift & 15];
    }
    return digits;
  }
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};

class StableHash {
 public:
  void add(uint64_t word) noexcept {
    a_ = std::rotl(a_ ^ word, 29) * kFirst;
    b_ = std::rotl(b_ + word, 37) * kSecond;
    ++words_;
  }
  void add(std::string_view bytes) noexcept {
    add(uint64_t{bytes.size()});
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) add(word(bytes, 8));
    if (!bytes.empty()) add(word(bytes, bytes.size()));
  }
  Hash128 value() const noexcept {
    uint64_t low = mix(a_ ^ words_), high = mix(b_ + words_);
    low += high;
    high = mix(high ^ std::rotl(low, 32));
    return {mix(low), high};
  }

 private:
  static constexpr uint64_t kFirst = 0x9E3779B97F4A7C15ull, kSecond = 0xC2B2AE3D27D4EB4Full;

  /// The first `count` bytes, the lowest first, on any machine.
  static uint64_t word(std::string_view bytes, size_t count) noexcept {
    uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&word, bytes.data(), count);
    } else {
      for (size_t i = count; i > 0; --i) word = word << 8 | static_cast<uint8_t>(bytes[i - 1]);
    }
    return word;
  }
  static uint64_t mix(uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
  }

  uint64_t a_ = 0x243F6A8885A308D3ull, b_ = 0x13198A2E03707344ull, words_ = 0;
};

}  // namespace tokrail
