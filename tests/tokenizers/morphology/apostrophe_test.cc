// Words with an apostrophe (apostrophes.tsv): the best reading must cut where the list cuts.
//
// Costs are flat, so this is about the pack alone: which cuts it allows, and that names, numbers
// and abbreviations are read aloud as they should be.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/tokenizers/morphology/turkish_pack.h"
#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/morph_text.h"

namespace tokrail {
namespace {

struct Cut {
  std::string word, morphs;
};

std::vector<Cut> read_list() {
  std::ifstream in(test::source_path("tests/tokenizers/morphology/apostrophes.tsv"));
  std::vector<Cut> cuts;
  for (std::string line; std::getline(in, line);) {
    const size_t tab = line.find('\t');
    if (line.starts_with('#') || tab == std::string::npos) continue;
    cuts.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  return cuts;
}

TEST(Apostrophes, TheListSpellsItsWords) {
  const std::vector<Cut> cuts = read_list();
  EXPECT_GE(cuts.size(), 300u);
  for (const Cut& cut : cuts) {
    std::string joined = cut.morphs;
    std::erase(joined, ' ');
    EXPECT_EQ(joined, cut.word);
  }
}

TEST(Apostrophes, BestReadingsCutAsTheListDoes) {
  const auto language = test::turkish_with_lexicon();
  if (!language) GTEST_SKIP() << "needs the Debian package libzemberek-tr-java";
  const Analyser analyser(language, std::make_shared<MorphCosts>(MorphCosts::flat(*language)));
  const std::vector<Cut> cuts = read_list();
  size_t right = 0;
  std::string others;
  for (const Cut& cut : cuts) {
    const std::string word = language->lower(cut.word);
    const std::vector<Analysis> readings = analyser.all(word, 1);
    std::string found;
    if (!readings.empty()) found = segmentation(word, readings.front());
    std::string expected = language->lower(cut.morphs);
    for (char& c : expected) c = c == ' ' ? '|' : c;
    if (found == expected) {
      ++right;
    } else {
      others += "\n  " + expected + " found " + found;
    }
  }
  const double share = 100.0 * static_cast<double>(right) / static_cast<double>(cuts.size());
  RecordProperty("words", static_cast<int>(cuts.size()));
  RecordProperty("percent_right", std::to_string(share));
  EXPECT_GE(share, 97.0) << right << " of " << cuts.size() << others;
}

}  // namespace
}  // namespace tokrail
