// The best readings are those that a list of all of them begins with.
#include "tokenizers/morphology/analyser.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <thread>

#include "base/error.h"
#include "tests/oracle/slow_readings.h"
#include "tests/support/property.h"
#include "tests/tokenizers/morphology/toy_language.h"

namespace tokrail {
namespace {

using test::below;
using test::compile_pack;
using test::kToyTails;
using test::kToyTurkish;

// Few different costs, so that many readings cost the same.
MorphCosts random_costs(const Language& language, test::Random& random, size_t range) {
  MorphCosts costs = MorphCosts::flat(language);
  const auto cost = [&] { return static_cast<uint16_t>(below(random, range)); };
  for (uint16_t& value : costs.lexemes) value = cost();
  for (uint16_t& value : costs.steps) value = cost();
  for (uint16_t& value : costs.unknown_states) value = cost();
  costs.unknown_stem = cost();
  costs.unknown_letter = cost();
  costs.number = cost();
  costs.join = cost();
  return costs;
}

bool equal(const std::vector<Analysis>& a, const std::vector<Analysis>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].morphs != b[i].morphs || a[i].cost != b[i].cost) return false;
  }
  return true;
}

class Agreement {
 public:
  Agreement(std::shared_ptr<const Language> language, MorphCosts costs,
            MorphLattice::Options options)
      : language_(language),
        options_(options),
        analyser_(std::move(language), std::make_shared<const MorphCosts>(std::move(costs)),
                  options),
        scratch_(analyser_) {}

  bool holds(const std::string& word) {
    const std::vector<Analysis> ranking = slow_ranking(*language_, analyser_.costs(), word,
                                                       slow_readings(*language_, options_, word));
    analyser_.best(word, scratch_, morphs_);
    if (ranking.empty() ? morphs_.size() > 1 : morphs_ != ranking[0].morphs) return false;
    const size_t any = std::numeric_limits<size_t>::max();
    if (!equal(analyser_.all(word, any, true), ranking)) return false;
    for (const size_t limit : {size_t{0}, size_t{1}, size_t{2}, size_t{5}}) {
      std::vector<Analysis> first = ranking;
      first.resize(std::min(limit, first.size()));
      if (!equal(analyser_.all(word, limit, true), first)) return false;
    }
    MorphLattice::Options known = options_;
    known.unknown_stems = false;
    std::vector<Analysis> without =
        slow_ranking(*language_, analyser_.costs(), word, slow_readings(*language_, known, word));
    return equal(analyser_.all(word, any), without.empty() ? ranking : without);
  }

 private:
  std::shared_ptr<const Language> language_;
  MorphLattice::Options options_;
  Analyser analyser_;
  Analyser::Scratch scratch_;
  std::vector<Morph> morphs_;
};

void check_agreement(std::string_view pack, std::string_view name) {
  const auto language = compile_pack(pack);
  test::Random random(test::property_seed());
  for (const size_t range : std::initializer_list<size_t>{1, 3, 1000, 65536}) {
    for (const bool unknown : {true, false}) {
      Agreement agreement(language, random_costs(*language, random, range),
                          {.unknown_stems = unknown});
      test::check_texts(
          name, 1000, [&](const std::string& word) { return agreement.holds(word); },
          [&](test::Random& r, size_t) { return test::random_word(*language, r); });
    }
  }
}

TEST(Analyser, AgreesWithAListOfAllReadings) {
  check_agreement(kToyTurkish, "toy Turkish");
}
TEST(Analyser, AgreesWithAListOfAllReadingsOverTails) {
  check_agreement(kToyTails, "toy tails");
}

Analyser toy_analyser() {
  const auto language = compile_pack(kToyTurkish);
  return Analyser(language, std::make_shared<const MorphCosts>(MorphCosts::flat(*language)));
}

TEST(Analyser, TellsMorphsWithTheirPlaces) {
  const Analyser analyser = toy_analyser();
  Analyser::Scratch scratch(analyser);
  std::vector<Morph> morphs;
  analyser.best("kitabımda", scratch, morphs);
  ASSERT_EQ(morphs.size(), 3U);
  EXPECT_EQ(morphs[0].kind, Morph::Kind::kLexeme);
  EXPECT_EQ(analyser.language().form(analyser.language().lexeme(morphs[0].index).form).text,
            "kitap");
  EXPECT_EQ(morphs[0].end, 5U);
  EXPECT_EQ(analyser.language().suffix_name(static_cast<SuffixId>(morphs[1].index)), "P1SG");
  EXPECT_EQ(morphs[1].begin, 5U);
  EXPECT_EQ(morphs[1].end, 8U);
  EXPECT_EQ(morphs[2].end, 10U);
}

TEST(Analyser, ReadsWordsOfNoLexicon) {
  const Analyser analyser = toy_analyser();
  Analyser::Scratch scratch(analyser);
  std::vector<Morph> morphs;
  analyser.best("blogda", scratch, morphs);
  ASSERT_FALSE(morphs.empty());
  EXPECT_EQ(morphs[0].kind, Morph::Kind::kUnknown);
  EXPECT_EQ(morphs.back().end, 6U);
  analyser.best("", scratch, morphs);
  EXPECT_TRUE(morphs.empty());
  analyser.best(std::string(1000, 'a'), scratch, morphs);
  ASSERT_EQ(morphs.size(), 1U);
  EXPECT_EQ(morphs[0].end, 1000U);
  EXPECT_TRUE(analyser.all("", 10).empty());
  EXPECT_TRUE(analyser.all("kitap", 0).empty());
  EXPECT_EQ(analyser.all("kitap", 10).size(), 1U);
  EXPECT_GT(analyser.all("kitap", 10, true).size(), 1U);
}

TEST(Analyser, RefusesCostsOfAnotherLanguage) {
  const auto language = compile_pack(kToyTurkish);
  const auto other = compile_pack(kToyTails);
  EXPECT_THROW(Analyser(language, std::make_shared<const MorphCosts>(MorphCosts::flat(*other))),
               Error);
}

TEST(Analyser, IsSharedByThreads) {
  const Analyser analyser = toy_analyser();
  const std::vector<std::string> words = {"kitabımda", "arıyor", "ağzım", "blogdaki", "1990'da"};
  const auto read_all = [&] {
    Analyser::Scratch scratch(analyser);
    std::vector<std::vector<Morph>> out(words.size());
    for (int round = 0; round < 200; ++round) {
      for (size_t i = 0; i < words.size(); ++i) analyser.best(words[i], scratch, out[i]);
    }
    return out;
  };
  const auto wanted = read_all();
  std::vector<std::vector<std::vector<Morph>>> found(4);
  std::vector<std::thread> threads;
  for (auto& result : found) threads.emplace_back([&] { result = read_all(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : found) EXPECT_EQ(result, wanted);
}

}  // namespace
}  // namespace tokrail
