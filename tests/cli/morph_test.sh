# tokrail morph analyse and generate: words taken apart and put together.
source "$(dirname "$0")/harness.sh" "$1" "$2"
cat >"$scratch/tiny.lang" <<'LANG'
language tr Tiny
version 1
vowel-class back a ı
vowel-class front e i
sound-class vowel a ı e i
sound-class voiced b c d g ğ j l m n r v y z
sound-class voiceless f s t k ç ş h p
upper i İ
upper ı I
sound A back=a *=e
sound I back=ı *=i
sound D voiceless=t *=d
trigger vowel
change soft vowel tail p>b
root kitap noun change=soft
root kita noun
root ip noun change=soft
root izmir proper capital
suffix P1SG vowel: m | Im
suffix LOC DA
suffix PL lAr
suffix APOS ' ; keeps
pos noun N
pos proper P
arc N PL M
arc N|M P1SG S
arc N - S
arc M - S
arc S LOC K
arc P APOS S
arc NUM APOS S
arc S LOC K here
final N M S K P NUM
unknown N
numeral NUM
digit 0 sıfır
digit 1 bir
digit 2 iki
digit 3 iç
digit 4 tart
digit 5 beş
digit 6 altı
digit 7 yedi
digit 8 sekiz
digit 9 naki
tens 1 an
tens 2 yirmi
tens 3 atız
tens 4 kırk
tens 5 elli
tens 6 altmış
tens 7 yetmiş
tens 8 seksen
tens 9 daksan
zeros 2 yiz
zeros 3 bin
LANG
analyse() { "$tokrail" morph analyse --lang "$scratch/tiny.lang" "$@"; }
generate() { "$tokrail" morph generate --lang "$scratch/tiny.lang" "$@"; }
read_text() {
  local text="$1"
  shift
  printf -- "$text" | analyse "$@"
}

prints $'kitabımda\tkitab|ım|da\tkitap/noun+P1SG+LOC\t17.00\n' "a word" analyse kitabımda
prints $'İPLERDE\tİP|LER|DE\tip/noun+PL+LOC\t17.00\n' "the case of the word is kept" analyse İPLERDE
prints $'kıtapı\tkıtapı\tkıtapı/unknown\t31.00\n' "a word of no lexicon" analyse kıtapı
prints $'1990\'da\t1990|\'|da\t1990/number+APOS+LOC\t13.00\n' "a number" analyse "1990'da"
prints $'kitap\tkitap\tkitap/noun\t11.00\nİzmir\'de\tİzmir|\'|de\tizmir/proper+APOS+LOC\t17.00\n' \
  "words of a text" read_text " kitap, (İzmir'de)...\n\n"
prints '' "no words" read_text ' ,\n'
prints $'ipte\tip|te\tip/noun+LOC\t14.00\nipte\tip|te\tip/noun+here\t14.00\n' "all readings" \
  analyse --all 0 ipte
prints $'ipte\tip|te\tip/noun+LOC\t14.00\n' "as many as wanted" analyse --all 1 ipte
check "and those of no lexicon" analyse --all 0 --unknown ipte
holds "ipte/unknown"
prints '{"word":"İpte","analyses":[{"lemma":"ip","pos":"noun","tags":["LOC"],"morphs":[{"text":"İp","kind":"stem","lemma":"ip","tag":"noun"},{"text":"te","kind":"suffix","suffix":"LOC","tag":"LOC"}],"cost":14.00}]}
' "as JSON" analyse --json İpte
check "bytes that are not UTF-8" analyse --json $'ip\xff'
holds '"word":"ip�"'
check "a long word" analyse "$(printf 'a%.0s' {1..2000})"

prints $'kitabımda\n' "a word from its stem and tags" generate kitap P1SG LOC
prints $'kitap\n' "the stem alone" generate kitap/noun
prints $'iplerde\n' "tags that suffixes share" generate ip PL here
prints $'İzmir\'de\n' "apostrophes by themselves, capitals as given" generate İzmir LOC
prints $'1990\'da\n' "a number" generate 1990 LOC
prints '{"lemma":"kitap","surfaces":["kitapta"]}
' "as JSON" generate --json kitap LOC
exits 1 "tags that cannot follow each other" generate kitap LOC PL
test ! -s "$out" && pass || fail "and nothing is printed"
exits 1 "as JSON" generate --json kitap LOC PL
holds '"surfaces":[]'
exits 2 "an unknown stem" generate blog LOC
says 'the lexicon has no stem "blog"'
exits 2 "a part of speech that it is not" generate kitap/verb LOC
exits 2 "an unknown tag" generate kitap INESS
says 'no tag "INESS"'
exits 2 "no stem" generate
exits 2 "no such language" "$tokrail" morph analyse --lang xx-none kitap
exits 2 "a tokenizer that is no hybrid" "$tokrail" morph analyse \
  -t "$source_root/data/tokenizers/english-code-8k.json" kitap
exits 2 "two languages" analyse -t x.tkz kitap

check "compiled first" "$tokrail" morph compile "$scratch/tiny.lang" -o "$scratch/tiny.tkl"
prints $'kitapta\tkitap|ta\tkitap/noun+LOC\t14.00\n' "and read from there" \
  "$tokrail" morph analyse --lang "$scratch/tiny.tkl" kitapta
for verb in morph "morph analyse" "morph generate"; do
  # shellcheck disable=SC2086
  check "help of '$verb'" "$tokrail" $verb --help
  holds "Examples:"
done
finish
