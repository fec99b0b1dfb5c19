// A small Turkish that has everything packs can say, for the tests of languages.
#pragma once

#include <string_view>

namespace tokrail::test {

inline constexpr std::string_view kSmallTurkish = R"pack(language tr Turkish
version 1
vowel-class back-flat a ı â
vowel-class back-round o u û
vowel-class front-flat e i î
vowel-class front-round ö ü
sound-class vowel a ı o u e i ö ü â î û
sound-class voiced b c d g ğ j l m n r v y z
sound-class voiceless f s t k ç ş h p
opposite back-flat front-flat
opposite back-round front-round
upper i İ
upper ı I
variant â a
flag pron
flag after-case
flag ybuf
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
root saat noun opposite
root ağız noun change=drop
root vakit noun change=drop
root hak noun change=double
root su noun set=ybuf
root ankara proper capital
root tbmm abbr upper reading=tebememe
root gel verb
root ara verb change=narrow
root söyle verb change=narrow
root git verb change=soft
root kâr noun
root de verb changed=di trigger=yor
suffix PL     lAr
suffix P1SG   vowel: m | Im
suffix LOC    pron: nDA | DA                  ; sets after-case
suffix ACC    pron: nI | ybuf: yI | vowel: yI | I
suffix P3SG   ybuf: yI | vowel: sI | I         ; sets pron
suffix FUT    vowel: yAcA<k~ğ> | AcA<k~ğ>
suffix NEG    m<A~:yor>
suffix PROG   vowel: yor | Iyor               ; triggers yor
suffix A1SG   vowel: yIm | Im
suffix APOS   '                               ; keeps
pos noun N
pos proper PN
pos abbr PN
pos verb V
arc N PL NP
arc N|NP P1SG|P3SG POSS
arc N|NP|POSS ACC|LOC K
arc N ACC K acc
arc N - NV
arc PN APOS|- N
arc NV A1SG END
arc V NEG V2
arc V - V2
arc V2 PROG|FUT T
arc T A1SG END
arc T - END
final NV NP POSS K END
join N noun
unknown N
numeral PN
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
letter t te
letter l le
)pack";

/// Transparent vowels, long and short ones, an assimilating suffix, a vowel class by hand.
inline constexpr std::string_view kSmallHungarian = R"pack(language hu Hungarian in little
version 2
vowel-class back a á o ó u ú
vowel-class front e é i í
vowel-class round ö ő ü ű
transparent i í é
sound-class vowel a á o ó u ú e é i í ö ő ü ű
sound-class h h
sound-class z z
sound-class t t
sound-class other b c d f g j k l m n p r s v y
flag low
sound A back=a *=e
sound O back=o round=ö *=e
sound V vowel=v h=h z=z t=t *=v
trigger vowel
trigger long
change short vowel vowel á>a é>e í>i
change lengthen long tail a>á e>é
root ház noun set=low
root kéz noun change=short set=low
root madár noun change=short
root alma noun change=lengthen
root híd noun vowel=back
root papír noun
root tűz noun
suffix PL    vowel: k | low: Ak | Ok ; triggers long
suffix INE   bAn                     ; triggers long
suffix INS   VAl                     ; triggers long
suffix DIM   ocsk<a~á:long>          ; vowel back
suffix CAU   ért                     ; triggers long
suffix ON    n ; not-triggers vowel
pos noun N
arc N PL|DIM NP
arc N|NP INE|INS|CAU|ON K
final N NP K
unknown N
)pack";

}  // namespace tokrail::test
