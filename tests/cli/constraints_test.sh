# tokrail catalogue, bench constraints, and the constraints of generate besides grammars.
source "$(dirname "$0")/harness.sh" "$1" "$2"
cd "$scratch" || exit 1
shipped="$source_root/data/tokenizers/english-code-8k.json"
model="ngram:$source_root/data/models/records-8k.ngram"

# catalogue
printf 'red apple\r\ngreen pear\n\nblue plum\ngreen pear\n' >fruit.txt
check "lines" "$tokrail" catalogue --json fruit.txt
holds '"strings":3,'
holds '"longest":10}'
check "to a file" "$tokrail" catalogue -o fruit.tkc fruit.txt
holds "3 strings"
check "of a file" "$tokrail" catalogue --json fruit.tkc
holds '"strings":3,'
"$tokrail" catalogue -o again.tkc - <fruit.txt >"$out" 2>"$err"
check "standard input gives the same file" cmp fruit.tkc again.tkc
head -c 40 fruit.tkc >short.tkc
exits 2 "a short file" "$tokrail" catalogue short.tkc
says "short.tkc"
printf '\n\n' >empty.txt
exits 2 "no string" "$tokrail" catalogue empty.txt
says "empty.txt"
exits 2 "no file" "$tokrail" catalogue none.txt
says "none.txt"

# bench
check "bench" "$tokrail" bench constraints --json --strings 500 --walks 20 -t "$shipped"
holds '"constraint":"products, lists"'
holds '"constraint":"span, words"'
holds '"constraint":"stop strings"'
check "bench as text" "$tokrail" bench constraints --strings 50 --walks 2 --text fruit.txt -t "$shipped"
holds "streets"
exits 2 "no tokenizer" "$tokrail" bench constraints

# generate
if [[ -f "$source_root/data/models/records-8k.ngram" ]]; then
  generate() { "$tokrail" generate --model "$model" --seed 5 "$@"; }
  check "one line" generate --catalogue fruit.tkc "I like "
  cp "$out" line.txt
  check "it is one of them" grep -qxE 'red apple|green pear|blue plum' line.txt
  check "a list" generate --catalogue fruit.txt --list-separator ', ' --list-min 3 "I like "
  for fruit in "red apple" "green pear" "blue plum"; do holds "$fruit"; done
  check "a list in several runs" generate -n 5 --catalogue fruit.txt --list-separator ';' \
    --list-min 2 --list-max 2 "I like "
  check "a span" generate --catalogue fruit.txt --span-of fruit.txt --span-edges words "I like "
  check "a ban" generate --catalogue fruit.txt --ban zebra "I like "
  generate --max-tokens 30 --ban e --ban ' a' "The " >text.txt 2>"$err"
  exits 1 "and free of what is banned" grep -qE 'e| a' text.txt
  generate --json --max-tokens 20 --canonical "The " >text.txt 2>"$err"
  check "canonical ids" grep -q '"ids":' text.txt
  exits 2 "a list without a catalogue" generate --list-separator , "x"
  exits 2 "a text that is too short" generate --span-of fruit.txt --span-min 1000 "x"
  says "fruit.txt"
else
  skip "generate: no shipped model"
fi
finish
