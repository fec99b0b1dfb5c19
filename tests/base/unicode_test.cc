#include "base/unicode.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

size_t count_if_code_point(bool (*predicate)(char32_t)) {
  size_t count = 0;
  for (char32_t c = 0; c <= kMaxCodePoint; ++c) count += predicate(c) ? 1 : 0;
  return count;
}

std::string lower(char32_t c) {
  std::string out;
  append_lowercase(c, out);
  return out;
}

std::string upper(char32_t c) {
  std::string out;
  append_uppercase(c, out);
  return out;
}

std::vector<std::string> graphemes(std::string_view text) {
  std::vector<std::string> clusters;
  for (size_t at = 0; at < text.size();) {
    const size_t next = next_grapheme(text, at);
    clusters.emplace_back(text.substr(at, next - at));
    at = next;
  }
  return clusters;
}

using Clusters = std::vector<std::string>;

TEST(UnicodeCategory, KnownCodePoints) {
  EXPECT_EQ(general_category(U'A'), GeneralCategory::kUppercaseLetter);
  EXPECT_EQ(general_category(U'z'), GeneralCategory::kLowercaseLetter);
  EXPECT_EQ(general_category(0x01C5), GeneralCategory::kTitlecaseLetter);
  EXPECT_EQ(general_category(0x02B0), GeneralCategory::kModifierLetter);
  EXPECT_EQ(general_category(0x4E00), GeneralCategory::kOtherLetter);
  EXPECT_EQ(general_category(0x0301), GeneralCategory::kNonspacingMark);
  EXPECT_EQ(general_category(0x0903), GeneralCategory::kSpacingMark);
  EXPECT_EQ(general_category(0x20DD), GeneralCategory::kEnclosingMark);
  EXPECT_EQ(general_category(U'7'), GeneralCategory::kDecimalNumber);
  EXPECT_EQ(general_category(0x2163), GeneralCategory::kLetterNumber);
  EXPECT_EQ(general_category(0x00BD), GeneralCategory::kOtherNumber);
  EXPECT_EQ(general_category(U'_'), GeneralCategory::kConnectorPunctuation);
  EXPECT_EQ(general_category(U'-'), GeneralCategory::kDashPunctuation);
  EXPECT_EQ(general_category(U'('), GeneralCategory::kOpenPunctuation);
  EXPECT_EQ(general_category(U']'), GeneralCategory::kClosePunctuation);
  EXPECT_EQ(general_category(0x00AB), GeneralCategory::kInitialPunctuation);
  EXPECT_EQ(general_category(0x00BB), GeneralCategory::kFinalPunctuation);
  EXPECT_EQ(general_category(U'!'), GeneralCategory::kOtherPunctuation);
  EXPECT_EQ(general_category(U'+'), GeneralCategory::kMathSymbol);
  EXPECT_EQ(general_category(U'$'), GeneralCategory::kCurrencySymbol);
  EXPECT_EQ(general_category(U'^'), GeneralCategory::kModifierSymbol);
  EXPECT_EQ(general_category(0x1F600), GeneralCategory::kOtherSymbol);
  EXPECT_EQ(general_category(U' '), GeneralCategory::kSpaceSeparator);
  EXPECT_EQ(general_category(0x2028), GeneralCategory::kLineSeparator);
  EXPECT_EQ(general_category(0x2029), GeneralCategory::kParagraphSeparator);
  EXPECT_EQ(general_category(0), GeneralCategory::kControl);
  EXPECT_EQ(general_category(0x200D), GeneralCategory::kFormat);
  EXPECT_EQ(general_category(0xD800), GeneralCategory::kSurrogate);
  EXPECT_EQ(general_category(0xE000), GeneralCategory::kPrivateUse);
  EXPECT_EQ(general_category(0x0378), GeneralCategory::kUnassigned);
  EXPECT_EQ(general_category(kMaxCodePoint), GeneralCategory::kUnassigned);
  EXPECT_EQ(general_category(kMaxCodePoint + 1), GeneralCategory::kUnassigned);
  EXPECT_EQ(general_category(~char32_t{0}), GeneralCategory::kUnassigned);
}

TEST(UnicodeCategory, IsVersionSixteen) {
  // New in 16.0, so that an accidental change of version shows.
  EXPECT_EQ(general_category(0x0897), GeneralCategory::kNonspacingMark);
  EXPECT_EQ(general_category(0x1C89), GeneralCategory::kUppercaseLetter);
  EXPECT_EQ(general_category(0x10D40), GeneralCategory::kDecimalNumber);
  EXPECT_EQ(script(0x10D4A), Script::kGaray);
  EXPECT_EQ(script(0x105C0), Script::kTodhri);
  // New in 17.0.
  EXPECT_EQ(general_category(0x088F), GeneralCategory::kUnassigned);
  // Characters of the standard: 154,998 graphic and format ones, 65 controls.
  const size_t assigned = count_if_code_point([](char32_t c) {
    const GeneralCategory category = general_category(c);
    return category != GeneralCategory::kUnassigned && category != GeneralCategory::kPrivateUse &&
           category != GeneralCategory::kSurrogate && category != GeneralCategory::kControl;
  });
  EXPECT_EQ(assigned, 154998u);
}

TEST(UnicodeCategory, ClassesPartitionTheCodePoints) {
  for (char32_t c = 0; c <= kMaxCodePoint; ++c) {
    const int classes = is_letter(c) + is_mark(c) + is_number(c) + is_punctuation(c) +
                        is_symbol(c) + is_in(c, kSeparatorCategories) + is_in(c, kOtherCategories);
    ASSERT_EQ(classes, 1) << static_cast<uint32_t>(c);
    ASSERT_LT(static_cast<int>(general_category(c)), kGeneralCategories);
    ASSERT_LT(static_cast<int>(script(c)), kScripts);
    ASSERT_FALSE(is_uppercase(c) && is_lowercase(c));
  }
}

TEST(UnicodeCategory, WhiteSpaceIsTheTwentyFive) {
  std::vector<char32_t> found;
  for (char32_t c = 0; c <= kMaxCodePoint; ++c) {
    if (is_white_space(c)) found.push_back(c);
  }
  EXPECT_EQ(found, (std::vector<char32_t>{0x09,   0x0A,   0x0B,   0x0C,   0x0D,   0x20,   0x85,
                                          0xA0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004,
                                          0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x2028,
                                          0x2029, 0x202F, 0x205F, 0x3000}));
}

TEST(UnicodeCategory, Names) {
  EXPECT_EQ(category_name(GeneralCategory::kUppercaseLetter), "Lu");
  EXPECT_EQ(category_name(GeneralCategory::kUnassigned), "Cn");
  EXPECT_EQ(find_categories("L"), kLetterCategories);
  EXPECT_EQ(find_categories("letter"), kLetterCategories);
  EXPECT_EQ(find_categories("Nd"), detail::category_bit(GeneralCategory::kDecimalNumber));
  EXPECT_EQ(find_categories("uppercase letter"), find_categories("Lu"));
  EXPECT_EQ(find_categories("Xx"), std::nullopt);
  EXPECT_EQ(find_categories(""), std::nullopt);
  for (int i = 0; i < kGeneralCategories; ++i) {
    const auto category = static_cast<GeneralCategory>(i);
    EXPECT_EQ(find_categories(category_name(category)), detail::category_bit(category));
  }
  for (int i = 0; i < kScripts; ++i) {
    const auto value = static_cast<Script>(i);
    EXPECT_EQ(find_script(script_name(value)), value);
  }
  EXPECT_EQ(find_script("old-italic"), Script::kOldItalic);
  EXPECT_EQ(find_script("Klingon"), std::nullopt);
}

TEST(UnicodeScript, KnownCodePoints) {
  EXPECT_EQ(script(U'a'), Script::kLatin);
  EXPECT_EQ(script(U'1'), Script::kCommon);
  EXPECT_EQ(script(0x0301), Script::kInherited);
  EXPECT_EQ(script(0x03B1), Script::kGreek);
  EXPECT_EQ(script(0x3042), Script::kHiragana);
  EXPECT_EQ(script(0x30A2), Script::kKatakana);
  EXPECT_EQ(script(0x30FC), Script::kCommon);
  EXPECT_EQ(script(0x4E2D), Script::kHan);
  EXPECT_EQ(script(0xAC00), Script::kHangul);
  EXPECT_EQ(script(0x0378), Script::kUnknown);
  EXPECT_EQ(script(0x110000), Script::kUnknown);
}

TEST(UnicodeCase, FullMappings) {
  EXPECT_EQ(lower(0x130), "i\u0307");
  EXPECT_EQ(simple_lowercase(0x130), U'i');
  EXPECT_EQ(lower(U'I'), "i");
  EXPECT_EQ(lower(0x03A3), "\u03C3");  // no final sigma without context
  EXPECT_EQ(lower(0x1E9E), "\u00DF");
  EXPECT_EQ(lower(0x2126), "\u03C9");
  EXPECT_EQ(lower(0x1C89), "\u1C8A");
  EXPECT_EQ(lower(0x10400), "\U00010428");
  EXPECT_EQ(lower(0x1F88), "\u1F80");
  EXPECT_EQ(lower(U'1'), "1");
  EXPECT_EQ(upper(0xDF), "SS");
  EXPECT_EQ(simple_uppercase(0xDF), char32_t{0xDF});
  EXPECT_EQ(upper(0xFB03), "FFI");
  EXPECT_EQ(upper(0x390), "\u0399\u0308\u0301");
  EXPECT_EQ(upper(0x1F80), "\u1F08\u0399");
  EXPECT_EQ(simple_uppercase(0x1F80), char32_t{0x1F88});
  EXPECT_EQ(upper(0x131), "I");
  EXPECT_EQ(upper(0x10FFFF), "\U0010FFFF");
  EXPECT_EQ(simple_lowercase(0x110000), char32_t{0x110000});
}

TEST(UnicodeCase, CountsOfMappings) {
  // UnicodeData.txt 16.0 has 1460 lower-case and 1477 upper-case mappings.
  EXPECT_EQ(count_if_code_point([](char32_t c) { return simple_lowercase(c) != c; }), 1460u);
  EXPECT_EQ(count_if_code_point([](char32_t c) { return simple_uppercase(c) != c; }), 1477u);
}

TEST(UnicodeCase, LowercasingTwiceChangesNothing) {
  test::check_texts("idempotent", 2000, [](const std::string& text) {
    const std::string once = to_lowercase(text);
    return to_lowercase(once) == once && valid_utf8(text) == valid_utf8(once);
  });
}

TEST(UnicodeCase, TextsAreTheSumOfTheirCodePoints) {
  test::check_texts("case of texts", 2000, [](const std::string& text) {
    std::string lowered;
    std::string raised;
    for (const auto [position, unit] : utf8_units(text)) {
      if (unit.valid) {
        append_lowercase(unit.code_point, lowered);
        append_uppercase(unit.code_point, raised);
      } else {
        lowered += text.substr(position, unit.length);
        raised += text.substr(position, unit.length);
      }
    }
    return to_lowercase(text) == lowered && to_uppercase(text) == raised;
  });
}

TEST(UnicodeCase, KeepsIllFormedBytes) {
  EXPECT_EQ(to_lowercase("A\xFF\xE2\x82"
                         "B"),
            "a\xFF\xE2\x82"
            "b");
  EXPECT_EQ(to_uppercase("stra\u00DFe\x80"), "STRASSE\x80");
}

TEST(UnicodeGrapheme, RulesOfTheAnnex) {
  EXPECT_EQ(graphemes(""), Clusters{});
  EXPECT_EQ(graphemes("ab"), (Clusters{"a", "b"}));
  EXPECT_EQ(graphemes("\r\n\n\r"), (Clusters{"\r\n", "\n", "\r"}));  // GB3 to GB5
  EXPECT_EQ(graphemes("\u0301\na\u0301"), (Clusters{"\u0301", "\n", "a\u0301"}));
  EXPECT_EQ(graphemes("\u1100\u1161\u11A8\u1100"), (Clusters{"\u1100\u1161\u11A8", "\u1100"}));
  EXPECT_EQ(graphemes("\uAC00\u11A8\uAC01\u1161"),
            (Clusters{"\uAC00\u11A8", "\uAC01", "\u1161"}));               // GB6 to GB8
  EXPECT_EQ(graphemes("\u0915\u0903x"), (Clusters{"\u0915\u0903", "x"}));  // GB9a
  EXPECT_EQ(graphemes("\u0600"
                      "1"),
            (Clusters{"\u0600"
                      "1"}));                                                    // GB9b
  EXPECT_EQ(graphemes("\u0915\u094D\u0924"), (Clusters{"\u0915\u094D\u0924"}));  // GB9c
  EXPECT_EQ(graphemes("\u0915\u094D\u094D\u0924"), (Clusters{"\u0915\u094D\u094D\u0924"}));
  EXPECT_EQ(graphemes("\u0915\u094D\u200D\u0924"), (Clusters{"\u0915\u094D\u200D\u0924"}));
  EXPECT_EQ(graphemes("\u0915\u093C\u094D\u0924"), (Clusters{"\u0915\u093C\u094D\u0924"}));
  EXPECT_EQ(graphemes("\u0915\u094Da"), (Clusters{"\u0915\u094D", "a"}));
  EXPECT_EQ(graphemes("a\u094D\u0924"), (Clusters{"a\u094D", "\u0924"}));
  EXPECT_EQ(graphemes("\u0915\u0924"), (Clusters{"\u0915", "\u0924"}));
  EXPECT_EQ(graphemes("\u0915\u094D\u200C\u0924"), (Clusters{"\u0915\u094D\u200C", "\u0924"}));
}

TEST(UnicodeGrapheme, EmojiAndFlags) {
  const std::string family = "\U0001F468\u200D\U0001F469\u200D\U0001F467";
  EXPECT_EQ(graphemes(family + "x"), (Clusters{family, "x"}));  // GB11
  EXPECT_EQ(graphemes("\U0001F6D1\U0001F3FF\u200D\U0001F6D1"),
            (Clusters{"\U0001F6D1\U0001F3FF\u200D\U0001F6D1"}));
  EXPECT_EQ(graphemes("a\u200D\U0001F6D1"), (Clusters{"a\u200D", "\U0001F6D1"}));
  EXPECT_EQ(graphemes("\U0001F6D1\u200D\u200D\U0001F6D1"),
            (Clusters{"\U0001F6D1\u200D\u200D", "\U0001F6D1"}));
  EXPECT_EQ(graphemes("\U0001F1E6\U0001F1E7\U0001F1E8"),
            (Clusters{"\U0001F1E6\U0001F1E7", "\U0001F1E8"}));  // GB12, GB13
  EXPECT_EQ(graphemes("\U0001F1E6\u200D\U0001F1E7\U0001F1E8"),
            (Clusters{"\U0001F1E6\u200D", "\U0001F1E7\U0001F1E8"}));
  EXPECT_EQ(graphemes("1\uFE0F\u20E3"
                      "2"),
            (Clusters{"1\uFE0F\u20E3", "2"}));
}

TEST(UnicodeGrapheme, IllFormedUnitsStandAlone) {
  EXPECT_EQ(graphemes("\xFF\xE2\x82\u0301"), (Clusters{"\xFF", "\xE2\x82\u0301"}));
}

TEST(UnicodeGrapheme, AnyTwoAsciiCharactersAreApartButCrLf) {
  for (int a = 0; a < 128; ++a) {
    for (int b = 0; b < 128; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      ASSERT_EQ(count_graphemes(text), a == '\r' && b == '\n' ? 1u : 2u);
      ASSERT_EQ(count_graphemes(text + "\u0301"), a == '\r' && b == '\n' ? 2u
                                                  : b < 32 || b == 127   ? 3u
                                                                         : 2u);
    }
  }
}

TEST(UnicodeGrapheme, ClustersCoverAnyText) {
  test::check_texts("clusters cover", 3000, [](const std::string& text) {
    std::string joined;
    for (const std::string& cluster : graphemes(text)) {
      if (cluster.empty()) return false;
      joined += cluster;
    }
    return joined == text && count_graphemes(text) == graphemes(text).size();
  });
}

TEST(UnicodeGrapheme, OneClusterOfAMillionMarksIsLinear) {
  std::string text = "e";
  for (int i = 0; i < 1000000; ++i) text += "\u0301";
  EXPECT_EQ(next_grapheme(text, 0), text.size());
  EXPECT_EQ(next_grapheme(text, text.size()), text.size());
  EXPECT_EQ(next_grapheme(text, text.size() + 5), text.size());
}

}  // namespace
}  // namespace tokrail
