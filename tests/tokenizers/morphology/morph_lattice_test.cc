// Lattices hold exactly the readings that the definition gives.
#include "tokenizers/morphology/morph_lattice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "tests/oracle/slow_readings.h"
#include "tests/support/property.h"
#include "tests/tokenizers/morphology/toy_language.h"
#include "tests/tokenizers/morphology/turkish_pack.h"

namespace tokrail {
namespace {

using test::compile_pack;
using test::kToyTails;
using test::kToyTurkish;

bool before(const std::vector<Morph>& a, const std::vector<Morph>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](const Morph& x, const Morph& y) {
                                        return std::tuple(x.kind, x.index, x.tag, x.begin, x.end) <
                                               std::tuple(y.kind, y.index, y.tag, y.begin, y.end);
                                      });
}

void add_paths(const MorphLattice& lattice, uint32_t node, std::vector<uint32_t>& path,
               std::vector<std::vector<Morph>>& out) {
  for (uint32_t i = 0; i < lattice.edges().size(); ++i) {
    const MorphLattice::Edge& edge = lattice.edges()[i];
    if (edge.from != node) continue;
    path.push_back(i);
    if (edge.to == MorphLattice::kEndNode) {
      lattice.path_morphs(path, out.emplace_back());
    } else {
      add_paths(lattice, edge.to, path, out);
    }
    path.pop_back();
  }
}

std::vector<std::vector<Morph>> paths(const MorphLattice& lattice) {
  std::vector<std::vector<Morph>> out;
  std::vector<uint32_t> path;
  add_paths(lattice, 0, path, out);
  return out;
}

// Order, pruning and classes of edges, and that no two nodes are the same.
bool is_well_formed(const MorphLattice& lattice) {
  const MorphClasses classes(lattice.language());
  std::vector<bool> entered(lattice.node_count(), false), left(lattice.node_count(), false);
  std::vector<MorphClass> last(lattice.node_count(), classes.end());
  uint32_t previous = 0;
  for (const MorphLattice::Edge& edge : lattice.edges()) {
    if (edge.from < previous || edge.from >= lattice.node_count()) return false;
    previous = edge.from;
    if (edge.from_class != last[edge.from]) return false;
    left[edge.from] = true;
    if (edge.to == MorphLattice::kEndNode) {
      if (edge.to_class != classes.end()) return false;
      continue;
    }
    if (edge.to <= edge.from || edge.to >= lattice.node_count()) return false;
    if (entered[edge.to] && last[edge.to] != edge.to_class) return false;
    entered[edge.to] = true;
    last[edge.to] = edge.to_class;
  }
  for (size_t node = 0; node < lattice.node_count(); ++node) {
    if (!left[node] || (node > 0 && !entered[node])) return false;
  }
  return true;
}

bool agrees(MorphLattice& lattice, const MorphLattice::Options& options, std::string_view word) {
  lattice.build(word);
  if (!is_well_formed(lattice)) return false;
  auto found = paths(lattice);
  auto wanted = slow_readings(lattice.language(), options, word);
  std::sort(found.begin(), found.end(), before);
  std::sort(wanted.begin(), wanted.end(), before);
  return found == wanted;
}

void check_agreement(const std::shared_ptr<const Language>& language, std::string_view name,
                     int cases) {
  for (const MorphLattice::Options options :
       {MorphLattice::Options{}, MorphLattice::Options{.unknown_stems = false},
        MorphLattice::Options{.min_unknown_characters = 1}}) {
    MorphLattice lattice(language, options);
    test::check_texts(
        name, cases, [&](const std::string& word) { return agrees(lattice, options, word); },
        [&](test::Random& random, size_t) { return test::random_word(*language, random); });
    test::check_texts(
        name, cases / 10, [&](const std::string& word) { return agrees(lattice, options, word); },
        [](test::Random& random, size_t n) { return test::random_text(random, n % 40); });
  }
}

TEST(MorphLattice, AgreesWithTheDefinition) {
  check_agreement(compile_pack(kToyTurkish), "toy Turkish", 4000);
}
TEST(MorphLattice, AgreesWithTheDefinitionOverTails) {
  check_agreement(compile_pack(kToyTails), "toy tails", 4000);
}
TEST(MorphLattice, AgreesWithTheDefinitionInTurkish) {
  check_agreement(test::turkish_with_roots(""), "Turkish", 400);
}
TEST(MorphLattice, AgreesWithTheDefinitionInHungarian) {
  const std::string pack = read_file(test::source_path("data/languages/hungarian.lang"));
  check_agreement(compile_pack(pack, "hungarian.lang"), "Hungarian", 400);
}

std::set<std::string> shown(const Language& language, std::string_view word, bool unknown) {
  MorphLattice lattice(compile_pack(kToyTurkish), {.unknown_stems = unknown});
  lattice.build(word);
  std::set<std::string> out;
  for (const std::vector<Morph>& reading : paths(lattice)) {
    std::string text;
    for (const Morph& morph : reading) {
      if (!text.empty()) text += ' ';
      text += word.substr(morph.begin, morph.end - morph.begin);
      if (morph.kind == Morph::Kind::kSuffix) {
        text += '+';
        text += language.tag(morph.tag);
      }
    }
    out.insert(text);
  }
  return out;
}

TEST(MorphLattice, ReadsStemsThatChange) {
  const auto language = compile_pack(kToyTurkish);
  using Readings = std::set<std::string>;
  EXPECT_EQ(shown(*language, "kitabımda", false), Readings({"kitab ım+P1SG da+LOC"}));
  EXPECT_EQ(shown(*language, "kitapta", false), Readings({"kitap ta+LOC"}));
  EXPECT_EQ(shown(*language, "kitapım", false), Readings());
  EXPECT_EQ(shown(*language, "ağzım", false), Readings({"ağz ım+P1SG"}));
  EXPECT_EQ(shown(*language, "hakkı", false),
            Readings({"hakk ı+P3SG", "hakk ı+ACC", "hakk ı+acc2"}));
  EXPECT_EQ(shown(*language, "arıyor", false), Readings({"ar ıyor+PROG"}));
  EXPECT_EQ(shown(*language, "saatte", false), Readings({"saat te+LOC"}));
}

TEST(MorphLattice, ReadsNumbersAbbreviationsAndApostrophes) {
  const auto language = compile_pack(kToyTurkish);
  using Readings = std::set<std::string>;
  EXPECT_EQ(shown(*language, "1990'da", false), Readings({"1990 '+APOS da+LOC"}));
  EXPECT_EQ(shown(*language, "5'te", false), Readings({"5 '+APOS te+LOC"}));
  EXPECT_EQ(shown(*language, "5'de", false), Readings());
  EXPECT_EQ(shown(*language, "tl'ye", false), Readings({"tl '+APOS ye+DAT"}));
  EXPECT_EQ(shown(*language, "ankara'da", false), Readings({"ankara '+APOS da+LOC"}));
  EXPECT_EQ(shown(*language, "ekmek", false), Readings({"ekmek"}));
}

TEST(MorphLattice, AlwaysHasTheWholeWord) {
  for (const std::string_view pack : {kToyTurkish, kToyTails}) {
    const auto language = compile_pack(pack);
    MorphLattice lattice(language);
    for (const std::string& word :
         {std::string("x"), std::string("qqqq"), std::string("\xff\x00z", 3), std::string("'"),
          std::string(256, 'z'), std::string(257, 'z'), std::string(100000, 'k')}) {
      lattice.build(word);
      ASSERT_FALSE(lattice.edges().empty());
      EXPECT_TRUE(is_well_formed(lattice));
      bool whole = false;
      std::vector<Morph> morphs;
      for (uint32_t i = 0; i < lattice.edges().size(); ++i) {
        const auto& edge = lattice.edges()[i];
        if (edge.from != 0 || edge.kind != Morph::Kind::kUnknown) continue;
        for (uint32_t j = 0; j < lattice.edges().size(); ++j) {
          if (lattice.edges()[j].from != edge.to ||
              lattice.edges()[j].to != MorphLattice::kEndNode) {
            continue;
          }
          const uint32_t path[] = {i, j};
          lattice.path_morphs(path, morphs);
          whole =
              whole || (morphs.size() == 1 && morphs[0].begin == 0 && morphs[0].end == word.size());
        }
      }
      EXPECT_TRUE(whole) << test::escaped(word);
    }
    lattice.build("");
    EXPECT_TRUE(lattice.edges().empty());
  }
}

TEST(MorphLattice, EdgesOfOneStemCanBeMany) {
  // Every node that a long word of short stems can have, and no more.
  const auto language = compile_pack(kToyTurkish);
  MorphLattice lattice(language, {.unknown_stems = false});
  std::string word;
  for (int i = 0; i < 60; ++i) word += "ekel";
  lattice.build(word);
  EXPECT_FALSE(lattice.edges().empty());
  EXPECT_LT(lattice.node_count(), 2000U);
  EXPECT_TRUE(is_well_formed(lattice));
}

}  // namespace
}  // namespace tokrail
