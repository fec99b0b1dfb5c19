// Counter-based random numbers: a draw is a pure function of a seed and of what it is for.
//
// Philox4x32-10 keyed by a 64-bit seed; the counter names the draw by (stream, position, draw
// index, purpose). There is no state, so plain, batched and speculative decoding with any number
// of threads see the same number at the same place, and replay needs no bookkeeping.
//
//   const CounterRandom random(seed);
//   double u = random.uniform({.stream = request, .position = 17, .purpose = Purpose::kToken});
//
// Complexity: O(1), ten rounds of two multiplications. Thread safety: everything is pure.
// Errors: none. Paper: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011.
#pragma once

#include <array>
#include <cstdint>

namespace tokrail {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

/// The block function: 128 random bits, a bijection of the counter for each key.
constexpr PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9;  // golden ratio
    key[1] += 0xBB67AE85;  // sqrt(3) - 1
  }
  return counter;
}

/// What a draw decides. The values are part of the numbers drawn: never renumber.
enum class Purpose : uint8_t {
  kToken = 0,
  kAccept = 1,
  kResidual = 2,
  kResample = 3,
  kXtc = 4,
  kNoise = 5,
  kDropout = 6,   ///< merges left out, segmentations sampled
  kTraining = 7,  ///< choices of trainers
};

/// The name of a draw. Equal names give equal numbers under one seed.
struct DrawName {
  uint64_t stream = 0;    ///< the caller's request id, never a batch row
  uint32_t position = 0;  ///< position in the sequence
  uint32_t draw = 0;      ///< index among the draws at this position, below 2^28
  Purpose purpose = Purpose::kToken;
};

inline constexpr uint32_t kMaxDraws = uint32_t{1} << 28;

class CounterRandom {
 public:
  explicit constexpr CounterRandom(uint64_t seed) noexcept
      : key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)} {}

  /// 128 bits. Draw indices are taken modulo 2^28.
  constexpr PhiloxCounter block(const DrawName& name) const noexcept {
    return philox4x32({static_cast<uint32_t>(name.stream), static_cast<uint32_t>(name.stream >> 32),
                       name.position, name.draw << 4 | (static_cast<uint32_t>(name.purpose) & 15)},
                      key_);
  }

  constexpr uint64_t bits(const DrawName& name) const noexcept {
    const PhiloxCounter words = block(name);
    return uint64_t{words[1]} << 32 | words[0];
  }

  /// Uniform over the multiples of 2^-53 in [0, 1).
  constexpr double uniform(const DrawName& name) const noexcept {
    return static_cast<double>(bits(name) >> 11) * 0x1p-53;
  }

  /// Uniform in (0, 1), never 0 or 1, so that logarithms are finite: odd multiples of 2^-53.
  constexpr double uniform_open(const DrawName& name) const noexcept {
    return static_cast<double>(bits(name) >> 12) * 0x1p-52 + 0x1p-53;
  }

  /// Uniform in [0, bound), 0 for bound 0; the bias is below bound / 2^64.
  constexpr uint64_t below(const DrawName& name, uint64_t bound) const noexcept {
    // The high half of bits * bound, from 32-bit halves.
    const uint64_t value = bits(name);
    const uint64_t low = (value & 0xFFFFFFFF) * (bound & 0xFFFFFFFF);
    const uint64_t middle1 = (value >> 32) * (bound & 0xFFFFFFFF) + (low >> 32);
    const uint64_t middle2 = (value & 0xFFFFFFFF) * (bound >> 32) + (middle1 & 0xFFFFFFFF);
    return (value >> 32) * (bound >> 32) + (middle1 >> 32) + (middle2 >> 32);
  }

 private:
  PhiloxKey key_;
};

}  // namespace tokrail
