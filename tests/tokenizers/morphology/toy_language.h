// Small languages that have everything languages can have, and words of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/property.h"
#include "tokenizers/morphology/language.h"
#include "tokenizers/morphology/language_compiler.h"
#include "tokenizers/morphology/language_source.h"

namespace tokrail::test {

inline std::shared_ptr<const Language> compile_pack(std::string_view pack,
                                                    const std::string& name = "toy.lang") {
  auto bytes = std::make_shared<const std::string>(compile_language(parse_language(pack, name)));
  return Language::from_bytes(*bytes, bytes, name);
}

/// Turkish in little.
inline constexpr std::string_view kToyTurkish = R"(language tr Toy
version 1
vowel-class back-flat a ı â
vowel-class back-round o u
vowel-class front-flat e i
vowel-class front-round ö ü
sound-class vowel a ı o u e i ö ü â
sound-class voiced b c d g ğ j l m n r v y z
sound-class voiceless f s t k ç ş h p
opposite back-flat front-flat
opposite back-round front-round
upper i İ
upper ı I
flag pron
sound A back-flat=a back-round=a *=e
sound I back-flat=ı back-round=u front-round=ü *=i
sound D voiceless=t *=d
trigger vowel
trigger yor
change soft vowel tail nk>ng k>ğ g>ğ p>b t>d ç>c
change drop vowel drop-vowel
change double vowel double
change narrow yor tail a> e>
root kitap noun change=soft
root kita noun
root kit noun
root saat noun opposite
root ağız noun change=drop
root ağ noun
root hak noun change=double
root ara verb change=narrow
root gel verb
root ge noun
root el noun
root ek noun
root ekmek noun,verb change=soft
root ankara proper capital
root tl abbr upper reading=tele
root lar noun
root a noun
suffix PL     lAr
suffix LOC    pron: nDA | DA
suffix ACC    pron: nI | vowel: yI | I
suffix DAT    pron: nA | vowel: yA | A
suffix P1SG   vowel: m | Im
suffix P3SG   vowel: sI | I        ; sets pron
suffix FUT    vowel: yAcA<k~ğ> | AcA<k~ğ>
suffix NEG    m<A~:yor>
suffix PROG   vowel: yor | Iyor ; triggers yor
suffix PAST   DI
suffix 1SG    Im
suffix K      vowel: m | k
suffix INF    mA<k~ğ>
suffix APOS   ' ; keeps
suffix REL    ki ; sets pron
pos noun N
pos proper PN
pos abbr PN
pos verb V
arc N PL NP
arc N|NP P1SG|P3SG POSS
arc NP - POSS
arc N - POSS
arc POSS LOC LK
arc POSS ACC|DAT K
arc POSS ACC K acc2
arc LK REL N
arc PN APOS POSS
arc PN LOC|ACC|DAT K
arc V NEG V2
arc V - V2
arc V2 PROG|FUT T
arc V2 PAST T2
arc T 1SG K
arc T2 K K 1pl
arc T2 K K 1sg
arc V2 INF N
arc NUM APOS POSS
final N NP POSS LK K PN T T2 NUM
join N noun
unknown N PN
numeral NUM
digit 0 sıfır
digit 1 bir
digit 2 iki
digit 3 üç
digit 4 dört
digit 5 beş
digit 6 altı
digit 7 yedi
digit 8 sekiz
digit 9 dokuz
tens 1 on
tens 2 yirmi
tens 3 otuz
tens 4 kırk
tens 5 elli
tens 6 altmış
tens 7 yetmiş
tens 8 seksen
tens 9 doksan
zeros 2 yüz
zeros 3 bin
zeros 6 milyon
letter l le
letter t te
)";

/// Suffixes that are an open tail alone, stems with nothing in common, no final unknown state.
inline constexpr std::string_view kToyTails = R"(language xx Tails
version 3
vowel-class low a
vowel-class high á e
sound-class vowel a á e
sound-class consonant b d h n s t z k
flag seen
sound V low=a *=e
trigger vowel
trigger long
change tail vowel tail b>d
change lengthen long tail a>á
root ház noun
root haz noun
root be noun changed=as trigger=vowel
root b noun
root zab noun change=tail
root asba noun change=lengthen
suffix POSS <a~á:long>
suffix IN   vowel: bVn | bV      ; triggers long
suffix AT   seen: kat | t        ; sets seen
suffix THE  V
suffix LONG VbVtVzVkVbV          ; triggers long
pos noun N
arc N POSS P
arc N|P IN|AT K
arc K AT K
arc K|P THE|LONG L
arc L POSS P
final N K
unknown L
join K noun
)";

/// A word made by walking the graph from a random stem, with small accidents.
inline std::string random_word(const Language& language, Random& random) {
  std::string word;
  EndingId ending = kNoEnding;
  MorphState state = Language::kNoState;
  const size_t kind = below(random, 8);
  if (kind == 0) {
    word = std::to_string(random() % 20000);
    ending = language.ending_of_number(word);
    if (below(random, 3) == 0) word.insert(1, random() % 2 == 0 ? "." : ",");
    state = language.numeral_state();
  } else if (kind == 1) {
    const std::string_view letters = "abeghiklmrstz'";
    const size_t n = 1 + below(random, 5);
    for (size_t i = 0; i < n; ++i) word += letters[below(random, letters.size())];
    ending = language.ending_of(word);
    if (!language.unknown_states().empty()) {
      state = language.unknown_states()[below(random, language.unknown_states().size())];
    }
  } else {
    const Lexeme lexeme =
        language.lexeme(static_cast<LexemeId>(below(random, language.lexeme_count())));
    const StemForm form = language.form(lexeme.form);
    word = form.text.substr(0, form.prefix);
    ending = form.ending;
    state = lexeme.state;
  }
  const size_t steps = below(random, 6);
  for (size_t i = 0; i < steps && state != Language::kNoState; ++i) {
    const auto arcs = language.arcs(state);
    const Ending left = language.ending(ending);
    if (arcs.empty() || below(random, 12) == 0) {
      const Lexeme lexeme =
          language.lexeme(static_cast<LexemeId>(below(random, language.lexeme_count())));
      const StemForm form = language.form(lexeme.form);
      word += left.base_tail;
      word += form.text.substr(0, form.prefix);
      ending = form.ending;
      state = lexeme.state;
      continue;
    }
    const MorphArc arc = arcs[below(random, arcs.size())];
    const Realised realised = language.realise(ending, arc.suffix);
    word += realised.changes_left ? left.changed_tail : left.base_tail;
    word += realised.text;
    ending = realised.end;
    state = arc.to;
  }
  word += language.ending(ending).base_tail;
  if (below(random, 6) == 0) word.insert(below(random, word.size() + 1), random_text(random, 2));
  if (below(random, 8) == 0 && !word.empty()) word.erase(below(random, word.size()), 1);
  return word;
}

}  // namespace tokrail::test
