# tokrail train: bpe to every format, unigram and spm-bpe, determinism, bad options.
source "$(dirname "$0")/harness.sh" "$1" "$2"
texts=("$source_root"/data/texts/railways.*.txt)
train() { "$tokrail" train "$@"; }

check "bpe to tokenizer.json" train bpe --vocab-size 600 --special '<|end|>' --eos '<|end|>' \
  -o "$scratch/a.json" "${texts[@]}"
says "600 ids"
check "again" train bpe --vocab-size 600 --special '<|end|>' --eos '<|end|>' --threads 1 \
  -o "$scratch/b.json" "${texts[@]}"
check "the same bytes for any number of threads" cmp "$scratch/a.json" "$scratch/b.json"
check "to a rank file" train bpe --vocab-size 600 -o "$scratch/a.tiktoken" "${texts[@]}"
check "to .tkz" train bpe --vocab-size 600 -o "$scratch/a.tkz" "${texts[@]}"
check "by likelihood, digits alone" train bpe --vocab-size 400 --objective likelihood \
  --digits single -o "$scratch/c.json" "${texts[@]}"
check "sizes are filled up to a multiple" train bpe --vocab-size 500 --pad-to-multiple 64 \
  -o "$scratch/d.json" "${texts[@]}"
says "512 ids"
check "forced tokens" train bpe --vocab-size 400 --forced ' railway' -o "$scratch/e.json" "${texts[@]}"
prints $'railway\n' "a forced token is one token" \
  bash -c "printf 'x railway\n' | '$tokrail' encode --pieces -t '$scratch/e.json' | tail -c 8"
for trained in a.json c.json d.json e.json a.tkz; do
  check "$trained gives texts back" bash -c \
    "'$tokrail' encode --whole -t '$scratch/$trained' '${texts[0]}' |
     '$tokrail' decode -t '$scratch/$trained' | cmp - '${texts[0]}'"
done

check "unigram" train unigram --vocab-size 900 --soft-vocab-limit -o "$scratch/u.model" "${texts[@]}"
check "it loads" "$tokrail" info "$scratch/u.model"
holds "unigram"
check "sentencepiece BPE" train spm-bpe --vocab-size 1200 --byte-fallback -o "$scratch/s.model" "${texts[@]}"
check "it loads" "$tokrail" info "$scratch/s.model"
holds "BPE by scores"

exits 2 "no text" train bpe -o "$scratch/x.json"
exits 2 "a text that is not there" train bpe -o "$scratch/x.json" "$scratch/none.txt"
says "none.txt"
exits 2 "too small a vocabulary" train bpe --vocab-size 10 -o "$scratch/x.json" "${texts[@]}"
exits 2 "an unknown format" train bpe --vocab-size 300 -o "$scratch/x.bin" "${texts[@]}"
says "--to"
exits 2 "a role that is no special token" train bpe --vocab-size 300 --eos '<end>' \
  -o "$scratch/x.json" "${texts[@]}"
exits 2 "a vocabulary too large for the text" train unigram --vocab-size 90000 \
  -o "$scratch/x.model" "${texts[@]}"
check "nothing is left behind" test ! -e "$scratch/x.json" -a ! -e "$scratch/x.model"
finish
