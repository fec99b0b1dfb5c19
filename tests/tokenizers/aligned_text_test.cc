#include "tokenizers/normalization/aligned_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/utf8.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

std::vector<TextMatch> matches_of(std::string_view text, char character) {
  std::vector<TextMatch> matches;
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != character) continue;
    if (done < i) matches.push_back({done, i, false});
    matches.push_back({i, i + 1, true});
    done = i + 1;
  }
  if (done < text.size()) matches.push_back({done, text.size(), false});
  return matches;
}

std::vector<std::string> texts(const std::vector<AlignedText>& parts) {
  std::vector<std::string> result;
  for (const AlignedText& part : parts) result.emplace_back(part.text());
  return result;
}

/// Ranges of all bytes of the text.
std::vector<OriginalRange> ranges(const AlignedText& text) {
  std::vector<OriginalRange> result;
  for (size_t i = 0; i < text.text().size(); ++i) result.push_back(text.original_range(i, i + 1));
  return result;
}

TEST(AlignedText, UnchangedTextIsItsOriginal) {
  const std::string original = "a\u00E9\u4E2D";
  const AlignedText text(original, 10);
  EXPECT_TRUE(text.is_identity());
  EXPECT_EQ(text.text().data(), original.data());
  EXPECT_EQ(text.original_begin(), 10u);
  EXPECT_EQ(text.original_end(), 16u);
  EXPECT_EQ(text.original_range(0, 1), (OriginalRange{10, 11}));
  // A part of a character stands for all of it.
  EXPECT_EQ(text.original_range(2, 3), (OriginalRange{11, 13}));
  EXPECT_EQ(text.original_range(4, 5), (OriginalRange{13, 16}));
  EXPECT_EQ(text.original_range(2, 2), (OriginalRange{12, 12}));
}

TEST(AlignedText, UnitsOfIllFormedTextAreThoseOfUtf8) {
  const auto units_agree = [](const std::string& bytes) {
    const AlignedText text(bytes);
    for (const auto [position, unit] : utf8_units(bytes)) {
      for (size_t i = position; i < position + unit.length; ++i) {
        if (text.original_range(i, i + 1) != OriginalRange{position, position + unit.length}) {
          return false;
        }
      }
    }
    return true;
  };
  EXPECT_TRUE(test::check_texts("units of bytes", 500, units_agree, test::random_bytes));
  EXPECT_TRUE(test::check_texts("units of text", 500, units_agree, test::random_broken_utf8));
}

TEST(AlignedText, RewriteFollowsTheChanges) {
  AlignedText text("\u00E9lan");
  AlignedText::Rewrite rewrite(text);
  rewrite.emit("e", 0);
  rewrite.emit("\u0301", 1);
  rewrite.emit("L", -1);  // and the a goes
  rewrite.emit("n", 0);
  rewrite.commit();
  EXPECT_EQ(text.text(), "e\u0301Ln");
  EXPECT_FALSE(text.is_identity());
  EXPECT_EQ(ranges(text), (std::vector<OriginalRange>{{0, 2}, {0, 2}, {0, 2}, {2, 3}, {4, 5}}));
}

TEST(AlignedText, RewriteRemovesAtBothEnds) {
  AlignedText text("    Hello  ");
  AlignedText::Rewrite rewrite(text);
  rewrite.remove(4);
  rewrite.keep(5);
  rewrite.commit();
  EXPECT_EQ(text.text(), "Hello");
  EXPECT_EQ(text.original_range(0, 5), (OriginalRange{4, 9}));
  EXPECT_EQ(text.original_begin(), 0u);
  EXPECT_EQ(text.original_end(), 11u);
}

TEST(AlignedText, InsertedTextBelongsToWhatStandsBefore) {
  AlignedText text("ab");
  AlignedText::Rewrite rewrite(text);
  rewrite.emit("<", 1);
  rewrite.emit("a", 0);
  rewrite.emit(">", 1);
  rewrite.keep(1);
  rewrite.emit("!", 1);
  rewrite.emit("?", 0);  // nothing is left to replace
  rewrite.commit();
  EXPECT_EQ(text.text(), "<a>b!?");
  EXPECT_EQ(ranges(text),
            (std::vector<OriginalRange>{{0, 0}, {0, 1}, {0, 1}, {1, 2}, {1, 2}, {1, 2}}));
}

TEST(AlignedText, PrependAndAppendTakeTheirNeighbour) {
  AlignedText text("there", 100);
  text.prepend("Hey ");
  EXPECT_EQ(text.text(), "Hey there");
  EXPECT_EQ(text.original_range(0, 4), (OriginalRange{100, 101}));
  EXPECT_EQ(text.original_range(4, 9), (OriginalRange{100, 105}));
  text.append("\u2026");
  EXPECT_EQ(text.text(), "Hey there\u2026");
  EXPECT_EQ(text.original_range(9, 12), (OriginalRange{104, 105}));

  AlignedText empty("");
  empty.prepend("x");
  EXPECT_EQ(empty.text(), "");
  empty.append("x");
  EXPECT_EQ(empty.text(), "x");
  EXPECT_EQ(empty.original_range(0, 1), (OriginalRange{0, 0}));
}

TEST(AlignedText, StripsWhiteSpaceAtTheEnds) {
  AlignedText text("\u00A0\t x y\u3000\n");
  text.strip(true, false);
  EXPECT_EQ(text.text(), "x y\u3000\n");
  EXPECT_EQ(text.original_range(0, 1), (OriginalRange{4, 5}));
  text.strip(false, true);
  EXPECT_EQ(text.text(), "x y");
  EXPECT_EQ(text.original_range(0, 3), (OriginalRange{4, 7}));
  AlignedText blank("  ");
  blank.strip(true, true);
  EXPECT_EQ(blank.text(), "");
  EXPECT_EQ(blank.original_end(), 2u);
  AlignedText word("word");
  word.strip(true, true);
  EXPECT_TRUE(word.is_identity());
}

TEST(AlignedText, ReplacementBelongsToTheEndOfTheMatch) {
  AlignedText text(" Hello   friend ");
  const std::vector<TextMatch> matches = {{0, 1, true}, {6, 9, true}, {15, 16, true}};
  text.replace(matches, "_");
  EXPECT_EQ(text.text(), "_Hello_friend_");
  EXPECT_EQ(text.original_range(0, 1), (OriginalRange{0, 1}));
  EXPECT_EQ(text.original_range(6, 7), (OriginalRange{8, 9}));
  EXPECT_EQ(text.original_range(7, 13), (OriginalRange{9, 15}));
  EXPECT_EQ(text.original_range(13, 14), (OriginalRange{15, 16}));
}

TEST(AlignedText, SlicesKeepThePlaceInTheOriginal) {
  AlignedText text("Good morning", 5);
  text.prepend("__");
  const AlignedText slice = text.slice(7, 14);
  EXPECT_EQ(slice.text(), "morning");
  EXPECT_EQ(slice.original_begin(), 10u);
  EXPECT_EQ(slice.original_end(), 17u);
  EXPECT_EQ(slice.original_range(0, 4), (OriginalRange{10, 14}));
  const AlignedText inner = slice.slice(2, 4);
  EXPECT_EQ(inner.text(), "rn");
  EXPECT_EQ(inner.original_range(0, 2), (OriginalRange{12, 14}));
  AlignedText changed = inner;
  changed.prepend("R");
  EXPECT_EQ(changed.text(), "Rrn");
  EXPECT_EQ(changed.original_range(0, 1), (OriginalRange{12, 13}));
  EXPECT_EQ(inner.text(), "rn");  // slices share, changing one leaves the others alone
}

TEST(AlignedText, SplitsAsTheBehaviourSays) {
  const std::string original = "the-final--countdown";
  const AlignedText text(original);
  const auto matches = matches_of(original, '-');
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts(text.split(matches, SplitBehavior::kRemoved)),
            (Texts{"the", "final", "countdown"}));
  EXPECT_EQ(texts(text.split(matches, SplitBehavior::kIsolated)),
            (Texts{"the", "-", "final", "-", "-", "countdown"}));
  EXPECT_EQ(texts(text.split(matches, SplitBehavior::kMergedWithPrevious)),
            (Texts{"the-", "final-", "-", "countdown"}));
  EXPECT_EQ(texts(text.split(matches, SplitBehavior::kMergedWithNext)),
            (Texts{"the", "-final", "-", "-countdown"}));
  EXPECT_EQ(texts(text.split(matches, SplitBehavior::kContiguous)),
            (Texts{"the", "-", "final", "--", "countdown"}));
  const auto parts = text.split(matches, SplitBehavior::kRemoved);
  EXPECT_EQ(parts[2].original_begin(), 11u);
  EXPECT_EQ(parts[2].original_end(), 20u);
}

TEST(AlignedText, SplitAtTheEndsKeepsOrder) {
  const std::string original = "-a-";
  const AlignedText text(original);
  const auto matches = matches_of(original, '-');
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts(text.split(matches, SplitBehavior::kContiguous)), (Texts{"-", "a", "-"}));
  EXPECT_EQ(texts(text.split(matches, SplitBehavior::kMergedWithPrevious)), (Texts{"-", "a-"}));
  EXPECT_EQ(texts(text.split(matches, SplitBehavior::kMergedWithNext)), (Texts{"-a", "-"}));
}

TEST(AlignedText, ClearKeepsTheOriginal) {
  AlignedText text("abc", 7);
  text.clear();
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.original_begin(), 7u);
  EXPECT_EQ(text.original_end(), 10u);
}

TEST(AlignedText, AssignComposesWithWhatWasBefore) {
  AlignedText text("  ab");
  text.strip(true, true);                           // "ab" at 2
  text.assign("_xyz", {0, 0, 1, 2}, {0, 1, 2, 2});  // "_" before, "z" behind
  EXPECT_EQ(ranges(text), (std::vector<OriginalRange>{{2, 2}, {2, 3}, {3, 4}, {4, 4}}));
}

TEST(AlignedText, MegabytesTakeLinearTime) {
  const std::string original(1'000'000, 'x');
  AlignedText text(original);
  text.prepend("\u2581");
  const auto parts = text.split(matches_of(text.text(), 'x'), SplitBehavior::kIsolated);
  EXPECT_EQ(parts.size(), 1'000'001u);
  EXPECT_EQ(parts.back().original_range(0, 1), (OriginalRange{999'999, 1'000'000}));
}

}  // namespace
}  // namespace tokrail
