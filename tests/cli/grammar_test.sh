# tokrail grammar and bench grammar: every notation, answers, errors with their places, counts.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"
grammar() { "$tokrail" grammar "$@"; }
cd "$scratch" || exit 1

cat >person.json <<'JSON'
{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
 "required": ["name"], "additionalProperties": false}
JSON
printf 'root ::= "yes" | "no" " "?\n' >yes.gbnf
printf 'start: word ("," word)*\nword: @letters\n' >list.lark
printf 'start: /[a-z]+/\n' >letters.lark
cat >tag.json <<'JSON'
{"type": "structural_tag", "format": {"type": "triggered_tags", "triggers": ["<f>"],
 "tags": [{"begin": "<f>", "content": {"type": "regex", "pattern": "[0-9]+"}, "end": "</f>"}]}}
JSON

# check and print
for choice in "--json-schema person.json" "--gbnf yes.gbnf" "--lark list.lark" "--regex a+" \
  "--structural-tag tag.json"; do
  # shellcheck disable=SC2086
  check "check $choice" grammar check $choice
  holds "terminals"
  # shellcheck disable=SC2086
  check "check --json $choice" grammar check --json $choice
  holds '"warnings":[]'
  # shellcheck disable=SC2086
  check "print $choice" grammar print $choice
  holds "%start"
done
exits 2 "no grammar" grammar check
exits 2 "two grammars" grammar check --regex a --gbnf yes.gbnf
exits 2 "a file that is not there" grammar check --gbnf none.gbnf
says "none.gbnf"
printf 'root ::= "a" |\n  other\n' >bad.gbnf
exits 2 "a rule that is not there" grammar check --gbnf bad.gbnf
says "bad.gbnf: 2:3"
printf 'root ::= "a" root\n' >endless.gbnf
exits 2 "an empty language" grammar check --gbnf endless.gbnf
says "endless.gbnf: 1:1"
exits 2 "a bad expression" grammar check --regex '(a'
says "1:1"
echo '{"type": "strin"}' >bad.json
exits 2 "a bad schema" grammar check --json-schema bad.json
says "bad.json: /type"
echo '{"type": "array", "items": {"type": "array"}, "uniqueItems": true}' >unique.json
exits 2 "a constraint that is not supported" grammar check --json-schema unique.json
says "uniqueItems"
check "lenient" grammar check --lenient --json-schema unique.json
says "warning"
echo '{"format": "no-such-format"}' >format.json
check "an unknown format" grammar check --json-schema format.json
exits 2 "strict formats" grammar check --strict-formats --json-schema format.json
exits 2 "strict and none" grammar check --strict-formats --no-formats --json-schema format.json
head -c 3000 /dev/zero | tr '\0' '[' >deep.json
exits 2 "nested too deeply" grammar check --json-schema deep.json
printf '\377\376' >bytes.bin
exits 2 "bytes that are not UTF-8" grammar check --gbnf bytes.bin
exits 2 "an empty file" grammar check --lark /dev/null

# accept
printf '{"name": "x"}\n{"name":"x","age":3}\n' >good.jsonl
check "all lines" grammar accept --json-schema person.json good.jsonl
prints $'accepted\naccepted\n' "one answer a line" grammar accept --json-schema person.json good.jsonl
prints $'accepted\naccepted\n' "a hybrid's tokens, from the start of a text" grammar accept \
  -t "$source_root/data/tokenizers/turkish-hybrid-32k.tkz" --regex '(kitab|kitap)(ı|ım)(da)?' \
  <<<$'kitabımda\nkitapım'
exits 1 "a refused line" grammar accept --regex 'a+' <<<$'aa\nab'
printf 'accepted\nrefused at byte 1: expected ' >wanted
cp "$out" answers
check "the answers" cmp -n "$(stat -c %s wanted)" wanted answers
exits 1 "cut short" grammar accept --json --json-schema person.json <<<'{"name": "x"'
holds '{"accepted":false,"offset":12,"expected":[{"what":'
exits 1 "order of the schema" grammar accept --json-schema person.json <<<'{"age":1,"name":""}'
check "any order" grammar accept --key-order any --json-schema person.json <<<'{"age":1,"name":""}'
exits 1 "compact" grammar accept --style compact --json-schema person.json <<<'{"name": ""}'
check "whole" grammar accept --whole --regex '(a\n)+' <<<$'a\na'
prints $'accepted\naccepted\n' "null" grammar accept --null --regex 'a\n' < <(printf 'a\n\0a\n')
check "a grammar beside" grammar accept --lark list.lark <<<'ab,c'
check "free text and a tag" grammar accept --structural-tag tag.json <<<'call <f>12</f> now'
exits 1 "a tag with other contents" grammar accept --structural-tag tag.json <<<'call <f>x</f> now'
check "by tokens" grammar accept --regex 'hello world' -t "$tiny" <<<'hello world'
exits 1 "refused by tokens" grammar accept --json --regex 'hello w?' -t "$tiny" <<<'hello world'
holds '"offset":7'
printf 'root ::= "a" <|end|> "b"\n' >token.gbnf
check "a special token" grammar accept --gbnf token.gbnf -t "$tiny" <<<'a<|end|>b'
exits 2 "a special token that bytes do not have" grammar accept --gbnf token.gbnf <<<'ab'
exits 2 "a file that is not there" grammar accept --regex a none.txt

# mask
check "mask" grammar mask --regex 'hello|he' -t "$tiny"
holds "4 of 263 tokens may follow; the text may not end here"
holds $'256\the'
prints '{"allowed":2,"vocabulary":263,"complete":true,"forced":"","ids":[75,257]}
' "as JSON" grammar mask --regex 'hello|he' -t "$tiny" --prefix he --json
check "all ids" grammar mask --regex '.' -t "$tiny" --ids all
check "no more" grammar mask --regex 'a' -t "$tiny" --prefix a --json
holds '"allowed":0'
exits 1 "a prefix that cannot be" grammar mask --regex 'hello' -t "$tiny" --prefix hex
says "at byte 2"
exits 2 "no tokenizer" grammar mask --regex a

# explain
check "in the language" grammar explain --gbnf yes.gbnf no
exits 1 "where it leaves" grammar explain --gbnf yes.gbnf yex
holds '"s"'
holds "  ^"
exits 1 "the empty text" grammar explain --gbnf yes.gbnf ''
exits 1 "as JSON" grammar explain --json --gbnf yes.gbnf --file good.jsonl
holds '{"accepted":false,"offset":0,'
check "from standard input" grammar explain --gbnf yes.gbnf < <(printf no)

# enumerate
prints $'a\nb\naa\nab\n' "shortest first" grammar enumerate --count 4 --regex '[ab]+'
prints $'no\nyes\nno \n' "all there are" grammar enumerate --gbnf yes.gbnf
prints $'"\\t"\n' "as JSON" grammar enumerate --json --regex '\t'
prints $'{"name":""}\n' "compact JSON" grammar enumerate --count 1 --json-schema person.json
prints $'a\n' "not longer" grammar enumerate --max-bytes 1 --regex 'a+'
exits 1 "given up" grammar enumerate --max-prefixes 3 --count 100 --regex '[a-z]{3}'
says "given up after 3 prefixes"

# enumerate --sample: chi-square of what is drawn against what is expected
spread() { # name, limit, expected shares as "text=share ...", arguments...
  local name="$1" limit="$2" shares="$3"
  shift 3
  check "$name" awk -v limit="$limit" -v shares="$shares" '
    { seen[$0]++; n++ }
    END {
      count = split(shares, list, " ")
      for (i = 1; i <= count; i++) {
        split(list[i], pair, "=")
        e = n * pair[2]; d = seen[pair[1]] - e; sum += d * d / e; total += seen[pair[1]]
      }
      exit !(n == 6000 && total == n && sum < limit)
    }' <("$tokrail" grammar enumerate --sample --seed 5 --count 6000 "$@")
}
spread "lengths alike, then strings" 25 "e=0.5 ab=0.1 cc=0.1 cd=0.1 dc=0.1 dd=0.1" --regex 'ab|[cd]{2}|e'
echo 'root ::= "a" root | root "a" | "b"' >ambiguous.gbnf
spread "strings and not derivations" 25 \
  "b=0.3333333 ab=0.1666667 ba=0.1666667 aab=0.1111111 aba=0.1111111 baa=0.1111111" \
  --gbnf ambiguous.gbnf --max-length 3
check "long strings of many" "$tokrail" grammar enumerate --sample --max-length 2000 --regex '[a-z]*'
exits 1 "no string so short" "$tokrail" grammar enumerate --sample --max-length 2 --regex 'abc'
exits 1 "too many states to count" "$tokrail" grammar enumerate --sample --max-prefixes 5 --regex 'abcdefgh'

# bench grammar
cat >cases.jsonl <<'JSON'
{"id":"right","schema":"{\"type\":\"integer\"}","tests":[{"valid":true,"text":"12"},{"valid":false,"text":"x"}]}
{"id":"over","schema":"{\"type\":\"integer\"}","tests":[{"valid":false,"text":"7"}]}
{"id":"under","schema":"{\"type\":\"integer\"}","tests":[{"valid":true,"text":"[]"}]}
{"id":"refused","schema":"{\"type\":\"array\",\"items\":{\"type\":\"array\"},\"uniqueItems\":true}","tests":[]}
{"id":"order","schema":"{\"properties\":{\"a\":{},\"b\":{}}}","tests":[{"valid":true,"text":"{\"b\": 1, \"a\": 2}"}]}
{"id":"group","draft":"draft7","optional":false,"keyword":"format","schema":{"format":"ipv4"},"tests":[{"description":"","data":"x","valid":true}]}
{"id":"own","gbnf":"root ::= \"a\"","regex":"a","tests":[{"valid":true,"text":"a","tokens":[64]}]}

{"id":"g","kind":"gbnf","grammar":"root ::= [ab]+","valid":["ab"],"invalid":["c","FINAL_REJECT:"]}
{"id":"l","kind":"lark","grammar":"start: \"ab\"","valid":[],"invalid":["FINAL_REJECT:a"]}
{"id":"e","kind":"lark_error","grammar":"start: foo","valid":[],"invalid":[]}
{"id":"c","kind":"lark_compiles","grammar":"start: <[1-9000]>","valid":[],"invalid":[]}
{"id":"gone","kind":"regex","grammar":"(","valid":[],"invalid":[]}
JSON
echo '{"id":"gone","skip":true,"reason":"not here"}' >cases.overrides.jsonl
bench() { "$tokrail" bench grammar "$@"; }
check "counts" bench --json cases.jsonl
for count in '"schemas":12,"skipped":1,"with_tests":11,"right":9,"compiled":10' \
  '"refused":1,"refused_by":{"uniqueItems":1},"over_accepts":1,"under_accepts":1' \
  '"crashes":0,"timeouts":0' '"wrong_masks":0'; do
  holds "$count"
done
printf 'start: "a" "b"\n%%ignore / /\n' >own.lark
printf 'a b' >own.text.txt
printf 'ab\na  b\nba\n' >own.lines.txt
check "a grammar and the texts beside it" bench --json own.lark
holds '"schemas":1,"skipped":0,"with_tests":1,"right":0,"compiled":1'
holds '"under_accepts":1'
printf 'ab\na  b\n' >own.lines.txt
check "all of them right" bench --json own.lark
holds '"right":1'
gzip -c cases.jsonl >cases2.jsonl.gz
echo '{"id":"gone","skip":true,"reason":"not here"}' >cases2.overrides.jsonl
check "gzip, by tokens" bench --json -t "$tiny" --passes 2 --all-cold --threads 2 cases2.jsonl.gz
holds '"mask_us_all_cold":{"n":'
holds '"mask_us_repeated":{"n":'
check "the faults" bench --list wrong cases.jsonl
holds '{"id":"over","what":"over_accept"'
holds '{"id":"under","what":"under_accept","test":0,"offset":0'
check "schema order" bench --key-order schema --list wrong cases.jsonl
holds '{"id":"order","what":"under_accept"'
exits 2 "overrides of what is not there" bench <(echo '{"id":"a","regex":"a"}') none.jsonl
echo '{"id":"x"}' >empty.jsonl
exits 2 "a case without a grammar" bench empty.jsonl
says "empty.jsonl: line 1"
exits 2 "nothing" bench /dev/null

# A worker that runs out of time takes only its grammar along.
{
  head -n 1 cases.jsonl
  printf '{"id":"slow","regex":"(a|b)*","tests":[{"valid":true,"text":"'
  head -c 60000000 /dev/zero | tr '\0' a
  printf '"}]}\n'
  sed -n 2p cases.jsonl
} >slow.jsonl
check "out of time" bench --json --limit-ms 100 slow.jsonl
holds '"timeouts":1'
holds '"right":1,'
finish
