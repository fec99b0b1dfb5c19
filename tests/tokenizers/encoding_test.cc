#include "tokenizers/encoding.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

using Direction = TruncationSpec::Direction;

Encoding numbers(TokenId first, size_t count) {
  Encoding encoding;
  for (TokenId i = 0; i < count; ++i) encoding.push_back(first + i, {i, i + 1}, i / 2);
  return encoding;
}

std::vector<std::vector<TokenId>> pieces(const Encoding& encoding) {
  std::vector<std::vector<TokenId>> result = {encoding.ids};
  for (const Encoding& piece : encoding.overflowing) result.push_back(piece.ids);
  return result;
}

using Ids = std::vector<std::vector<TokenId>>;

TEST(Encoding, TruncatesAtTheRight) {
  Encoding encoding = numbers(0, 5);
  encoding.truncate(2, 0, Direction::kRight);
  EXPECT_EQ(pieces(encoding), (Ids{{0, 1}, {2, 3}, {4}}));
  encoding = numbers(0, 5);
  encoding.truncate(3, 2, Direction::kRight);
  EXPECT_EQ(pieces(encoding), (Ids{{0, 1, 2}, {1, 2, 3}, {2, 3, 4}}));
  encoding = numbers(0, 3);
  encoding.truncate(3, 5, Direction::kRight);
  EXPECT_EQ(pieces(encoding), (Ids{{0, 1, 2}}));
}

TEST(Encoding, TruncatesAtTheLeft) {
  Encoding encoding = numbers(0, 5);
  encoding.truncate(2, 0, Direction::kLeft);
  EXPECT_EQ(pieces(encoding), (Ids{{3, 4}, {1, 2}, {0}}));
  encoding = numbers(0, 5);
  encoding.truncate(3, 1, Direction::kLeft);
  EXPECT_EQ(pieces(encoding), (Ids{{2, 3, 4}, {0, 1, 2}}));
}

TEST(Encoding, TruncatesToNothing) {
  Encoding encoding = numbers(0, 2);
  encoding.truncate(0, 9, Direction::kRight);
  EXPECT_EQ(pieces(encoding), (Ids{{}, {0, 1}}));
}

TEST(Encoding, RefusesAStrideThatNeverEnds) {
  Encoding encoding = numbers(0, 5);
  EXPECT_THROW(encoding.truncate(2, 2, Direction::kRight), Error);
  EXPECT_EQ(encoding.size(), 5U);
}

TEST(Encoding, AppendCombinesOverflowingPieces) {
  Encoding a = numbers(0, 2);
  a.overflowing = {numbers(10, 1)};
  Encoding b = numbers(20, 1);
  b.overflowing = {numbers(30, 1)};
  a.set_sequence(0);
  b.set_sequence(1);
  a.append(b);
  EXPECT_EQ(a.ids, (std::vector<TokenId>{0, 1, 20}));
  // HF's order: each piece of a with b, then with the pieces of b; then a with the pieces of b.
  EXPECT_EQ(pieces(a), (Ids{{0, 1, 20}, {10, 20}, {10, 30}, {0, 1, 30}}));
  EXPECT_EQ(a.range_of(1), (SequenceRange{1, 2, 3}));
  EXPECT_EQ(a.sequence_of(2), std::optional<uint32_t>(1));
  EXPECT_EQ(a.sequence_of(3), std::nullopt);
}

TEST(Encoding, PadsBothSides) {
  Encoding encoding = numbers(5, 2);
  encoding.set_sequence(0);
  encoding.pad(4, 9, 1, PaddingSpec::Direction::kLeft);
  EXPECT_EQ(encoding.ids, (std::vector<TokenId>{9, 9, 5, 6}));
  EXPECT_EQ(encoding.special_tokens_mask, (std::vector<uint8_t>{1, 1, 0, 0}));
  EXPECT_EQ(encoding.word_ids[0], kNoWord);
  EXPECT_EQ(encoding.range_of(0), (SequenceRange{0, 2, 4}));
}

TEST(Encoding, LooksUpWordsAndPositions) {
  const Encoding encoding = numbers(0, 6);
  EXPECT_EQ(encoding.tokens_of_word(1), (std::pair<size_t, size_t>{2, 4}));
  EXPECT_EQ(encoding.tokens_of_word(9), std::nullopt);
  EXPECT_EQ(encoding.token_at(4), std::optional<size_t>(4));
  EXPECT_EQ(encoding.token_at(6), std::nullopt);
  EXPECT_EQ(encoding.token_at(0, 1), std::nullopt);
}

TEST(OffsetConverter, CountsUnits) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x98\x80z\xE2\x82";  // a é 😀 z and a cut character
  OffsetConverter points(text, OffsetUnit::kCodePoint);
  EXPECT_EQ(points.convert({1, 3}), (Span{1, 2}));
  EXPECT_EQ(points.convert({3, 7}), (Span{2, 3}));
  EXPECT_EQ(points.convert({8, 10}), (Span{4, 5}));
  OffsetConverter utf16(text, OffsetUnit::kUtf16);
  EXPECT_EQ(utf16.convert({3, 7}), (Span{2, 4}));
  EXPECT_EQ(utf16.convert({7, 8}), (Span{4, 5}));
  // Inside a character: a span covers the characters it touches.
  EXPECT_EQ(points.convert({4, 5}), (Span{2, 3}));
  EXPECT_EQ(points.convert({5, 5}), (Span{2, 2}));
  OffsetConverter bytes(text, OffsetUnit::kByte);
  EXPECT_EQ(bytes.convert({4, 5}), (Span{4, 5}));
}

TEST(OffsetConverter, AnyOrderAgreesWithCounting) {
  test::Random random(test::property_seed());
  for (int round = 0; round < 60; ++round) {
    const std::string text = test::random_text(random, round % 10 == 0 ? 30000 : 300);
    for (const OffsetUnit unit : {OffsetUnit::kCodePoint, OffsetUnit::kUtf16}) {
      std::vector<uint64_t> expected;  // by byte: units before the character that holds it
      uint64_t count = 0;
      for (auto [position, u] : utf8_units(text)) {
        for (uint32_t i = 0; i < u.length; ++i) expected.push_back(count);
        count += unit == OffsetUnit::kUtf16 && u.code_point > 0xFFFF ? 2 : 1;
      }
      expected.push_back(count);
      OffsetConverter converter(text, unit);
      for (int i = 0; i < 200; ++i) {
        const size_t at = test::below(random, text.size() + 1);
        ASSERT_EQ(converter.convert_begin(at), expected[at]) << at << " " << test::escaped(text);
        const size_t boundary = at;
        uint64_t up = expected[at];
        size_t next = at;
        while (next < text.size() && next > 0 && expected[next] == expected[next - 1]) ++next;
        if (next != boundary || (at > 0 && at < text.size() && expected[at] == expected[at - 1])) {
          up = expected[next];
        }
        ASSERT_EQ(converter.convert_end(at), up) << at << " " << test::escaped(text);
      }
    }
  }
}

TEST(OffsetConverter, ConvertsAnEncoding) {
  Encoding encoding;
  encoding.push_back(0, {0, 0}, kNoWord, 0, true);
  encoding.push_back(1, {0, 2}, 0);
  encoding.push_back(2, {2, 4}, 1);
  const std::string text = "\xC3\xA9\xC3\xA9";
  OffsetConverter(text, OffsetUnit::kCodePoint).convert(encoding);
  EXPECT_EQ(encoding.offsets, (std::vector<Span>{{0, 0}, {0, 1}, {1, 2}}));
}

}  // namespace
}  // namespace tokrail
