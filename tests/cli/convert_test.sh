# tokrail convert: equal ids in every format that can hold a tokenizer, a refusal elsewhere.
source "$(dirname "$0")/harness.sh" "$1" "$2"
texts=("$source_root"/data/texts/*.txt)
"$tokrail" train bpe --vocab-size 500 -o "$scratch/a.json" "${texts[@]}" 2>/dev/null
"$tokrail" encode -t "$scratch/a.json" "${texts[@]}" >"$scratch/ids"

same_ids() { "$tokrail" encode -t "$1" "${texts[@]}" | cmp - "$scratch/ids"; }

check "to .tkz" "$tokrail" convert "$scratch/a.json" "$scratch/b.tkz"
check "equal ids" same_ids "$scratch/b.tkz"
check "from .tkz to tokenizer.json" "$tokrail" convert "$scratch/b.tkz" "$scratch/c.json"
check "equal ids" same_ids "$scratch/c.json"
check "the same file again" bash -c \
  "'$tokrail' convert '$scratch/c.json' '$scratch/d.json' && cmp '$scratch/c.json' '$scratch/d.json'"
check "to a rank file, named by --to" "$tokrail" convert --to tiktoken "$scratch/a.json" "$scratch/ranks"
check "equal ids" bash -c \
  "'$tokrail' encode -t '$scratch/ranks' --pattern cl100k ${texts[*]} | cmp - '$scratch/ids'"

write_tiny_tokenizer "$scratch/tiny.json"
"$tokrail" train unigram --vocab-size 900 --soft-vocab-limit -o "$scratch/u.model" "${texts[@]}" 2>/dev/null
exits 2 "a unigram model is no rank file" "$tokrail" convert "$scratch/u.model" "$scratch/u.tiktoken"
check "and nothing was written" test ! -e "$scratch/u.tiktoken"
"$tokrail" train hybrid --lang "$source_root/data/languages/turkish.lang" --no-lexicon --vocab-size 2500 -o "$scratch/h.tkz" \
  "${texts[@]}" 2>/dev/null
check "a hybrid tokenizer to .tkz" "$tokrail" convert "$scratch/h.tkz" "$scratch/i.tkz"
check "the same file again" cmp "$scratch/h.tkz" "$scratch/i.tkz"
check "its contexts" bash -c "'$tokrail' info '$scratch/i.tkz' | grep -q '^decode_contexts  *[0-9]'"
check "its texts" bash -c "'$tokrail' encode -t '$scratch/i.tkz' ${texts[*]} |
  '$tokrail' decode --lines -t '$scratch/i.tkz' | cmp - <(cat ${texts[*]})"
for format in json tiktoken; do
  exits 2 "a hybrid tokenizer as $format" "$tokrail" convert "$scratch/h.tkz" "$scratch/h.$format"
  says "spelled by what stands to their left"
  check "and nothing was written" test ! -e "$scratch/h.$format"
done
exits 2 "an unknown end" "$tokrail" convert "$scratch/a.json" "$scratch/a.bin"
says "--to"
exits 2 "an input that is not there" "$tokrail" convert "$scratch/none.json" "$scratch/x.tkz"
exits 2 "a folder that is not there" "$tokrail" convert "$scratch/a.json" "$scratch/none/x.tkz"
says "none"
head -c 1000 "$scratch/b.tkz" >"$scratch/cut.tkz"
exits 2 "a cut .tkz" "$tokrail" info "$scratch/cut.tkz"
says "cut.tkz"
finish
