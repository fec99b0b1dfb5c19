// The Hungarian pack, which is data alone: paradigms written by hand against what it spells, and
// its readings against a gold segmentation that it has never seen.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "tests/support/shared_data.h"
#include "tokenizers/evaluation/segmentation_scores.h"
#include "tokenizers/formats/hunspell_dictionary.h"
#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/language_compiler.h"
#include "tokenizers/morphology/language_source.h"
#include "tokenizers/morphology/morph_text.h"

namespace tokrail {
namespace {

// As the lexicon and the map rules would make them.
constexpr std::string_view kRoots = R"(
root ház noun set=low
root kéz noun change=short set=ott
root alma noun change=long
root kutya noun change=long
root könyv noun set=low vowel=round
root bokor noun change=drop set=ott
root ember noun
root busz noun set=digraph change=double
root kék adj
root híres adj
root lát verb change=s
root kér verb
root főz verb vowel=round
root segít verb set=link,ott
root dolgozik verb change=ik
)";

LanguageSource hungarian_source() {
  const auto path = test::source_path("data/languages/hungarian.lang");
  return parse_language(read_file(path), "hungarian.lang");
}

std::shared_ptr<const Language> compiled(const LanguageSource& source) {
  auto bytes = std::make_shared<const std::string>(compile_language(source));
  return Language::from_bytes(*bytes, bytes, "hungarian.lang");
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// tags = forms, separated by semicolons. A form in brackets must not be made.
struct Paradigm {
  const char* lemma;
  const char* rows;
};

class HungarianParadigms : public testing::TestWithParam<Paradigm> {
 protected:
  static void SetUpTestSuite() {
    LanguageSource source = hungarian_source();
    parse_language_into(kRoots, "test roots", source);
    language_ = compiled(source);
  }
  static void TearDownTestSuite() { language_.reset(); }
  static inline std::shared_ptr<const Language> language_;
};

TEST_P(HungarianParadigms, Spells) {
  std::istringstream rows(GetParam().rows);
  for (std::string row; std::getline(rows, row, ';');) {
    const size_t sign = row.find('=');
    ASSERT_NE(sign, std::string::npos) << row;
    const std::vector<std::string> tags = words_of(row.substr(0, sign));
    const auto made = generate_surfaces(*language_, GetParam().lemma, tags);
    for (std::string form : words_of(row.substr(sign + 1))) {
      const bool wanted = form.front() != '[';
      if (!wanted) form = form.substr(1, form.size() - 2);
      EXPECT_EQ(std::find(made.begin(), made.end(), form) != made.end(), wanted)
          << GetParam().lemma << " " << row << ": " << form;
    }
  }
}

constexpr Paradigm kParadigms[] = {
    {"ház",
     "PL=házak [házok];ACC=házat;SUP=házon;ALL=házhoz;INS=házzal;TRA=házzá;P1SG=házam;"
     "P2PL=házatok;P3SG=háza;P3SG INE=házában;PP1SG=házaim;PP1SG ACC=házaimat;PL INE=házakban;"
     "PL DAT=házaknak;TER=házig;POS=házé;PL POSPL=házakéi;S=házas;S PL=házasok házasak"},
    {"kéz",
     "PL=kezek [kézek];ACC=kezet;INE=kézben;SUP=kézen;TER=kézig;P1SG=kezem;PP3SG=kezei;"
     "INS=kézzel;POS=kézé;I=kézi"},
    {"alma",
     "PL=almák;ACC=almát;INE=almában;ESS=almaként;P1SG=almám;P3SG=almája;P3SG ACC=almáját;"
     "I=almai;TEMP=almakor;PP1PL=almáink;INS=almával;S=almás"},
    {"kutya", "PL=kutyák [kutyak];DAT=kutyának;P3SG=kutyája;SOC=kutyástul;SUP=kutyán"},
    {"könyv",
     "PL=könyvek [könyvök];ACC=könyvet;SUP=könyvön;ALL=könyvhöz;P1SG=könyvem;INS=könyvvel;"
     "P3SG=könyve;INE=könyvben"},
    {"bokor", "PL=bokrok [bokorok];ACC=bokrot;INE=bokorban;SUP=bokron;TER=bokorig;P1SG=bokrom"},
    {"ló", "PL=lovak;ACC=lovat;INE=lóban;P1SG=lovam;TER=lóig;INS=lóval;SUP=lovon"},
    {"szék", "PL=székek;ACC=széket;SUP=széken;INS=székkel;ALL=székhez;ESS=székként"},
    {"ember", "PL=emberek;ACC=embert;INS=emberrel;P1SG=emberem;SAG=emberség;PL ACC=embereket"},
    {"busz", "PL=buszok;INS=busszal [buszzal];TRA=busszá;INE=buszban"},
    {"kék", "PL=kékek;AN=kéken;BB=kékebb;BB PL=kékebbek;UL=kékül;IT INF=kékíteni"},
    {"híres", "ACC=hírest híreset;SAG=híresség;BB AN=híresebben"},
    {"lát",
     "1SG=látok látom;3SGD=látja;3PL=látnak;1PL=látunk;PAST 1SG=láttam;"
     "PAST=látott;COND=látná;COND 2SG=látnál;"
     "INF=látni;INF3SG=látnia;IMP 1SG=lássak lássam;IMP3=lásson;HAT=láthat;O=látó;AS PL=látások;"
     "VA=látva;HATATLAN=láthatatlan;1PLD=látjuk;COND1 1SG=látnék;1SG2=látlak;2SG=látsz"},
    {"kér",
     "1SG=kérek kérem;3SGD=kéri;3PLD=kérik;PAST 1SG=kértem;PAST=kért;PAST3D=kérte;IMP3=kérjen;"
     "IMP3D=kérje;INF1PL=kérnünk;O=kérő;AS=kérés;COND 2PL=kérnétek;2PL=kértek;AS PL=kérések"},
    {"főz",
     "1SG=főzök főzöm;2SG=főzöl;3SGD=főzi;1PLD=főzzük;PAST=főzött;PAST 1SG=főztem;IMP3=főzzön;"
     "2PL=főztök;INF1SG=főznöm;O=főző;AS PL=főzések"},
    {"segít", "INF=segíteni;2SG=segítesz;PAST 1SG=segítettem;3PL=segítenek;IMP3=segítsen"},
    {"dolgozik", "1SG=dolgozok dolgozom;PAST=dolgozott;AS=dolgozás;O=dolgozó;INF=dolgozni"},
};

INSTANTIATE_TEST_SUITE_P(Words, HungarianParadigms, testing::ValuesIn(kParadigms),
                         [](const auto& test) { return "n" + std::to_string(test.index); });

// Readings by the shape of words alone, before anything was learnt.
TEST(Hungarian, CutsGoldWordsBetterThanItMust) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "morphology/sigmorphon2022/hun.word.dev.tsv");
  LanguageSource source = hungarian_source();
  const std::filesystem::path lexicon = source.lexicons.at(0).path;
  if (!std::filesystem::exists(lexicon)) GTEST_SKIP() << "needs hunspell-hu: " << lexicon;
  add_lexicon(read_hunspell_dictionary(lexicon), source);
  const auto language = compiled(source);
  const Analyser analyser(language,
                          std::make_shared<const MorphCosts>(MorphCosts::flat(*language)));
  Analyser::Scratch scratch(analyser);
  const GoldFile gold = read_gold(path);
  for (const GoldHalf half : {GoldHalf::kA, GoldHalf::kB}) {
    SegmentationScores scores;
    std::vector<Morph> morphs;
    for (const GoldWord& word : half_of(gold.words, half)) {
      if (!concatenates(word)) continue;
      const std::string lower = language->lower(word.word);
      analyser.best(lower, scratch, morphs);
      std::vector<uint32_t> cuts;
      for (size_t i = 1; i < morphs.size(); ++i) cuts.push_back(morphs[i].begin);
      scores.add_word(gold_cuts(word), cuts, static_cast<uint32_t>(lower.size()));
    }
    const std::string name = half == GoldHalf::kA ? "boundary_f1_a" : "boundary_f1_b";
    RecordProperty(name, std::to_string(scores.f1()));
    EXPECT_GT(scores.words, 29000u);
    EXPECT_GT(scores.f1(), 0.90) << name;
  }
}

}  // namespace
}  // namespace tokrail
