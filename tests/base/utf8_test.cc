#include "base/utf8.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/property.h"

namespace tokrail {
namespace {

// The oracle: table 3-7 of the Unicode Standard as ranges, and the definition of a maximal subpart
// read literally: the longest prefix that begins some well-formed sequence, else one byte.
struct Row {
  int length;
  std::array<std::array<int, 2>, 4> bytes;
};
constexpr Row kRows[] = {
    {1, {{{0x00, 0x7F}}}},
    {2, {{{0xC2, 0xDF}, {0x80, 0xBF}}}},
    {3, {{{0xE0, 0xE0}, {0xA0, 0xBF}, {0x80, 0xBF}}}},
    {3, {{{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}}}},
    {3, {{{0xED, 0xED}, {0x80, 0x9F}, {0x80, 0xBF}}}},
    {3, {{{0xEE, 0xEF}, {0x80, 0xBF}, {0x80, 0xBF}}}},
    {4, {{{0xF0, 0xF0}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}}}},
    {4, {{{0xF1, 0xF3}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}}}},
    {4, {{{0xF4, 0xF4}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}}}},
};

struct OracleUnit {
  uint32_t length;
  bool valid;
};

OracleUnit oracle_unit(std::string_view rest) {
  OracleUnit best = {1, false};
  for (const Row& row : kRows) {
    int matched = 0;
    while (matched < row.length && matched < static_cast<int>(rest.size())) {
      const auto byte = static_cast<unsigned char>(rest[static_cast<size_t>(matched)]);
      const auto& range = row.bytes[static_cast<size_t>(matched)];
      if (byte < range[0] || byte > range[1]) break;
      ++matched;
    }
    if (matched == row.length) return {static_cast<uint32_t>(matched), true};
    if (matched > static_cast<int>(best.length)) best.length = static_cast<uint32_t>(matched);
  }
  return best;
}

Utf8Unit decode(std::string_view text) {
  return decode_utf8(text.data(), text.data() + text.size());
}

bool agrees_with_oracle(const std::string& text) {
  size_t units = 0;
  size_t utf16 = 0;
  size_t first_invalid = std::string::npos;
  std::vector<size_t> starts;
  std::string repaired;
  size_t at = 0;
  for (const auto [position, unit] : utf8_units(text)) {
    const OracleUnit expected = oracle_unit(std::string_view(text).substr(at));
    if (position != at || unit.length != expected.length || unit.valid != expected.valid) {
      return false;
    }
    if (unit.valid) {
      std::string again;
      append_utf8(unit.code_point, again);
      if (again != text.substr(at, unit.length)) return false;
    } else if (unit.code_point != kReplacementCharacter) {
      return false;
    }
    if (!unit.valid && first_invalid == std::string::npos) first_invalid = at;
    repaired += unit.valid ? text.substr(at, unit.length) : "\uFFFD";
    starts.push_back(at);
    ++units;
    utf16 += unit.code_point > 0xFFFF ? 2 : 1;
    at += unit.length;
  }
  if (at != text.size()) return false;
  // Backwards: the same boundaries.
  for (size_t end = text.size(); end > 0;) {
    const Utf8Unit unit = decode_utf8_before(text.data(), text.data() + end);
    end -= unit.length;
    if (starts.empty() || starts.back() != end) return false;
    if (decode(std::string_view(text).substr(end)).valid != unit.valid) return false;
    starts.pop_back();
  }
  return starts.empty() && find_invalid_utf8(text) == first_invalid &&
         valid_utf8(text) == (first_invalid == std::string::npos) &&
         count_code_points(text) == units && utf16_length(text) == utf16 &&
         replace_invalid_utf8(text) == repaired;
}

TEST(Utf8Decode, EveryCodePointComesBack) {
  for (char32_t c = 0; c <= kMaxCodePoint; ++c) {
    std::string bytes;
    append_utf8(c, bytes);
    ASSERT_EQ(bytes.size(), utf8_length(c));
    const Utf8Unit unit = decode(bytes);
    ASSERT_TRUE(unit.valid);
    ASSERT_EQ(unit.length, bytes.size());
    ASSERT_EQ(unit.code_point, is_scalar_value(c) ? c : kReplacementCharacter);
    ASSERT_TRUE(valid_utf8(bytes));
  }
}

TEST(Utf8Decode, EverySequenceOfTwoAndThreeBytesMatchesTheTable) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string two = {static_cast<char>(first), static_cast<char>(second)};
      ASSERT_TRUE(agrees_with_oracle(two)) << test::escaped(two);
      if (first < 0xC0) continue;
      for (const int third : {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xFF}) {
        const std::string three = two + static_cast<char>(third);
        ASSERT_TRUE(agrees_with_oracle(three)) << test::escaped(three);
        for (const int fourth : {0x41, 0x80, 0xBF, 0xC0, 0xE2, 0xFF}) {
          const std::string four = three + static_cast<char>(fourth);
          ASSERT_TRUE(agrees_with_oracle(four)) << test::escaped(four);
        }
      }
    }
  }
}

TEST(Utf8Decode, MaximalSubpartsOfTheStandard) {
  // Tables 3-8 to 3-11 of the Unicode Standard: how many U+FFFD each sequence becomes.
  EXPECT_EQ(replace_invalid_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\x41");
  EXPECT_EQ(replace_invalid_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\x41");
  EXPECT_EQ(replace_invalid_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\x41\uFFFD\uFFFD\x42");
  EXPECT_EQ(replace_invalid_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\x41");
}

TEST(Utf8Decode, AnyTextMatchesTheOracle) {
  test::check_texts("units", 4000, agrees_with_oracle);
  test::check_texts("units of bytes", 2000, agrees_with_oracle, test::random_bytes);
  test::check_texts("units of broken text", 2000, agrees_with_oracle, test::random_broken_utf8);
  test::check_texts(
      "well-formed", 2000, [](const std::string& text) { return valid_utf8(text); },
      [](test::Random& random, size_t n) { return test::random_utf8(random, n); });
}

TEST(Utf8Valid, FindsOneBadByteAtEveryPlace) {
  // Blocks of the fast path must not hide a byte at any offset.
  for (size_t length = 0; length < 70; ++length) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      text[at] = '\xFF';
      ASSERT_EQ(find_invalid_utf8(text), at);
      ASSERT_EQ(ascii_prefix_length(text), at);
      ASSERT_EQ(count_code_points(text), length);
    }
    ASSERT_EQ(find_invalid_utf8(std::string(length, 'a')), std::string::npos);
    ASSERT_EQ(ascii_prefix_length(std::string(length, 'a')), length);
  }
}

// What find_invalid_utf8 is defined as.
size_t first_invalid_unit(std::string_view text) {
  for (const auto [position, unit] : utf8_units(text)) {
    if (!unit.valid) return position;
  }
  return std::string_view::npos;
}

void check_broken_sequences() {
  const std::string_view broken[] = {"\x80",
                                     "\xBF",
                                     "\xC0\x80",
                                     "\xC1\xBF",
                                     "\xC2",
                                     "\xC3\xC3",
                                     "\xE0\x9F\x80",
                                     "\xE0\xA0",
                                     "\xED\xA0\x80",
                                     "\xED\xBF\xBF",
                                     "\xEF\xBF",
                                     "\xE2\x82\x41",
                                     "\xF0\x8F\xBF\xBF",
                                     "\xF0\x90\x80",
                                     "\xF0\x9F\x98\xC2",
                                     "\xF4\x90\x80\x80",
                                     "\xF5\x80\x80\x80",
                                     "\xF8\x88\x80\x80\x80",
                                     "\xFE",
                                     "\xFF",
                                     "\xC3\xA9\xA9",
                                     "\xE2\x82\xAC\x80",
                                     "\xF0\x9F\x98\x80\x80"};
  const std::string_view fillings[] = {"a", "\u00E9", "\u20AC", "\U0001F600",
                                       "a\u00E9\u20AC\U0001F600"};
  for (const std::string_view filling : fillings) {
    for (const std::string_view sequence : broken) {
      for (size_t before = 0; before < 230; ++before) {
        std::string text;
        while (text.size() < before) text += filling;
        text += sequence;
        ASSERT_EQ(find_invalid_utf8(text), first_invalid_unit(text)) << test::escaped(text);
        for (int i = 0; i < 150; ++i) text += filling;
        ASSERT_EQ(find_invalid_utf8(text), first_invalid_unit(text)) << test::escaped(text);
      }
    }
  }
}

void check_all_alignments() {
  test::Random random(test::property_seed());
  for (int round = 0; round < 300; ++round) {
    std::string text;
    while (text.size() < 700) {
      text += test::random_utf8(random, 1 + test::below(random, 40));
      if (test::below(random, 8) == 0) text.append(test::below(random, 200), 'a');
    }
    if (round % 3 == 1) text[test::below(random, text.size())] ^= char{1} << test::below(random, 8);
    if (round % 3 == 2) {
      const size_t at = test::below(random, text.size());
      text.insert(at, test::random_bytes(random, 1 + test::below(random, 4)));
    }
    for (int i = 0; i < 40; ++i) {
      const size_t begin = test::below(random, 140);
      const size_t length = test::below(random, text.size() - begin + 1);
      // In memory of exactly this size, so that a look behind its end is one out of bounds.
      const std::vector<char> part(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                   text.begin() + static_cast<std::ptrdiff_t>(begin + length));
      const std::string_view view(part.data(), part.size());
      ASSERT_EQ(find_invalid_utf8(view), first_invalid_unit(view))
          << test::escaped(std::string(view)) << " seed " << test::property_seed();
    }
  }
}

/// Runs the checks with each instruction set the machine has.
template <typename Check>
void with_every_instruction_set(Check check) {
  for (int64_t targets = hwy::SupportedTargets(); targets != 0; targets &= targets - 1) {
    const int64_t target = targets & -targets;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    check();
    hwy::SetSupportedTargetsForTest(0);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Utf8Valid, VectorsFindEveryBrokenSequenceAtEveryPlace) {
  with_every_instruction_set(check_broken_sequences);
}

TEST(Utf8Valid, VectorsEqualUnitsAtAllAlignmentsAndEnds) {
  with_every_instruction_set(check_all_alignments);
}

TEST(Utf8Valid, EmptyAndNul) {
  EXPECT_TRUE(valid_utf8(""));
  EXPECT_TRUE(valid_utf8(std::string_view()));
  EXPECT_EQ(count_code_points(std::string_view()), 0u);
  EXPECT_EQ(replace_invalid_utf8(""), "");
  EXPECT_EQ(count_code_points(std::string_view("\0\0", 2)), 2u);
  EXPECT_EQ(utf8_units("").begin(), utf8_units("").end());
}

TEST(Utf8Suffix, IsTheBeginningOfACodePoint) {
  EXPECT_EQ(incomplete_utf8_suffix(""), 0u);
  EXPECT_EQ(incomplete_utf8_suffix("abc"), 0u);
  EXPECT_EQ(incomplete_utf8_suffix("a\xC3"), 1u);
  EXPECT_EQ(incomplete_utf8_suffix("a\xE2\x82"), 2u);
  EXPECT_EQ(incomplete_utf8_suffix("a\xF0\x9F\x98"), 3u);
  EXPECT_EQ(incomplete_utf8_suffix("a\xF0\x9F\x98\x80"), 0u);
  EXPECT_EQ(incomplete_utf8_suffix("a\xED\xA0"), 0u);  // a surrogate can never be completed
  EXPECT_EQ(incomplete_utf8_suffix("a\xF8"), 0u);
  EXPECT_EQ(incomplete_utf8_suffix("a\xC0"), 0u);
  EXPECT_EQ(incomplete_utf8_suffix("\x80\x80\x80"), 0u);
}

// By definition: some bytes appended make the last unit well-formed, and nothing shorter was.
bool suffix_is_right(const std::string& text) {
  size_t expected = 0;
  for (size_t length = 1; length <= 3 && length <= text.size(); ++length) {
    const std::string tail = text.substr(text.size() - length);
    for (const Row& row : kRows) {
      if (static_cast<int>(length) >= row.length) continue;
      bool begins = true;
      for (size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(tail[i]);
        begins = begins && byte >= row.bytes[i][0] && byte <= row.bytes[i][1];
      }
      if (begins) expected = length;
    }
  }
  return incomplete_utf8_suffix(text) == expected;
}

TEST(Utf8Suffix, AnyTextMatchesTheOracle) {
  test::check_texts("incomplete suffix", 5000, suffix_is_right, test::random_broken_utf8);
  test::check_texts("incomplete suffix", 5000, suffix_is_right, [](test::Random& random, size_t n) {
    std::string text = test::random_utf8(random, n);
    text.resize(test::below(random, text.size() + 1));
    return text;
  });
}

TEST(Utf8Encode, WritesReplacementForWhatIsNoScalarValue) {
  for (const char32_t c :
       {char32_t{0xD800}, char32_t{0xDFFF}, char32_t{0x110000}, char32_t{0xFFFFFFFF}}) {
    std::string bytes;
    append_utf8(c, bytes);
    EXPECT_EQ(bytes, "\uFFFD");
    EXPECT_EQ(utf8_length(c), 3u);
  }
}

}  // namespace
}  // namespace tokrail
