// Masks over hybrid vocabularies: tails that suffixes change, marks that spell nothing, words in
// capitals, numbers. Mask == allows == what trying everything says, and no allowed token leads to a
// place where nothing is allowed.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "grammar/constraints/budget_constraint.h"
#include "grammar/constraints/callback_constraint.h"
#include "grammar/constraints/catalogue_constraint.h"
#include "tests/grammar/context_law.h"
#include "tests/grammar/text_oracle.h"
#include "tests/tokenizers/hybrid_specs.h"
#include "tokenizers/detokenization/detokenizer.h"

namespace tokrail {
namespace {

using test::VocabularyPtr;

struct Hybrid {
  TokenizerSpec spec;
  VocabularyPtr vocabulary;
  const HybridSpec& ids() const { return *spec.hybrid; }

  TokenId stem(std::string_view text) const {
    for (TokenId id = ids().stems.begin; id < ids().stems.end; ++id) {
      if (spec.vocabulary.texts[id] == text) return id;
    }
    ADD_FAILURE() << "no stem " << text;
    return 0;
  }
  TokenId suffix(std::string_view name) const {
    return ids().suffixes.begin + ids().language->suffix(name);
  }
  TokenId byte(char byte) const { return ids().bytes.begin + static_cast<unsigned char>(byte); }
  TokenId numeral(std::string_view text) const {
    for (TokenId id = ids().numerals.begin; id < ids().numerals.end; ++id) {
      if (spec.vocabulary.texts[id] == text) return id;
    }
    ADD_FAILURE() << "no numeral " << text;
    return 0;
  }
};

Hybrid make_hybrid(std::string_view pack, test::Random& random, test::HybridSizes sizes) {
  Hybrid hybrid{test::hybrid_spec(test::compile_pack(pack), random, sizes), nullptr};
  hybrid.vocabulary = Vocabulary::build(hybrid.spec);
  return hybrid;
}

/// All stems in all cases.
Hybrid turkish(test::Random& random) {
  return make_hybrid(test::kToyTurkish, random, {200, 6, 40, NumberChunks::kSingle});
}

constexpr const char* kTurkishRegexes[] = {" kitap",
                                           " kitabı",
                                           " kitab",
                                           "kita(p|bı)(lar)?",
                                           "( kitap| kitabım| ağzım| hakkı)+",
                                           " ?(Kitab|SAAT|KİTAP|Ankara)('?[a-zışğü]*|[A-ZİÜ']*)",
                                           "(KİTABIM|Kitabım|kitabım|KİTAP)( [a-z]+)?",
                                           "[a-zğüşıöç ]{0,20}",
                                           "19(90|00)?('da|'de|'te)?( kitap)?",
                                           "[0-9.,]+('[a-z]+)?",
                                           "( ek| ekme(k|ği)| ekmeğ)*",
                                           "\"[A-ZİI]?[a-zı]*\"",
                                           " gel(ecek|eceğ|eceğim)",
                                           "ara(yacak|rım|ma|mıyor)",
                                           ".*"};

TEST(HybridMasks, TurkishInLittle) {
  test::Random random(test::property_seed());
  const Hybrid hybrid = turkish(random);
  const auto tables = std::make_shared<MaskTables>(hybrid.vocabulary);
  const auto is_word = [&](TokenId id) {
    return id >= hybrid.ids().marks.begin && id < hybrid.ids().stems.end;
  };
  test::Counts counts;
  for (const char* regex : kTurkishRegexes) {
    SCOPED_TRACE(regex);
    ASSERT_NO_FATAL_FAILURE(test::expect_law(test::read_regex(regex), hybrid.vocabulary, tables,
                                             random, 6, 7, counts, is_word));
  }
  for (const Grammar& grammar : test::grammars(random, 20)) {
    SCOPED_TRACE(grammar.to_string());
    ASSERT_NO_FATAL_FAILURE(
        test::expect_law(grammar, hybrid.vocabulary, tables, random, 1, 5, counts, is_word));
  }
  test::print(counts);
}

TEST(HybridMasks, SuffixesThatAreTails) {
  test::Random random(test::property_seed());
  test::Counts counts;
  for (int round = 0; round < 3; ++round) {
    const Hybrid hybrid =
        make_hybrid(test::kToyTails, random, {30, 10, 40, NumberChunks::kThreeFromRight});
    const auto tables = std::make_shared<MaskTables>(hybrid.vocabulary);
    for (const char* regex : {" ?ház(a|á)?(t|kat)*", "( h[aá]zban| be| bet)*", "(as|be|b)+[a-zá]*",
                              "zad(a|á)b[ae]n", "[a-zá ]{0,9}", "(ZAB|Haz)[ÁA]?"}) {
      SCOPED_TRACE(regex);
      ASSERT_NO_FATAL_FAILURE(
          test::expect_law(test::read_regex(regex), hybrid.vocabulary, tables, random, 6, 6, counts,
                           [&](TokenId id) { return id >= hybrid.ids().marks.begin; }));
    }
  }
  test::print(counts);
}

/// Every token of a mask leads to a place with a mask.
void expect_no_dead_ends(const Matcher& start, test::Random& random, int walks, int steps) {
  const size_t size = start.grammar().vocabulary().size();
  std::vector<uint32_t> mask(mask_words(size)), next(mask.size());
  for (int walk = 0; walk < walks; ++walk) {
    Matcher matcher = start;
    for (int step = 0; step < steps && !matcher.is_ended(); ++step) {
      ASSERT_EQ(matcher.fill_mask(mask), MaskStatus::kOk);
      for (size_t id = mask_find_next(mask, 0); id != kMaskEnd; id = mask_find_next(mask, id + 1)) {
        Matcher probe = matcher;
        ASSERT_TRUE(probe.accept(static_cast<TokenId>(id)));
        if (!probe.is_ended()) {
          ASSERT_EQ(probe.fill_mask(next), MaskStatus::kOk) << "behind id " << id;
        }
      }
      ASSERT_TRUE(matcher.accept(test::random_member(random, mask)));
    }
  }
}

TEST(HybridMasks, NoDeadEnds) {
  test::Random random(test::property_seed());
  const Hybrid hybrid = turkish(random);
  const auto tables = std::make_shared<MaskTables>(hybrid.vocabulary);
  for (const char* regex : kTurkishRegexes) {
    SCOPED_TRACE(regex);
    if (std::string_view(regex) == ".*") continue;
    const auto grammar = CompiledGrammar::compile(test::read_regex(regex), tables);
    for (const DecodeContext context :
         {hybrid.vocabulary->start_context(), hybrid.vocabulary->inside_context()}) {
      ASSERT_NO_FATAL_FAILURE(expect_no_dead_ends(Matcher(grammar, context), random, 3, 6));
    }
  }
}

TEST(HybridMasks, Words) {
  test::Random random(test::property_seed());
  const Hybrid hybrid = turkish(random);
  const auto tables = std::make_shared<MaskTables>(hybrid.vocabulary);
  const TokenId eos = hybrid.spec.roles.eos.at(0);
  const TokenId kitap = hybrid.stem("kitap"), acc = hybrid.suffix("ACC"),
                loc = hybrid.suffix("LOC"), capital = hybrid.ids().capital_mark(),
                upper = hybrid.ids().upper_mark();
  const auto allows = [&](const char* regex, std::vector<TokenId> ids, TokenId id) {
    Matcher matcher(CompiledGrammar::compile(test::read_regex(regex), tables),
                    hybrid.vocabulary->start_context());
    for (const TokenId before : ids) EXPECT_TRUE(matcher.accept(before)) << regex;
    std::vector<uint32_t> mask(mask_words(hybrid.vocabulary->size()));
    matcher.fill_mask(mask);
    EXPECT_EQ(mask_test(mask, id), matcher.allows(id)) << regex << ' ' << id;
    return matcher.allows(id);
  };
  // "p" is held back: it comes out at the end, or a suffix makes it "b".
  EXPECT_TRUE(allows("kitap", {}, kitap));
  EXPECT_TRUE(allows("kitap", {kitap}, eos));
  EXPECT_TRUE(allows("kitabı", {}, kitap));
  EXPECT_FALSE(allows("kitabı", {kitap}, eos));
  EXPECT_TRUE(allows("kitabı", {kitap}, acc));
  EXPECT_FALSE(allows("kitabı", {kitap}, loc));
  EXPECT_TRUE(allows("kitapta", {kitap}, loc));
  EXPECT_FALSE(allows("kitapta", {kitap}, eos));
  EXPECT_FALSE(allows("kitab", {}, kitap));  // no suffix makes it "b" and nothing else
  EXPECT_FALSE(allows("kitabc.*", {}, kitap));
  EXPECT_TRUE(allows("kitap!", {kitap}, hybrid.byte('!')));
  // Marks come where something may follow, and lead elsewhere.
  EXPECT_TRUE(allows("Kitap", {}, capital));
  EXPECT_TRUE(allows("Kitap", {capital}, kitap));
  EXPECT_FALSE(allows("Kitap", {}, kitap));
  EXPECT_FALSE(allows("Kitap", {capital}, capital));
  EXPECT_FALSE(allows("Kitap", {capital}, upper));
  EXPECT_FALSE(allows("Kitap", {upper}, kitap));
  EXPECT_TRUE(allows("KİTABI", {upper}, kitap));
  EXPECT_TRUE(allows("KİTABI", {upper, kitap}, acc));
  EXPECT_TRUE(allows("KİTABI", {upper, kitap, acc}, eos));
  EXPECT_FALSE(allows("KİTABI", {upper, kitap, acc}, upper));  // nothing may follow
  EXPECT_FALSE(allows("KİTABı", {upper}, kitap));              // suffixes go on in capitals
  EXPECT_TRUE(allows("kitap kitap", {kitap}, kitap));
  EXPECT_FALSE(allows("kitapkitap", {kitap}, kitap));
  EXPECT_TRUE(allows("kitapkitap", {kitap}, hybrid.ids().join_mark()));
  EXPECT_TRUE(allows("kitapkitap", {kitap, hybrid.ids().join_mark()}, kitap));
  // No mark undoes the one before it.
  const TokenId join = hybrid.ids().join_mark();
  for (const TokenId mark : {capital, upper}) {
    for (const TokenId second : {capital, upper, join}) {
      EXPECT_FALSE(allows("kitapKİTAP", {kitap, mark}, second)) << second;
      EXPECT_FALSE(allows("kitapKİTAP", {kitap, join, mark}, second)) << second;
      EXPECT_FALSE(allows("KİTAP", {mark}, second)) << second;
    }
    EXPECT_TRUE(allows("kitapKİTAP", {kitap, join}, mark));
  }
  EXPECT_FALSE(allows("kitapKİTAP", {kitap, join}, join));
  // Numbers are read aloud.
  const TokenId apostrophe = hybrid.suffix("APOS");
  const std::vector<TokenId> number = {hybrid.numeral("9"), hybrid.numeral("0"), apostrophe};
  EXPECT_TRUE(allows("90'da", number, loc));
  EXPECT_FALSE(allows("90'de", number, loc));
  EXPECT_TRUE(allows("9,5", {hybrid.numeral("9"), hybrid.byte(',')}, hybrid.numeral("5")));
}

TEST(HybridMasks, OtherConstraints) {
  test::Random random(test::property_seed());
  const Hybrid hybrid = turkish(random);
  const auto& vocabulary = hybrid.vocabulary;
  const std::vector<std::string> texts = {
      "kitap",  "kitabım",   " Kitap", "KİTABI", "ekmeği ara", "19'da", "19.5", "saatler",
      "Ankara", "ANKARA'DA", "ağzı",   " hakkı", "gelecek.",   "a",     "",     "geleceğ"};
  const auto oracle = test::TextOracle::of(texts);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const auto catalogue = std::make_shared<const Catalogue>(Catalogue::build(views));
  size_t taken = 0;
  for (const DecodeContext context : {vocabulary->start_context(), vocabulary->inside_context()}) {
    for (int round = 0; round < 6; ++round) {
      taken +=
          test::expect_walk(std::make_unique<CatalogueConstraint>(
                                vocabulary, catalogue, TextConstraintOptions{.context = context}),
                            *vocabulary, context, oracle, random, 30);
      if (HasFatalFailure()) return;
      ConstraintFunctions functions;
      functions.prefix = [&](std::string_view text) { return oracle.prefix(std::string(text)); };
      functions.complete = [&](std::string_view text) {
        return oracle.complete(std::string(text));
      };
      taken +=
          test::expect_walk(std::make_unique<CallbackConstraint>(vocabulary, functions, context),
                            *vocabulary, context, oracle, random, 15);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(taken, 100u);
}

}  // namespace
}  // namespace tokrail
