#include "base/normalization.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/unicode.h"
#include "base/utf8.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

constexpr NormalizationForm kForms[] = {NormalizationForm::kNfc, NormalizationForm::kNfd,
                                        NormalizationForm::kNfkc, NormalizationForm::kNfkd};

std::string nfc(std::string_view text) {
  return normalize(NormalizationForm::kNfc, text);
}
std::string nfd(std::string_view text) {
  return normalize(NormalizationForm::kNfd, text);
}
std::string nfkc(std::string_view text) {
  return normalize(NormalizationForm::kNfkc, text);
}
std::string nfkd(std::string_view text) {
  return normalize(NormalizationForm::kNfkd, text);
}

std::string utf8(std::u32string_view code_points) {
  std::string out;
  for (const char32_t c : code_points) append_utf8(c, out);
  return out;
}

// The direct algorithm over a whole text, ill-formed bytes kept and standing apart.
std::string direct(NormalizationForm form, std::string_view text) {
  std::string out;
  std::u32string stretch;
  const auto flush = [&] {
    std::vector<NormalizedCodePoint> normalized;
    normalize_code_points(form, stretch, normalized);
    int64_t change = 0;
    for (const NormalizedCodePoint& c : normalized) {
      append_utf8(c.code_point, out);
      change += c.change;
    }
    EXPECT_EQ(change,
              static_cast<int64_t>(normalized.size()) - static_cast<int64_t>(stretch.size()));
    stretch.clear();
  };
  for (const auto [position, unit] : utf8_units(text)) {
    if (unit.valid) {
      stretch += unit.code_point;
    } else {
      flush();
      out += text.substr(position, unit.length);
    }
  }
  flush();
  return out;
}

bool agrees_with_the_direct_algorithm(const std::string& text) {
  for (const NormalizationForm form : kForms) {
    std::string out;
    std::vector<NormalizationEdit> edits;
    normalize_into(form, text, out, &edits);
    if (out != direct(form, text) || out != normalize(form, text)) return false;
    if (normalize(form, out) != out || !is_normalized(form, out)) return false;
    if (is_normalized(form, text) != (out == text)) return false;
    size_t source = 0;
    size_t target = 0;
    for (const NormalizationEdit& edit : edits) {
      const bool equal =
          text.compare(source, edit.source_length, out, target, edit.target_length) == 0;
      if (!edit.changed && !equal) return false;
      // A changed stretch stands for itself: normalising it alone gives the same.
      if (edit.changed && normalize(form, text.substr(source, edit.source_length)) !=
                              out.substr(target, edit.target_length)) {
        return false;
      }
      source += edit.source_length;
      target += edit.target_length;
    }
    if (source != text.size() || target != out.size()) return false;
    const size_t prefix = normalized_prefix_length(form, text);
    if (text.substr(0, prefix) + normalize(form, std::string_view(text).substr(prefix)) != out) {
      return false;
    }
  }
  return true;
}

// Marks of several classes, jamo, new characters: what combines and changes places.
std::string random_combining(test::Random& random, size_t n) {
  static constexpr char32_t kPieces[] = {
      U'a',    U'e',    U'o',    0x0301,  0x0316,  0x0327,  0x0338,  0x0345,  0x0F71,  0x0F72,
      0x1100,  0x1161,  0x11A8,  0xAC00,  0xAC01,  0x0915,  0x093C,  0x0DD9,  0x0DCF,  0x0DCA,
      0xFF76,  0xFF9E,  0xFF9F,  0x0897,  0x105D2, 0x105C9, 0x0307,  0x11382, 0x113C9, 0x11390,
      0x113C2, 0x113B8, 0x113BB, 0x1138B, 0x113CE, 0x1611E, 0x16129, 0x1611F, 0x16120, 0x16121,
      0x1612F, 0x16D63, 0x16D67, 0x16D69, 0x1CCD6, 0x1E5EE, 0x1E5EF, 0x0378,  0x212B,  0xFDFA,
      0x0344,  0x1E9B,  0x0323,  0x1D15E, 0x2F800, 0x10FFFF};
  std::u32string text;
  while (text.size() * 3 < n) text += kPieces[test::below(random, std::size(kPieces))];
  return utf8(text);
}

TEST(Normalization, TextbookCases) {
  EXPECT_EQ(nfc(""), "");
  EXPECT_EQ(nfc("plain"), "plain");
  EXPECT_EQ(nfc("e\u0301"), "\u00E9");
  EXPECT_EQ(nfd("\u00E9"), "e\u0301");
  EXPECT_EQ(nfd("\u1E69"), "s\u0323\u0307");
  EXPECT_EQ(nfc("s\u0307\u0323"), "\u1E69");
  EXPECT_EQ(nfkc("\uFB01\u00B2\u2167"), "fi2VIII");
  EXPECT_EQ(nfc("\uFB01"), "\uFB01");
  EXPECT_EQ(nfd("\uAC01"), "\u1100\u1161\u11A8");
  EXPECT_EQ(nfc("\u1100\u1161\u11A8"), "\uAC01");
  EXPECT_EQ(nfkc("\uFF76\uFF9E"), "\u30AC");
  EXPECT_EQ(nfc("\u0344"), "\u0308\u0301");  // composition exclusion
  EXPECT_EQ(nfc("\u0958"), "\u0915\u093C");  // composition exclusion
  EXPECT_EQ(nfkd("\u1E9B\u0323"), "s\u0323\u0307");
}

TEST(Normalization, CharactersOfUnicodeSixteen) {
  struct Case {
    char32_t composite;
    std::u32string decomposition;
  };
  const Case cases[] = {
      {0x105C9, {0x105D2, 0x0307}},           {0x105E4, {0x105DA, 0x0307}},
      {0x11383, {0x11382, 0x113C9}},          {0x11385, {0x11384, 0x113BB}},
      {0x1138E, {0x1138B, 0x113C2}},          {0x11391, {0x11390, 0x113C9}},
      {0x113C5, {0x113C2, 0x113C2}},          {0x113C7, {0x113C2, 0x113B8}},
      {0x113C8, {0x113C2, 0x113C9}},          {0x16121, {0x1611E, 0x1611E}},
      {0x16122, {0x1611E, 0x16129}},          {0x16123, {0x1611E, 0x1611F}},
      {0x16124, {0x16129, 0x1611F}},          {0x16125, {0x1611E, 0x16120}},
      {0x16126, {0x1611E, 0x1611E, 0x1611F}}, {0x16127, {0x1611E, 0x16129, 0x1611F}},
      {0x16128, {0x1611E, 0x1611E, 0x16120}}, {0x16D68, {0x16D67, 0x16D67}},
      {0x16D69, {0x16D63, 0x16D67}},          {0x16D6A, {0x16D63, 0x16D67, 0x16D67}},
  };
  for (const Case& c : cases) {
    const std::string composite = utf8({&c.composite, 1});
    const std::string parts = utf8(c.decomposition);
    EXPECT_EQ(nfd(composite), parts);
    EXPECT_EQ(nfkd("x" + composite), "x" + parts);
    EXPECT_EQ(nfc(parts), composite);
    EXPECT_EQ(nfkc(parts + "x"), composite + "x");
    EXPECT_TRUE(is_normalized(NormalizationForm::kNfc, composite));
    EXPECT_FALSE(is_normalized(NormalizationForm::kNfd, composite));
  }
  EXPECT_EQ(nfkc("\U0001CCD6\U0001CCEF\U0001CCF0\U0001CCF9"), "AZ09");
  EXPECT_EQ(nfc("\U0001CCD6"), "\U0001CCD6");
  EXPECT_EQ(combining_class(0x0897), 230);
  EXPECT_EQ(combining_class(0x113CF), 9);
  EXPECT_EQ(combining_class(0x1E5EF), 220);
  EXPECT_EQ(combining_class(0x0301), 230);
  EXPECT_EQ(combining_class(U'a'), 0);
  EXPECT_EQ(combining_class(0x110000), 0);
  EXPECT_EQ(nfd("a\U0001E5EE\U0001E5EF"), "a\U0001E5EF\U0001E5EE");  // marks change places
  EXPECT_EQ(nfc("a\u0897\u0316\u0301"), "a\u0316\u0897\u0301");
}

TEST(Normalization, CodePointsNewerThanSixteenAreInert) {
  // Assigned in 17.0 with a combining class or a decomposition.
  for (const char32_t c : {char32_t{0x1ACF}, char32_t{0x10EFA}, char32_t{0xA7F1}}) {
    const std::string text = "a\u0301" + utf8({&c, 1}) + "\u0316";
    for (const NormalizationForm form : kForms) {
      EXPECT_NE(normalize(form, text).find(utf8({&c, 1}) + "\u0316"), std::string::npos);
    }
    EXPECT_EQ(combining_class(c), 0);
  }
}

TEST(Normalization, EveryCodePointMatchesAnotherImplementation) {
  // Numbers of tests/base/normalization_hashes.mjs.
  constexpr uint64_t kExpected[] = {0x28800716b94a81db, 0x7c3cbeb5f1768781, 0x5b78085ecceb1ace,
                                    0x92e9c5b22f844eb3};
  for (size_t form = 0; form < std::size(kForms); ++form) {
    uint64_t hash = 14695981039346656037u;
    std::string out;
    for (char32_t c = 0; c < 0x30000; ++c) {
      const GeneralCategory category = general_category(c);
      if (category == GeneralCategory::kSurrogate || category == GeneralCategory::kUnassigned) {
        continue;
      }
      const bool bulk = (c >= 0x3400 && c < 0xA000) || (c >= 0xAC00 && c < 0xD7A4) || c >= 0x20000;
      if (bulk && !(c >= 0x2F800 && c < 0x2FA20) && c % 64 != 0) continue;
      const std::string one = utf8({&c, 1});
      out.clear();
      normalize_into(kForms[form], one + "a" + one + "\u0316\u0301" + one + "\u11A8" + one + one,
                     out);
      for (const char byte : out) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
      }
    }
    EXPECT_EQ(hash, kExpected[form]);
  }
}

TEST(Normalization, AnyTextMatchesTheDirectAlgorithm) {
  test::check_texts("direct", 2000, agrees_with_the_direct_algorithm);
  test::check_texts("direct, combining", 4000, agrees_with_the_direct_algorithm, random_combining);
  test::check_texts("direct, broken", 1000, agrees_with_the_direct_algorithm,
                    test::random_broken_utf8);
}

TEST(Normalization, KeepsIllFormedBytes) {
  EXPECT_EQ(nfc("e\xFF\u0301"), "e\xFF\u0301");
  EXPECT_EQ(nfkd("\xE2\x82\u00E9\xF0\x9F"),
            "\xE2\x82"
            "e\u0301\xF0\x9F");
}

TEST(Normalization, ChangesTellWhereCodePointsCameFrom) {
  const auto changes = [](NormalizationForm form, std::u32string_view text) {
    std::vector<NormalizedCodePoint> out;
    normalize_code_points(form, text, out);
    return out;
  };
  using Changes = std::vector<NormalizedCodePoint>;
  EXPECT_EQ(changes(NormalizationForm::kNfd, U"\u1E69x"),
            (Changes{{U's', 0}, {0x323, 1}, {0x307, 1}, {U'x', 0}}));
  EXPECT_EQ(changes(NormalizationForm::kNfc, U"s\u0323\u0307x"),
            (Changes{{0x1E69, -2}, {U'x', 0}}));
  EXPECT_EQ(changes(NormalizationForm::kNfkc, U"\uFB01"), (Changes{{U'f', 0}, {U'i', 1}}));
  EXPECT_EQ(changes(NormalizationForm::kNfc, U"\u212B"), (Changes{{0xC5, 0}}));
}

TEST(Normalization, EditsNameTheChangedStretches) {
  std::string out;
  std::vector<NormalizationEdit> edits;
  normalize_into(NormalizationForm::kNfc, "abce\u0301xyz", out, &edits);
  ASSERT_EQ(edits.size(), 3u);
  EXPECT_EQ(edits[0].source_length, 3u);
  EXPECT_FALSE(edits[0].changed);
  EXPECT_EQ(edits[1].source_length, 3u);
  EXPECT_EQ(edits[1].target_length, 2u);
  EXPECT_TRUE(edits[1].changed);
  EXPECT_EQ(edits[2].target_length, 3u);
}

TEST(Normalization, LongTextsTakeLinearTime) {
  // Alternating classes make insertion sort quadratic; a run of jamo has no boundary at all.
  std::string marks = "a";
  for (int i = 0; i < 300000; ++i) marks += "\u0301\u0316";
  std::string halfwidth = "a";
  for (int i = 0; i < 300000; ++i) halfwidth += "\u0301\uFF9E";
  std::string jamo;
  for (int i = 0; i < 300000; ++i) jamo += "\u1161";
  std::string accents;
  for (int i = 0; i < 300000; ++i) accents += "e\u0301";
  const auto start = std::chrono::steady_clock::now();
  for (const NormalizationForm form : kForms) {
    EXPECT_EQ(normalize(form, marks).size(),
              marks.size() -
                  (nfc("a\u0301") == "\u00E1" && (form == kForms[0] || form == kForms[2]) ? 1 : 0));
    EXPECT_FALSE(normalize(form, halfwidth).empty());
    EXPECT_EQ(normalize(form, jamo), jamo);
    EXPECT_EQ(normalized_prefix_length(form, std::string(1 << 20, 'x')), size_t{1} << 20);
    EXPECT_EQ(nfd(normalize(form, accents)), nfd(accents));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Normalization, StretchesLongerThanOneCallToIcu) {
  std::string text;
  const std::string word = "caf\u00E9 e\u0301 \u4E2D\u6587 ";
  while (text.size() < (size_t{3} << 24)) text += word;
  const std::string out = nfc(text);
  const std::string expected_word = "caf\u00E9 \u00E9 \u4E2D\u6587 ";
  ASSERT_EQ(out.size(), text.size() / word.size() * expected_word.size());
  for (size_t at = 0; at < out.size(); at += expected_word.size()) {
    ASSERT_EQ(out.compare(at, expected_word.size(), expected_word), 0) << at;
  }
  // Without a boundary anywhere: jamo only, more than one stretch.
  std::string jamo;
  while (jamo.size() < (size_t{1} << 24) + 300) jamo += "\u1161";
  EXPECT_EQ(nfc(jamo), jamo);
}

}  // namespace
}  // namespace tokrail
