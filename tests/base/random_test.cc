#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace tokrail {
namespace {

TEST(Philox, KnownAnswers) {
  // The vectors published with Random123 (kat_vectors, philox4x32 10).
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, IsUsableInConstantExpressions) {
  static_assert(philox4x32({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
  static_assert(CounterRandom(1).uniform({}) < 1.0);
}

TEST(CounterRandom, EachPartOfTheNameMatters) {
  const CounterRandom random(42);
  const DrawName base = {.stream = 7, .position = 3, .draw = 2, .purpose = Purpose::kToken};
  std::vector<DrawName> names = {base};
  for (int bit = 0; bit < 64; ++bit) {
    DrawName other = base;
    other.stream ^= uint64_t{1} << bit;
    names.push_back(other);
  }
  for (int bit = 0; bit < 32; ++bit) {
    DrawName other = base;
    other.position ^= uint32_t{1} << bit;
    names.push_back(other);
  }
  for (int bit = 0; bit < 28; ++bit) {
    DrawName other = base;
    other.draw ^= uint32_t{1} << bit;
    names.push_back(other);
  }
  for (uint8_t purpose = 1; purpose < 8; ++purpose) {
    DrawName other = base;
    other.purpose = static_cast<Purpose>(purpose);
    names.push_back(other);
  }
  std::set<PhiloxCounter> blocks;
  for (const DrawName& name : names) blocks.insert(random.block(name));
  EXPECT_EQ(blocks.size(), names.size());
  EXPECT_EQ(random.block(base), CounterRandom(42).block(base));
  EXPECT_NE(random.block(base), CounterRandom(43).block(base));
  EXPECT_NE(random.block(base), CounterRandom(42 + (uint64_t{1} << 32)).block(base));
}

TEST(CounterRandom, UniformsAreUniform) {
  const CounterRandom random(1);
  constexpr uint32_t kDraws = 1000000;
  constexpr int kBins = 256;
  std::vector<int> bins(kBins);
  double sum = 0;
  for (uint32_t i = 0; i < kDraws; ++i) {
    const double u = random.uniform({.stream = 9, .position = i});
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    ++bins[static_cast<size_t>(u * kBins)];
    const double open = random.uniform_open({.stream = 9, .position = i});
    ASSERT_GT(open, 0.0);
    ASSERT_LT(open, 1.0);
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 / std::sqrt(12.0 * kDraws));
  double chi_square = 0;
  for (const int count : bins) {
    const double difference = count - double{kDraws} / kBins;
    chi_square += difference * difference / (double{kDraws} / kBins);
  }
  // 255 degrees of freedom: mean 255, deviation 22.6.
  EXPECT_GT(chi_square, 255 - 5 * 22.6);
  EXPECT_LT(chi_square, 255 + 5 * 22.6);
}

TEST(CounterRandom, UniformsCarryFiftyThreeBits) {
  const CounterRandom random(5);
  uint64_t seen = 0;
  for (uint32_t i = 0; i < 200; ++i) {
    seen |= static_cast<uint64_t>(random.uniform({.position = i}) * 0x1p53);
  }
  EXPECT_EQ(seen, (uint64_t{1} << 53) - 1);
}

TEST(CounterRandom, BelowStaysBelow) {
  const CounterRandom random(3);
  EXPECT_EQ(random.below({}, 0), 0u);
  EXPECT_EQ(random.below({}, 1), 0u);
  std::vector<int> seen(10);
  for (uint32_t i = 0; i < 10000; ++i) {
    const DrawName name = {.position = i};
    ++seen[random.below(name, 10)];
    const uint64_t large = random.below(name, ~uint64_t{0});
    __extension__ using Wide = unsigned __int128;
    const auto exact =
        static_cast<uint64_t>(static_cast<Wide>(random.bits(name)) * ~uint64_t{0} >> 64);
    ASSERT_EQ(large, exact);
  }
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace tokrail
