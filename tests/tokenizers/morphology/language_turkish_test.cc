// Paradigms of representative Turkish words, written by hand, against what the pack spells.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tokenizers/morphology/turkish_pack.h"
#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/morph_text.h"

namespace tokrail {
namespace {

// As the lexicon and the map rules would make them.
constexpr std::string_view kRoots = R"(
root kitap noun change=soft
root saat noun opposite
root su noun set=ybuf
root ağız noun change=drop
root hak noun change=double
root renk noun change=nasal
root ev noun
root göz noun
root araba noun
root cami noun set=ayn
root dün time
root baba kin
root güzel adj
root iki num
root üç num
root i be
root ankara proper capital
root zonguldak proper capital change=soft
root eminönü proper capital set=pron
root tl abbr upper reading=e
root gel verb.ir0
root git verb.ar change=soft
root oku verb.v change=narrow
root ara verb.v.both change=narrow
root bekle verb.v change=narrow
root çevir verb.t change=squeeze
root yap verb.ar
root bit verb.cir
root çık verb.car
root yıka verb.v.rfl change=narrow
)";

// lemma: tags = forms, separated by semicolons. A form in brackets must not be made.
struct Table {
  std::string_view name;
  std::string_view rows;
};

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

class TurkishParadigms : public testing::Test {
 protected:
  static void SetUpTestSuite() { language_ = test::turkish_with_roots(kRoots); }
  static void TearDownTestSuite() { language_.reset(); }

  // What the graph makes, without the spellings with an apostrophe that every noun may have.
  static std::vector<std::string> forms(const std::string& lemma, const std::string& tags) {
    std::vector<std::string> made = generate_surfaces(*language_, lemma, words_of(tags));
    std::erase_if(made, [](const std::string& form) {
      return form.find('\'') != std::string::npos || form.find("’") != std::string::npos;
    });
    std::sort(made.begin(), made.end());
    return made;
  }

  // "TAGS = form form" lines for one lemma.
  static void expect_paradigm(const std::string& lemma, const std::string& rows) {
    std::istringstream in(rows);
    size_t compared = 0;
    for (std::string row; std::getline(in, row);) {
      const size_t equals = row.find('=');
      if (equals == std::string::npos) continue;
      std::vector<std::string> expected = words_of(row.substr(equals + 1));
      std::sort(expected.begin(), expected.end());
      EXPECT_EQ(forms(lemma, row.substr(0, equals)), expected) << lemma << ": " << row;
      ++compared;
    }
    EXPECT_GT(compared, 0u);
  }

  static inline std::shared_ptr<const Language> language_;
};

TEST_F(TurkishParadigms, NounThatSoftens) {
  expect_paradigm("kitap", R"(
    PL = kitaplar
    P1SG = kitabım
    P2SG = kitabın
    P3SG = kitabı
    P1PL = kitabımız
    P2PL = kitabınız
    PL P3SG = kitapları
    ACC = kitabı
    DAT = kitaba
    LOC = kitapta
    ABL = kitaptan
    GEN = kitabın
    INS = kitapla
    EQU = kitapça
    P1SG LOC = kitabımda
    P3SG LOC = kitabında
    P3SG ACC = kitabını
    P3SG DAT = kitabına
    P3SG INS = kitabıyla
    LOC KI = kitaptaki
    P1SG LOC KI PL ABL = kitabımdakilerden
    GEN KI LOC = kitabınkinde
    LI = kitaplı
    SIZ = kitapsız
    LIK = kitaplık
    LIK ACC = kitaplığı
    CI = kitapçı
    CIK ACC = kitapçığı
    PASTC = kitaptı
    NARRC A1PL = kitapmışız
    CONDC = kitapsa
    COP = kitaptır
    A2PL = kitapsınız
    KEN = kitapken
  )");
}

TEST_F(TurkishParadigms, NounWithOppositeHarmony) {
  expect_paradigm("saat", R"(
    PL = saatler
    P1SG = saatim
    P3SG = saati
    DAT = saate
    LOC = saatte
    GEN = saatin
    P3SG LOC = saatinde
    PL P1PL ABL = saatlerimizden
    LIK = saatlik
    CI = saatçi
  )");
}

TEST_F(TurkishParadigms, Water) {
  expect_paradigm("su", R"(
    PL = sular
    P1SG = suyum
    P2SG = suyun
    P3SG = suyu
    P1PL = suyumuz
    P2PL = suyunuz
    ACC = suyu
    DAT = suya
    LOC = suda
    GEN = suyun
    P3SG ACC = suyunu
    INS = suyla
    LI = sulu
  )");
}

TEST_F(TurkishParadigms, NounsThatDropOrDouble) {
  expect_paradigm("ağız", R"(
    P1SG = ağzım
    P3SG = ağzı
    DAT = ağza
    GEN = ağzın
    LOC = ağızda
    PL = ağızlar
    P3SG LOC = ağzında
    LIK = ağızlık
  )");
  expect_paradigm("hak", R"(
    P3SG = hakkı
    ACC = hakkı
    DAT = hakka
    LOC = hakta
    PL = haklar
    P3SG LOC = hakkında
    LI = haklı
  )");
  expect_paradigm("renk", R"(
    P3SG = rengi
    DAT = renge
    LOC = renkte
    LI = renkli
    PL P3SG = renkleri
  )");
}

TEST_F(TurkishParadigms, PlainNouns) {
  expect_paradigm("ev", R"(
    PL = evler
    P3SG = evi
    P3SG LOC KI PL = evindekiler
    PL P3SG ABL = evlerinden
    DAT = eve
    LOC PASTC A1PL = evdeydik
    LOC NARRC CONDC A1PL = evdeymişsek
    LOC PASTC CONDC A1PL = evdeydiysek
    LOC A1PL = evdeyiz
    LOC A3PL = evdeler
    LAN PAST = evlendi
    LI LIK = evlilik
    EQU = evce
  )");
  expect_paradigm("göz", R"(
    P1SG = gözüm
    P2PL = gözünüz
    PL P1SG = gözlerim
    LIK CI = gözlükçü
    LIK P3SG = gözlüğü
    LI = gözlü
    ACC = gözü
    GEN KI = gözünki gözünkü
  )");
  expect_paradigm("araba", R"(
    P1SG = arabam
    P2SG = araban
    P3SG = arabası
    P1PL = arabamız
    P2PL = arabanız
    ACC = arabayı
    DAT = arabaya
    GEN = arabanın
    INS = arabayla
    P3SG DAT = arabasına
    P3SG EQU = arabasınca
    CI LIK = arabacılık
    A1SG = arabayım
    PASTC = arabaydı
    CONDC = arabaysa
    KEN = arabayken
  )");
  expect_paradigm("cami", R"(
    P3SG = camii camisi
    P3SG LOC = camiinde camisinde
    ACC = camiyi
    PL = camiler
  )");
  expect_paradigm("dün", "KI = dünki dünkü");
  expect_paradigm("baba", "P1SG PL GEN = babamların\nP3SG PL GEN =\nP1PL PL =");
}

TEST_F(TurkishParadigms, Pronouns) {
  expect_paradigm("ben", R"(
    ACC = beni
    DAT = bana
    LOC = bende
    ABL = benden
    GEN = benim
    INS = benimle
    EQU = bence
    GEN KI = benimki
    SIZ = bensiz
    PASTC A1SG = bendim
  )");
}

TEST_F(TurkishParadigms, Demonstratives) {
  expect_paradigm("o", R"(
    PL = onlar
    ACC = onu
    DAT = ona
    LOC = onda
    ABL = ondan
    GEN = onun
    INS = onunla
    PL GEN = onların
    PASTC = oydu
    COP = odur
  )");
  expect_paradigm("bu", R"(
    PL = bunlar
    ACC = bunu
    DAT = buna
    GEN = bunun
    INS = bununla
    EQU = bunca
    PL LOC KI = bunlardaki
    NARRC = buymuş
  )");
}

TEST_F(TurkishParadigms, Come) {
  expect_paradigm("gel", R"(
    PAST A1SG = geldim
    NARR A2SG = gelmişsin
    FUT A1SG = geleceğim
    FUT A3PL = gelecekler
    PROG A1SG = geliyorum
    NEG PROG = gelmiyor
    AOR = gelir
    AOR A1PL = geliriz
    NEG AOR A3PL = gelmezler
    NEG A1SG = gelmem
    NEG A1PL = gelmeyiz
    UNABLE AOR = gelemez
    UNABLE PROG = gelemiyor
    ABIL AOR = gelebilir
    NEG ABIL AOR = gelmeyebilir
    NEC A2PL = gelmelisiniz
    COND A1PL = gelsek
    OPT A1SG = geleyim
    OPT A1PL = gelelim
    IMP3SG = gelsin
    IMP3PL = gelsinler
    IMP2PL = gelin geliniz
    IMPSA = gelsene
    PASS AOR = gelinir gelinilir
    CAUS AOR =
    AN = gelen
    DIK P3SG = geldiği
    FUTP P1SG = geleceğim
    NARRP PL = gelmişler
    MAK LOC A1SG = gelmekteyim
    MA P3SG = gelmesi
    IS P3SG = gelişi
    IP = gelip
    ARAK = gelerek
    INCA = gelince
    DIKCA = geldikçe
    ALI = geleli
    AMADAN = gelemeden
    MA ABL = gelmeden
    AOR KEN = gelirken
    NARR CASINA = gelmişçesine
    PAST CONDC A1SG = geldiysem
    PAST A1SG CONDC = geldimse
    NARR PASTC A1PL = gelmiştik
    PROG PASTC A2SG = geliyordun
    AOR A3PL PASTC = gelirlerdi
    IVER PAST = geliverdi
    MAZLIK = gelmezlik
  )");
}

TEST_F(TurkishParadigms, Go) {
  expect_paradigm("git", R"(
    AOR = gider
    PROG = gidiyor
    FUT = gidecek
    PAST = gitti
    NEG PAST = gitmedi
    PASS AOR = gidilir
    IP = gidip
    OPT A1PL = gidelim
    AN = giden
  )");
}

TEST_F(TurkishParadigms, SayAndEat) {
  expect_paradigm("de", R"(
    PROG A1SG = diyorum
    FUT = diyecek
    AN = diyen
    OPT A1SG = diyeyim
    ABIL AOR = diyebilir
    ARAK = diyerek
    PAST = dedi
    NARR = demiş
    AOR = der
    IP = deyip
    INCA = deyince
    NEG PROG = demiyor
    PASS PROG = deniliyor deniyor
    CAUS AOR = dedirir
  )");
  expect_paradigm("ye", R"(
    PROG = yiyor
    FUT = yiyecek
    PAST = yedi
    NEG FUT = yemeyecek
    UNABLE PAST = yiyemedi
    PASS AOR = yenilir yenir
    CAUS PAST = yedirdi
  )");
  expect_paradigm("yi", "IP = yiyip\nINCA = yiyince");
}

TEST_F(TurkishParadigms, VerbsInAVowel) {
  expect_paradigm("ara", R"(
    PROG = arıyor
    PROG A3PL = arıyorlar
    NEG PROG = aramıyor
    UNABLE PROG = arayamıyor
    AOR = arar
    FUT = arayacak
    CAUS PAST = arattı
    CAUS CAUS MAK = arattırmak
    PASS AOR = aranır aranılır
    RFL MAK = aranmak
    RCP CAUS MAK = araştırmak
    ICI = arayıcı
  )");
  expect_paradigm("bekle", R"(
    PROG = bekliyor
    PROG PASTC A1SG = bekliyordum
    PASS PROG = bekleniyor bekleniliyor
    CAUS PROG = bekletiyor
    NEG AOR = beklemez
    UNABLE AOR = bekleyemez
    IP = bekleyip
    IMP2PL = bekleyin bekleyiniz
  )");
  expect_paradigm("oku", R"(
    PROG A1SG = okuyorum
    FUT A1SG = okuyacağım
    CAUS CAUS CAUS MAK = okutturtmak
    PASS PASS AOR =
    ABIL AOR A1SG = okuyabilirim
  )"
                         "PASS AOR A1SG = okunulurum okunurum\n");
}

TEST_F(TurkishParadigms, VoicesAndTheirClasses) {
  expect_paradigm("çevir", R"(
    AOR = çevirir
    PASS AOR = çevrilir
    PROG = çeviriyor
    CAUS PAST = çevirtti
  )");
  expect_paradigm("yap", R"(
    AOR = yapar
    CAUS AOR = yaptırır
    CAUS PASS PAST = yaptırıldı
    CAUS CAUS PAST = yaptırttı
    PASS PAST = yapıldı
  )");
  expect_paradigm("bit", "CAUS MAK = bitirmek bittirmek\nAOR = biter");
  expect_paradigm("çık", "CAUS MAK = çıkarmak\nAOR = çıkar");
  expect_paradigm("yıka", "RFL CAUS PASS MAK = yıkandırılmak\nRCP MAK =");
}

TEST_F(TurkishParadigms, ToBeWrittenApart) {
  expect_paradigm("i", "PASTC = idi\nNARRC = imiş\nCONDC = ise\nPASTC A1PL = idik");
}

TEST_F(TurkishParadigms, NumbersInWords) {
  expect_paradigm("iki", "ORD = ikinci\nDIST = ikişer\nP3SG = ikisi\nLI = ikili");
  expect_paradigm("üç", "ORD = üçüncü\nDIST = üçer\nP3SG = üçü");
}

TEST_F(TurkishParadigms, NamesTakeAnApostrophe) {
  const auto makes = [](const std::string& lemma, const std::string& tags,
                        const std::string& form) {
    const std::vector<std::string> made = generate_surfaces(*language_, lemma, words_of(tags));
    return std::find(made.begin(), made.end(), form) != made.end();
  };
  EXPECT_TRUE(makes("ankara", "LOC", "ankara'da"));
  EXPECT_TRUE(makes("ankara", "LOC", "ankara’da"));
  EXPECT_TRUE(makes("ankara", "LOC KI PL", "ankara'dakiler"));
  EXPECT_TRUE(makes("zonguldak", "GEN", "zonguldak'ın"));
  EXPECT_TRUE(makes("eminönü", "DAT", "eminönü'ne"));
  EXPECT_TRUE(makes("tl", "DAT", "tl'ye"));
  EXPECT_TRUE(makes("1990", "PL LOC", "1990'larda"));
  EXPECT_TRUE(makes("5", "LOC", "5'te"));
  EXPECT_TRUE(makes("1000", "ORD", "1000'inci"));
  EXPECT_TRUE(makes("2", "DIST", "2'şer"));
  EXPECT_FALSE(makes("zonguldak", "GEN", "zonguldağ'ın"));
  EXPECT_FALSE(makes("eminönü", "DAT", "eminönü'ye"));
  EXPECT_FALSE(makes("ankara", "", "ankara'"));
}

TEST(TurkishPack, CompilesWithItsLexicon) {
  const auto language = test::turkish_with_lexicon();
  if (!language) GTEST_SKIP() << "needs the Debian package libzemberek-tr-java";
  EXPECT_LE(language->ending_count(), 400u);
  EXPECT_GT(language->form_count(), 29000u);
  const auto expect_form = [&](const std::string& lemma, std::vector<std::string> tags,
                               const std::string& form) {
    const std::vector<std::string> made = generate_surfaces(*language, lemma, tags);
    EXPECT_NE(std::find(made.begin(), made.end(), form), made.end()) << form;
  };
  // One word for each kind of mark that the lexicon has.
  expect_form("kitap", {"ACC"}, "kitabı");
  expect_form("renk", {"ACC"}, "rengi");
  expect_form("burun", {"P3SG"}, "burnu");
  expect_form("tıp", {"DAT"}, "tıbba");
  expect_form("kayıp", {"P3SG"}, "kaybı");
  expect_form("saat", {"PL"}, "saatler");
  expect_form("vakit", {"P3SG"}, "vakti");
  expect_form("akis", {"P1SG"}, "aksim");
  expect_form("kavur", {"PASS", "AOR"}, "kavrulur");
  expect_form("ara", {"PROG"}, "arıyor");
  expect_form("git", {"AOR"}, "gider");
  expect_form("gel", {"AOR"}, "gelir");
  expect_form("eminönü", {"DAT"}, "eminönü'ne");
  expect_form("tbmm", {"GEN"}, "tbmm'nin");
  expect_form("su", {"P3SG"}, "suyu");
  expect_form("cami", {"P3SG"}, "camii");
}

// The share of words with a known segmentation for which the graph has that reading at all,
// whatever costs make of it.
TEST(TurkishPack, ReadsGoldSegmentations) {
  TOKRAIL_REQUIRE_SHARED_DATA(gold, "morphology/tr/gold_types.tsv");
  const auto language = test::turkish_with_lexicon();
  if (!language) GTEST_SKIP() << "needs the Debian package libzemberek-tr-java";
  const Analyser analyser(language, std::make_shared<MorphCosts>(MorphCosts::flat(*language)));
  std::ifstream in(gold);
  size_t words = 0, read = 0;
  for (std::string line; std::getline(in, line);) {
    const size_t tab = line.find('\t');
    const std::string word = line.substr(0, tab);
    std::string morphs = line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1);
    std::replace(morphs.begin(), morphs.end(), ' ', '|');
    const std::vector<Analysis> readings = analyser.all(word, 1000);
    ++words;
    read += std::any_of(readings.begin(), readings.end(), [&](const Analysis& reading) {
      return segmentation(word, reading) == morphs;
    });
  }
  const double share = 100.0 * static_cast<double>(read) / static_cast<double>(words);
  RecordProperty("words", static_cast<int>(words));
  RecordProperty("percent_read", std::to_string(share));
  EXPECT_GE(share, 97.0) << read << " of " << words;
}

}  // namespace
}  // namespace tokrail
