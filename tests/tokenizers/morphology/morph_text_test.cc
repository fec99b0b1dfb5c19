// Readings as text, and words made from stems and tags.
#include "tokenizers/morphology/morph_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "tests/support/property.h"
#include "tests/tokenizers/morphology/toy_language.h"

namespace tokrail {
namespace {

using Strings = std::vector<std::string>;

class MorphText : public testing::Test {
 protected:
  Strings make(std::string_view lemma, const Strings& tags) const {
    return generate_surfaces(*language_, lemma, tags);
  }

  std::shared_ptr<const Language> language_ = test::compile_pack(test::kToyTurkish);
  Analyser analyser_ =
      Analyser(language_, std::make_shared<const MorphCosts>(MorphCosts::flat(*language_)));
};

TEST_F(MorphText, MakesSurfaces) {
  EXPECT_EQ(make("kitap", {}), Strings({"kitap"}));
  EXPECT_EQ(make("kitap", {"LOC"}), Strings({"kitapta"}));
  EXPECT_EQ(make("kitap", {"P1SG", "LOC"}), Strings({"kitabımda"}));
  EXPECT_EQ(make("kitap", {"P3SG", "LOC", "REL", "PL"}), Strings({"kitabındakiler"}));
  EXPECT_EQ(make("ara/verb", {"PROG", "1SG"}), Strings({"arıyorum"}));
  EXPECT_EQ(make("ara", {"NEG", "PROG"}), Strings({"aramıyor"}));
  EXPECT_EQ(make("ara", {"FUT", "1SG"}), Strings({"arayacağım"}));
  EXPECT_EQ(make("ara", {"FUT"}), Strings({"arayacak"}));
  EXPECT_EQ(make("saat", {"PL", "acc2"}), Strings({"saatleri"}));
}

TEST_F(MorphText, PutsApostrophesInUnasked) {
  EXPECT_EQ(make("ankara", {"LOC"}), Strings({"ankara'da", "ankarada"}));
  EXPECT_EQ(make("kitap", {"P1SG", "LOC"}), Strings({"kitabımda"}));
  EXPECT_EQ(make("ankara/proper", {"APOS", "LOC"}), Strings({"ankara'da"}));
  EXPECT_EQ(make("1990", {"LOC"}), Strings({"1990'da"}));
  EXPECT_EQ(make("1000/number", {"DAT"}), Strings({"1000'e"}));
  EXPECT_EQ(make("tl", {"P1SG"}), Strings());
}

TEST_F(MorphText, MakesNothingThatTheGraphForbids) {
  EXPECT_EQ(make("kitap", {"LOC", "PL"}), Strings());
  EXPECT_EQ(make("ara", {}), Strings());
  EXPECT_EQ(make("kitap", {"PAST"}), Strings());
}

TEST_F(MorphText, RefusesWhatTheLanguageDoesNotKnow) {
  EXPECT_THROW(make("blog", {"LOC"}), Error);
  EXPECT_THROW(make("kitap/verb", {}), Error);
  EXPECT_THROW(make("kitap", {"INESSIVE"}), Error);
  EXPECT_THROW(make("", {}), Error);
  EXPECT_THROW(make("/noun", {}), Error);
}

TEST_F(MorphText, Describes) {
  const auto first = [&](std::string_view word) { return analyser_.all(word, 1).at(0); };
  EXPECT_EQ(describe(*language_, "kitabımda", first("kitabımda")), "kitap/noun+P1SG+LOC");
  EXPECT_EQ(segmentation("Kitabımda", first("kitabımda")), "Kitab|ım|da");
  EXPECT_EQ(describe(*language_, "1990'da", first("1990'da")), "1990/number+APOS+LOC");
  EXPECT_EQ(describe(*language_, "qx", first("qx")), "qx/unknown");
  EXPECT_EQ(describe(*language_, "ekkitap", first("ekkitap")), "ek/noun#kitap/noun");
}

// What is made from a reading's lemma and tags is the word that was read.
TEST_F(MorphText, MakesWhatWasRead) {
  test::check_texts(
      "reading and making", 3000,
      [&](const std::string& word) {
        for (const Analysis& analysis : analyser_.all(word, 20)) {
          Strings tags;
          bool made = true;
          for (const Morph& morph : analysis.morphs) {
            if (morph.kind == Morph::Kind::kSuffix) {
              tags.emplace_back(morph_tag(*language_, morph));
            } else if (morph.begin > 0 || morph.kind == Morph::Kind::kUnknown) {
              made = false;
            }
          }
          if (!made) continue;
          const std::string lemma = std::string(morph_lemma(*language_, word, analysis.morphs[0])) +
                                    '/' + std::string(morph_tag(*language_, analysis.morphs[0]));
          const Strings surfaces = make(lemma, tags);
          if (std::find(surfaces.begin(), surfaces.end(), word) == surfaces.end()) return false;
        }
        return true;
      },
      [&](test::Random& random, size_t) { return test::random_word(*language_, random); });
}

}  // namespace
}  // namespace tokrail
