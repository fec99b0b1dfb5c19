# tokrail train hybrid: what it prints, determinism, round trip, bad options.
source "$(dirname "$0")/harness.sh" "$1" "$2"
pack="$source_root/data/languages/turkish.lang"
train() { "$tokrail" train hybrid --lang "$pack" --no-lexicon "$@"; }
for i in $(seq 60); do
  echo "Bu kitap $i numaralı. Kitapların hepsi evde, Pardus'ta değil; Pardusu 1990'da aldım."
  echo "Hangi kitaplarda yazıyor? EVDEKİ kitaplarımda, Parduslarda."
done > "$scratch/corpus.txt"

check "a tokenizer" train --vocab-size 3000 -o "$scratch/a.tkz" "$scratch/corpus.txt"
says "3000 ids"
says "suffixes"
says "tokens per word of the corpus"
check "again" train --vocab-size 3000 --threads 1 -o "$scratch/b.tkz" "$scratch/corpus.txt"
check "the same bytes for any number of threads" cmp "$scratch/a.tkz" "$scratch/b.tkz"
check "it loads" "$tokrail" info "$scratch/a.tkz"
holds "hybrid"
check "it gives the text back" bash -c \
  "'$tokrail' encode --whole -t '$scratch/a.tkz' '$scratch/corpus.txt' |
   '$tokrail' decode -t '$scratch/a.tkz' | cmp - '$scratch/corpus.txt'"

check "without chains, single digits, marks" train --vocab-size 3000 --chains 0 --numbers single \
  --case marks --no-learn-roots -o "$scratch/c.tkz" "$scratch/corpus.txt"
says "0 chains"
says "0 roots were learnt"
printf 'root kitaplık noun\nroot pardus noun capital\n' > "$scratch/roots.lang"
check "further roots" train --vocab-size 3000 --roots-from "$scratch/roots.lang" \
  --prior lexeme_prior=0.1 --prior stem_proper=0.5 -o "$scratch/d.tkz" "$scratch/corpus.txt"

exits 2 "another format" train -o "$scratch/x.json" "$scratch/corpus.txt"
says ".tkz"
exits 2 "no such language" "$tokrail" train hybrid --lang xx -o "$scratch/x.tkz" "$scratch/corpus.txt"
exits 2 "no such corpus" train -o "$scratch/x.tkz" "$scratch/none.txt"
says "none.txt"
exits 2 "too small a vocabulary" train --vocab-size 100 -o "$scratch/x.tkz" "$scratch/corpus.txt"
says "100"
exits 2 "an unknown prior" train --prior lexeme=1 -o "$scratch/x.tkz" "$scratch/corpus.txt"
says "lexeme_prior"
says "common_words_weight"
exits 2 "a prior that is no number" train --prior lexeme_prior=many -o "$scratch/x.tkz" \
  "$scratch/corpus.txt"
says "NAME=NUMBER"
exits 2 "bad roots" bash -c "echo 'root' > '$scratch/bad.lang' &&
  '$tokrail' train hybrid --lang '$pack' --no-lexicon --roots-from '$scratch/bad.lang' \
  -o '$scratch/x.tkz' '$scratch/corpus.txt'"
says "bad.lang:1"
finish
