# tokrail grammar compile and convert, and --compiled.
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

# compile
check "for a tokenizer" grammar compile --json-schema person.json -t "$tiny" -o person.tkg
check "for any" grammar compile --gbnf yes.gbnf -o yes.tkg
check "to standard output" grammar compile --gbnf yes.gbnf -o -
cp "$out" again.tkg
check "the same bytes" cmp yes.tkg again.tkg
grammar print --json-schema person.json >person.txt
prints "$(cat person.txt)"$'\n' "print" grammar print --compiled person.tkg
check "check" grammar check --compiled person.tkg -t "$tiny"
prints $'accepted\n' "accept" grammar accept --compiled person.tkg -t "$tiny" <<<'{"name": "x"}'
prints $'accepted\n' "accept bytes" grammar accept --compiled person.tkg <<<'{"name": "x"}'
exits 1 "refused" grammar accept --compiled person.tkg <<<'{"age": 1}'
prints "$(grammar mask --json --gbnf yes.gbnf -t "$tiny")"$'\n' "mask" \
  grammar mask --json --compiled yes.tkg -t "$tiny"
check "explain" grammar explain --compiled yes.tkg no
prints $'no\nyes\nno \n' "enumerate" grammar enumerate --compiled yes.tkg
shipped="$source_root/data/tokenizers/english-code-8k.json"
check "for a shipped one" grammar compile --gbnf yes.gbnf -t "$shipped" -o other.tkg
for verb in check accept mask; do
  exits 2 "for another vocabulary: $verb" grammar "$verb" --compiled other.tkg -t "$tiny"
  says "other.tkg: "
  says "(263 ids)"
done
exits 2 "nor compiled for it" grammar compile --compiled other.tkg -t "$tiny" -o again.tkg
exits 2 "no output" grammar compile --gbnf yes.gbnf
exits 2 "two grammars" grammar check --compiled yes.tkg --regex a
printf 'root ::= "a" root\n' >endless.gbnf
exits 2 "an empty language is not written" grammar compile --gbnf endless.gbnf -o endless.tkg
exits 1 "nor is there a file" test -e endless.tkg
exits 2 "no .tkg file" grammar check --compiled yes.gbnf
says "yes.gbnf: "
head -c 50 yes.tkg >cut.tkg
exits 2 "cut short" grammar check --compiled cut.tkg
says "cut.tkg: "
{ head -c 60 yes.tkg; printf '\377'; tail -c +62 yes.tkg; } >flipped.tkg
exits 2 "damaged" grammar check --compiled flipped.tkg
says "checksum"
exits 2 "not there" grammar check --compiled none.tkg
printf 'root ::= "a" <|end|> "b"\n' >token.gbnf
check "special tokens, for any" grammar compile --gbnf token.gbnf -o token.tkg
check "and used" grammar accept --compiled token.tkg -t "$tiny" <<<'a<|end|>b'
exits 2 "where there are none" grammar check --compiled token.tkg

# convert
prints $'root ::= "no" " "? | "yes"\n' "to GBNF" grammar convert --to gbnf --gbnf yes.gbnf
check "a schema to GBNF" grammar convert --to gbnf --json-schema person.json -o person.gbnf
printf '{"name": "x", "age": 3}\n' >good.jsonl
check "which takes" grammar accept --gbnf person.gbnf good.jsonl
exits 1 "and refuses" grammar accept --gbnf person.gbnf <<<'{"age": 3}'
check "a .tkg to GBNF" grammar convert --to gbnf --compiled person.tkg
cp "$out" again.gbnf
check "the same text" cmp person.gbnf again.gbnf
echo '{"type": "object"}' >open.json
exits 2 "keys that must differ" grammar convert --to gbnf --json-schema open.json
says "open.json: "
says "must differ from each other"
check "lenient" grammar convert --to gbnf --lenient --json-schema open.json
says "warning: rule"
check "a schema to Lark" grammar convert --to lark --json-schema person.json -o person.lark
check "which takes" grammar accept --lark person.lark good.jsonl
exits 1 "and refuses" grammar accept --lark person.lark <<<'{"age": 3}'
printf 'start: A+\nA: /a+b/\n' >a.lark
prints $'start: A+\nA: "a"+ "b"\n' "Lark to Lark" grammar convert --to lark --lark a.lark
check "Lark to GBNF" grammar convert --to gbnf --lark a.lark
printf 'start: A A\nA: /a+/\n' >aa.lark
exits 2 "a lexer" grammar convert --to gbnf --lark aa.lark
says "aa.lark: 1:1: rule 'start': GBNF has no lexer"
exits 2 "another notation" grammar convert --to ebnf --gbnf yes.gbnf
exits 2 "no notation" grammar convert --gbnf yes.gbnf
finish
