# tokrail morph compile: language packs, their lexicons, and what is said when they are not there.
source "$(dirname "$0")/harness.sh" "$1" "$2"
pack="$scratch/small.lang"
cat >"$pack" <<'LANG'
language tr Small
vowel-class back a ı
vowel-class front e i
sound-class vowel a ı e i
sound-class voiced b c d g ğ j l m n r v y z
sound-class voiceless f s t k ç ş h p
sound A back=a *=e
sound D voiceless=t *=d
trigger vowel
change soft vowel tail p>b
lexicon zemberek /nowhere/lexicon.jar some-lexicon
root kitap noun change=soft
suffix PL lAr
suffix LOC DA
pos noun N
arc N PL|LOC M
final N M
unknown N
LANG
check "compile" "$tokrail" morph compile --no-lexicon "$pack" -o "$scratch/small.tkl"
holds "1 roots, 1 forms"
holds "2 suffixes"
check "magic" test "$(head -c 4 "$scratch/small.tkl")" = TKL1
check "as JSON" "$tokrail" morph compile --json --no-lexicon "$pack" -o "$scratch/small.tkl"
holds '"suffixes":2'
holds '"left_out":0'
check "to standard output" "$tokrail" morph compile --no-lexicon "$pack" -o -
cp "$out" "$scratch/copy.tkl"
check "the same bytes" cmp "$scratch/copy.tkl" "$scratch/small.tkl"
printf 'root dam noun\nroot taxi noun\n' >"$scratch/more.lang"
check "more roots" "$tokrail" morph compile --no-lexicon --json "$pack" "$scratch/more.lang" \
  -o "$scratch/more.tkl"
holds '"roots_left_out":["taxi"]'
exits 2 "strict" "$tokrail" morph compile --strict --no-lexicon "$pack" "$scratch/more.lang" \
  -o "$scratch/strict.tkl"
says "more.lang:2"
exits 2 "no lexicon there" "$tokrail" morph compile "$pack" -o "$scratch/x.tkl"
says "apt install some-lexicon"
exits 2 "unknown format" "$tokrail" morph compile --lexicon "wordnet:$pack" "$pack" \
  -o "$scratch/x.tkl"
says "zemberek or hunspell"
exits 2 "no format" "$tokrail" morph compile --lexicon "$pack" "$pack" -o "$scratch/x.tkl"
says "FORMAT:PATH"
exits 2 "damaged lexicon" "$tokrail" morph compile --lexicon "zemberek:$pack" "$pack" \
  -o "$scratch/x.tkl"
exits 2 "no such language" "$tokrail" morph compile xx -o "$scratch/x.tkl"
says "data/languages"
exits 2 "no such file" "$tokrail" morph compile "$scratch/none.lang" -o "$scratch/x.tkl"
says "none.lang"
printf 'arc N NOTHING M\n' >"$scratch/bad.lang"
exits 2 "a fault" "$tokrail" morph compile --no-lexicon "$pack" "$scratch/bad.lang" \
  -o "$scratch/x.tkl"
says "bad.lang:1: expected the name of a suffix"
check "nothing was written" test ! -e "$scratch/x.tkl"
printf 'root xöq noun\n' >"$scratch/outside.lang"
check "letters outside the alphabet" "$tokrail" morph compile --no-lexicon "$pack" \
  "$scratch/outside.lang" -o "$scratch/outside.tkl"
says "xöq"
exits 2 "the same, strictly" "$tokrail" morph compile --strict --no-lexicon "$pack" \
  "$scratch/outside.lang" -o "$scratch/outside.tkl"
says "outside.lang:1: expected letters of the alphabet"
exits 2 "a folder" "$tokrail" morph compile "$scratch" -o "$scratch/x.tkl"
says "found a folder"
exits 2 "another tokenizer" "$tokrail" morph analyse \
  -t "$source_root/data/tokenizers/english-code-8k.json" ev
says "expected a hybrid tokenizer"
exits 2 "too many endings" "$tokrail" morph compile --max-endings 2 --no-lexicon "$pack" \
  -o "$scratch/x.tkl"
cd "$source_root" || exit 1
for language in tr hu turkish hungarian; do
  check "shipped pack $language" "$tokrail" morph compile --no-lexicon "$language" \
    -o "$scratch/$language.tkl"
done
check "by code and by name" cmp "$scratch/tr.tkl" "$scratch/turkish.tkl"
finish
