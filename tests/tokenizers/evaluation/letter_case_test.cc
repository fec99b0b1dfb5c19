#include "tokenizers/evaluation/letter_case.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/support/property.h"

namespace tokrail {

namespace {

TEST(LetterCase, LowersByTheRulesOfTheLanguage) {
  EXPECT_EQ(lowered("İSTANBUL Irmağı ÇĞÖŞÜ", Casing::kTurkish), "istanbul ırmağı çğöşü");
  EXPECT_EQ(lowered("İSTANBUL Irmağı", Casing::kPlain), "istanbul irmağı");
  EXPECT_EQ(lowered("ΣΑΣ", Casing::kPlain), "σασ");
  EXPECT_EQ(lowered("\xC4"
                    "A\xFF",
                    Casing::kTurkish),
            "\xC4"
            "a\xFF");
  EXPECT_EQ(lowered("", Casing::kPlain), "");
}

TEST(LetterCase, KeepsTheNumberOfCharacters) {
  test::check_texts("lowered", 1000, [](const std::string& text) {
    const std::string once = lowered(text, Casing::kTurkish);
    return count_code_points(once) == count_code_points(text);
  });
}

TEST(LetterCase, KnowsLanguagesByTheirCodes) {
  EXPECT_EQ(casing_of("tr"), Casing::kTurkish);
  EXPECT_EQ(casing_of("tr_TR.UTF-8"), Casing::kTurkish);
  EXPECT_EQ(casing_of("az"), Casing::kTurkish);
  EXPECT_EQ(casing_of("hu"), Casing::kPlain);
  EXPECT_EQ(casing_of(""), Casing::kPlain);
  EXPECT_THROW(casing_of("Turkish"), Error);
}

}  // namespace

}  // namespace tokrail
