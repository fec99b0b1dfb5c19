#include "base/bitset.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/property.h"

namespace tokrail {
namespace {

// The oracle: one bool per bit.
using Bits = std::vector<bool>;

std::vector<uint32_t> words_of(const Bits& bits) {
  std::vector<uint32_t> words(mask_words(bits.size()));
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) words[i / 32] |= uint32_t{1} << (i % 32);
  }
  return words;
}

Bits random_bits(test::Random& random, size_t size) {
  Bits bits(size);
  // Dense, even and sparse: long runs of zero words have to be skipped right.
  const size_t one_in = size_t{1} << (test::below(random, 4) * 3);
  for (size_t i = 0; i < size; ++i) bits[i] = test::below(random, one_in + 1) == 0;
  if (test::below(random, 4) == 0) bits.flip();
  return bits;
}

template <typename Operation>
Bits combined(const Bits& a, const Bits& b, Operation operation) {
  Bits out(a.size());
  for (size_t i = 0; i < a.size(); ++i) out[i] = operation(a[i], b[i]);
  return out;
}

template <typename Operation>
std::vector<uint32_t> applied(std::vector<uint32_t> words, Operation operation) {
  operation(words);
  return words;
}

void check_pair(const Bits& a, const Bits& b) {
  const std::vector<uint32_t> x = words_of(a);
  const std::vector<uint32_t> y = words_of(b);
  const auto both = combined(a, b, [](bool p, bool q) { return p && q; });
  const auto either = combined(a, b, [](bool p, bool q) { return p || q; });
  const auto only_a = combined(a, b, [](bool p, bool q) { return p && !q; });
  const auto differ = combined(a, b, [](bool p, bool q) { return p != q; });
  EXPECT_EQ(applied(x, [&](auto& words) { mask_and(words, y); }), words_of(both));
  EXPECT_EQ(applied(x, [&](auto& words) { mask_or(words, y); }), words_of(either));
  EXPECT_EQ(applied(x, [&](auto& words) { mask_and_not(words, y); }), words_of(only_a));
  EXPECT_EQ(applied(x, [&](auto& words) { mask_xor(words, y); }), words_of(differ));
  const auto count = [](const Bits& bits) {
    return static_cast<size_t>(std::count(bits.begin(), bits.end(), true));
  };
  EXPECT_EQ(mask_count(x), count(a));
  EXPECT_EQ(mask_count_and(x, y), count(both));
  EXPECT_EQ(mask_any(x), count(a) != 0);
  EXPECT_EQ(mask_intersects(x, y), count(both) != 0);
  EXPECT_EQ(mask_is_subset(x, y), count(only_a) == 0);
  EXPECT_TRUE(mask_is_subset(words_of(both), y));
  EXPECT_EQ(mask_equal(x, y), a == b);
  EXPECT_TRUE(mask_equal(x, x));
}

void check_one(const Bits& a, test::Random& random) {
  const std::vector<uint32_t> x = words_of(a);
  Bits flipped = a;
  flipped.flip();
  EXPECT_EQ(applied(x, [&](auto& words) { mask_invert(words, a.size()); }), words_of(flipped));
  EXPECT_EQ(applied(x, [&](auto& words) { mask_set_all(words, a.size()); }),
            words_of(Bits(a.size(), true)));
  EXPECT_EQ(applied(x, [](auto& words) { mask_clear_all(words); }), words_of(Bits(a.size())));

  const size_t begin = test::below(random, a.size() + 1);
  const size_t end = begin + test::below(random, a.size() - begin + 1);
  Bits with = a;
  Bits without = a;
  for (size_t i = begin; i < end; ++i) {
    with[i] = true;
    without[i] = false;
  }
  EXPECT_EQ(applied(x, [&](auto& words) { mask_set_range(words, begin, end); }), words_of(with));
  EXPECT_EQ(applied(x, [&](auto& words) { mask_clear_range(words, begin, end); }),
            words_of(without));

  Bits found(a.size());
  for (size_t i = mask_find_next(x, 0); i != kMaskEnd; i = mask_find_next(x, i + 1)) {
    ASSERT_LT(i, a.size());
    found[i] = true;
  }
  EXPECT_EQ(found, a);
  EXPECT_EQ(mask_find_next(x, a.size() + 64), kMaskEnd);
  EXPECT_EQ(mask_find_next(x, kMaskEnd), kMaskEnd);
  if (!a.empty()) {
    const size_t bit = test::below(random, a.size());
    EXPECT_EQ(mask_test(x, bit), a[bit]);
    EXPECT_TRUE(mask_test(applied(x, [&](auto& words) { mask_set(words, bit); }), bit));
    EXPECT_FALSE(mask_test(applied(x, [&](auto& words) { mask_clear(words, bit); }), bit));
  }
}

void check_all() {
  test::Random random(test::property_seed());
  std::vector<size_t> sizes;
  for (size_t size = 0; size <= 100; ++size) sizes.push_back(size);
  for (const size_t size : {127, 128, 511, 512, 513, 1023, 1056, 4096, 32000, 50257, 100277}) {
    sizes.push_back(size);
  }
  for (const size_t size : sizes) {
    for (int round = 0; round < 8; ++round) {
      const Bits a = random_bits(random, size);
      check_pair(a, random_bits(random, size));
      check_pair(a, a);
      check_one(a, random);
      if (::testing::Test::HasFailure()) {
        FAIL() << "size " << size << ", TOKRAIL_SEED=" << test::property_seed();
      }
    }
  }
}

TEST(Mask, EveryInstructionSetMatchesTheOracle) {
  int64_t targets = hwy::SupportedTargets();
  int tested = 0;
  while (targets != 0) {
    const int64_t target = targets & -targets;
    targets &= targets - 1;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    check_all();
    ++tested;
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  EXPECT_GE(tested, 1);
  RecordProperty("instruction_sets", tested);
}

TEST(Mask, WordsAreCeilOfBits) {
  EXPECT_EQ(mask_words(0), 0u);
  EXPECT_EQ(mask_words(1), 1u);
  EXPECT_EQ(mask_words(32), 1u);
  EXPECT_EQ(mask_words(33), 2u);
  EXPECT_EQ(mask_words(~size_t{0}), (size_t{1} << 59));
}

TEST(Mask, WorksOnWordsAtAnyAddress) {
  std::vector<uint32_t> storage(70, 0xFFFFFFFF);
  for (size_t offset = 0; offset < 5; ++offset) {
    const MaskWords words = MaskWords(storage).subspan(offset, 65);
    EXPECT_EQ(mask_count(words), 65u * 32);
    EXPECT_EQ(mask_find_next(words, 77), 77u);
  }
}

TEST(Mask, SetAllClearsTheTailOfALongerSpan) {
  std::vector<uint32_t> words(4, 0xFFFFFFFF);
  mask_set_all(words, 33);
  EXPECT_EQ(words, (std::vector<uint32_t>{0xFFFFFFFF, 1, 0, 0}));
  mask_invert(words, 40);
  EXPECT_EQ(words, (std::vector<uint32_t>{0, 0xFE, 0, 0}));
}

}  // namespace
}  // namespace tokrail
