#include "tokenizers/truncation.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tokrail {
namespace {

Encoding numbers(TokenId first, size_t count) {
  Encoding encoding;
  for (TokenId i = 0; i < count; ++i) encoding.push_back(first + i, {i, i + 1}, i);
  return encoding;
}

using Strategy = TruncationSpec::Strategy;

std::pair<size_t, size_t> lengths(size_t a, size_t b, uint32_t max_length,
                                  Strategy strategy = Strategy::kLongestFirst) {
  Encoding first = numbers(0, a);
  Encoding second = numbers(100, b);
  TruncationSpec spec;
  spec.max_length = max_length;
  spec.strategy = strategy;
  truncate_encodings(first, &second, spec);
  return {first.size(), second.size()};
}

TEST(Truncation, LongestFirstTakesFromTheLonger) {
  using Pair = std::pair<size_t, size_t>;
  EXPECT_EQ(lengths(4, 3, 10), (Pair{4, 3}));
  EXPECT_EQ(lengths(3, 9, 8), (Pair{3, 5}));
  EXPECT_EQ(lengths(9, 3, 8), (Pair{5, 3}));
  EXPECT_EQ(lengths(9, 9, 7), (Pair{3, 4}));
  EXPECT_EQ(lengths(10, 9, 7), (Pair{4, 3}));
  EXPECT_EQ(lengths(9, 10, 2), (Pair{1, 1}));
  EXPECT_EQ(lengths(9, 10, 0), (Pair{0, 0}));
}

TEST(Truncation, OneSequenceOnly) {
  using Pair = std::pair<size_t, size_t>;
  EXPECT_EQ(lengths(6, 4, 7, Strategy::kOnlyFirst), (Pair{3, 4}));
  EXPECT_EQ(lengths(6, 4, 7, Strategy::kOnlySecond), (Pair{6, 1}));
  EXPECT_THROW(lengths(3, 9, 6, Strategy::kOnlyFirst), Error);
  Encoding alone = numbers(0, 9);
  TruncationSpec spec;
  spec.max_length = 3;
  spec.strategy = Strategy::kOnlySecond;
  EXPECT_THROW(truncate_encodings(alone, nullptr, spec), Error);
}

TEST(Truncation, LeavesRoomForSpecialTokens) {
  Encoding encoding = numbers(0, 10);
  TruncationSpec spec;
  spec.max_length = 6;
  truncate_encodings(encoding, nullptr, spec, 2);
  EXPECT_EQ(encoding.size(), 4U);
  EXPECT_THROW(truncate_encodings(encoding, nullptr, spec, 7), Error);
}

TEST(Padding, LongestFixedAndMultiples) {
  std::vector<Encoding> batch = {numbers(0, 2), numbers(10, 5)};
  PaddingSpec spec;
  spec.pad_id = 99;
  spec.pad_type_id = 7;
  spec.pad_to_multiple_of = 4;
  pad_encodings(batch, spec);
  EXPECT_EQ(batch[0].size(), 8U);
  EXPECT_EQ(batch[1].size(), 8U);
  EXPECT_EQ(batch[0].ids, (std::vector<TokenId>{0, 1, 99, 99, 99, 99, 99, 99}));
  EXPECT_EQ(batch[0].attention_mask, (std::vector<uint8_t>{1, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(batch[1].type_ids[7], 7U);
  spec.fixed_length = 3;
  spec.pad_to_multiple_of.reset();
  std::vector<Encoding> fixed = {numbers(0, 2), numbers(10, 5)};
  pad_encodings(fixed, spec);
  EXPECT_EQ(fixed[0].size(), 3U);
  EXPECT_EQ(fixed[1].size(), 5U);
  pad_encodings({}, spec);
}

}  // namespace
}  // namespace tokrail
