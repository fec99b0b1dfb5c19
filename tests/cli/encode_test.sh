# tokrail encode: every form of output, records, special tokens, bad input.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"
encode() { "$tokrail" encode -t "$tiny" "$@"; }
pipe() {  # text, options...
  local text="$1"
  shift
  printf -- "$text" | encode "$@"
}

prints $'259 260 261 75 67\n' "ids of a line" pipe 'hello world\n'
prints $'259\n\n259 259\n' "a record per line, an empty one too" pipe 'hello\n\nhellohello\n'
prints $'259\n' "the last line needs no line feed" pipe 'hello'
prints '' "no input, no records" pipe ''
prints $'hello\t\xc4\xa0w\tor\tl\td\n' "pieces in the notation of the file" pipe 'hello world\n' --pieces
prints $'259:0-5 260:5-7 261:7-9 75:9-10 67:10-11\n' "offsets" pipe 'hello world\n' --offsets
prints $'127:0-2 102:0-2 259:2-7\n' "offsets in bytes" pipe 'éhello\n' --offsets
prints $'127:0-1 102:0-1 259:1-6\n' "offsets in code points" pipe 'éhello\n' --offsets --unit codepoint
prints $'172:0-2 253:0-2 246:0-2 222:0-2 259:2-7\n' "offsets in UTF-16 units" \
  pipe '\U0001F600hello\n' --offsets --unit utf16
prints $'{"ids":[259,260],"pieces":["hello","\xc4\xa0w"],"offsets":[[0,5],[5,7]]}\n' "JSON lines" \
  pipe 'hello w\n' --json
prints $'5\n1\n' "counts" pipe 'hello world\nhello\n' --count
prints $'{"count":5}\n' "counts as JSON" pipe 'hello world\n' --count --json
prints $'259 198 259 198\n' "a whole file is one record" pipe 'hello\nhello\n' --whole
prints $'\n' "an empty file is one empty record" pipe '' --whole
prints $'259\n198 259\n' "records end at NUL bytes" pipe 'hello\0\nhello\0' --null
prints $'262\n' "tokenizer.json matches special tokens" pipe '<|end|>\n'
prints $'27 91 68 77 67 91 29\n' "special tokens as text" pipe '<|end|>\n' --special text
prints $'262\n' "special tokens allowed" pipe '<|end|>\n' --special allow
exits 2 "special tokens forbidden" pipe 'hello\nx<|end|>\n' --special forbid
says "tokrail: standard input: line 2"
prints $'259\n' "a text without them passes" pipe 'hello\n' --special forbid
prints $'259 260\n' "a pair" pipe 'hello\t w\n' --pair
exits 2 "a pair without a tab" pipe 'hello\n' --pair
says "line 1"
prints 'hello| w|or|l|d'$'\n' "tokens made visible, without colour" pipe 'hello world\n' --show
prints $'\xc3\xa9|hello\n' "tokens inside a character are shown together" pipe 'éhello\n' --show

printf 'hello\n' >"$scratch/a.txt"
printf ' w' >"$scratch/b.txt"
prints $'259\n260\n259\n' "several files, standard input among them" \
  bash -c "echo hello | '$tokrail' encode -t '$tiny' '$scratch/a.txt' '$scratch/b.txt' -"
prints $'\xff\xfe' "invalid UTF-8 survives encode and decode" \
  bash -c "printf '\\xff\\xfe' | '$tokrail' encode -t '$tiny' --whole | '$tokrail' decode -t '$tiny'"

exits 2 "a text file that is not there" encode "$scratch/none.txt"
says "tokrail: $scratch/none.txt: "
exits 2 "a folder is no text" encode "$scratch"
exits 2 "a tokenizer that is not there" "$tokrail" encode -t "$scratch/none.json"
says "tokrail: $scratch/none.json: "
: >"$scratch/empty.json"
exits 2 "an empty tokenizer file" "$tokrail" encode -t "$scratch/empty.json" "$scratch/a.txt"
says "tokrail: $scratch/empty.json"
head -c 700 "$tiny" >"$scratch/cut.json"
exits 2 "a cut tokenizer file" "$tokrail" encode -t "$scratch/cut.json" "$scratch/a.txt"
says "tokrail: $scratch/cut.json"
exits 2 "--whole and --null" pipe 'x' --whole --null
exits 2 "--pieces and --offsets" pipe 'x' --pieces --offsets
exits 2 "an unknown unit" pipe 'x' --unit furlong

for i in $(seq 3000); do echo "hello world $i"; done >"$scratch/lines.txt"
encode --threads 1 "$scratch/lines.txt" >"$scratch/one"
encode --threads 4 "$scratch/lines.txt" >"$scratch/four"
check "any number of threads gives the same" cmp "$scratch/one" "$scratch/four"
check "3000 records" test "$(wc -l <"$scratch/one")" -eq 3000
finish
