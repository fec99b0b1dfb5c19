# tokrail decode: exactly the bytes, in all notations of ids that encode prints.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"
decode() { "$tokrail" decode -t "$tiny" "$@"; }
pipe() {
  local text="$1"
  shift
  printf -- "$text" | decode "$@"
}

prints 'hello world' "exactly the bytes" pipe '259 260 261 75 67\n'
prints 'hellohello' "nothing between records" pipe '259\n259\n'
prints $'hello\nhello\n' "line feeds with --lines" pipe '259\n259\n' --lines
prints $'hello\n\n' "an empty record" pipe '259\n\n' --lines
prints '' "no input" pipe ''
prints 'hello' "no line feed at the end" pipe '259'
prints 'hello w' "commas, tabs and brackets" pipe '[259,\t260]\r\n'
prints 'hello w' "JSON lines" pipe '{"ids":[259,260],"pieces":["x"]}\n'
prints $'hello\n w\n' "JSON and plain lines mixed" pipe '{"ids":[259]}\n260\n' --lines
prints 'hello<|end|>' "special tokens are printed" pipe '259 262\n'
prints 'hello' "or left out" pipe '259 262\n' --skip-special
prints $'\xc3' "half a character stays as it is" pipe '127\n'
prints $'\xef\xbf\xbd' "or is replaced" pipe '127\n' --invalid replace
exits 2 "or is an error" pipe '259\n127\n' --invalid error
says "standard input: line 2"
prints $'127\t\xc3\x83\t\n102\t\xc2\xa9\t\xc3\xa9\n259\thello\thello\n' "a trace of what is certain when" \
  pipe '127 102 259\n' --trace

exits 2 "an id that does not exist" pipe '259\n263\n'
says "tokrail: standard input: line 2: expected ids below 263, found 263"
exits 2 "a word among ids" pipe '259 hello\n'
says "standard input: line 1: expected a token id"
exits 2 "a negative id" pipe '-1\n'
exits 2 "a huge number" pipe '99999999999999999999\n'
exits 2 "JSON without ids" pipe '{"tokens":[1]}\n'
exits 2 "cut JSON" pipe '{"ids":[1\n'

head -n 3000 "$source_root/base/unicode_tables.cc" >"$scratch/text"
check "encode a whole text" bash -c "'$tokrail' encode --whole -t '$tiny' '$scratch/text' >'$scratch/ids'"
check "decode it, more ids than fit one part" \
  bash -c "'$tokrail' decode -t '$tiny' '$scratch/ids' | cmp - '$scratch/text'"
check "line by line" bash -c \
  "'$tokrail' encode -t '$tiny' '$scratch/text' | '$tokrail' decode --lines -t '$tiny' | cmp - '$scratch/text'"
check "NUL records" bash -c \
  "printf 'a\\0b' >'$scratch/nul'; '$tokrail' encode --whole -t '$tiny' '$scratch/nul' |
   '$tokrail' decode -t '$tiny' | cmp - '$scratch/nul'"
finish
