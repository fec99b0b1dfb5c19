# tokrail eval: figures by hand, all forms of output, and what is wrong with files.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"
# Without its last merge: "or" is two tokens.
sed 's/,"o r"\]/]/' "$tiny" >"$scratch/other.json"
# hello | _w or ld: hello, " w", "or", "l", "d" are five tokens for two words.
printf 'hello world\n' >"$scratch/text"

check "a table" "$tokrail" eval -t "$tiny" "$scratch/other.json" --text "$scratch/text"
holds "text (1 lines, 2 words, 11 bytes)"
holds "tiny     other"
holds "     2.500     3.000"

check "JSON lines" "$tokrail" eval --json -t "$tiny" "$scratch/other.json" --text "$scratch/text"
holds '"tokens_per_word":2.5,"bytes_per_token":2.2'
holds '"lines_returned":1'
check "a line per tokenizer" test "$(wc -l <"$out")" -eq 2
check "text from standard input" bash -c \
  "'$tokrail' eval --json -t '$tiny' --text - <'$scratch/text' | grep -q '\"tokens_per_word\":2.5'"

# Cuts: hello is " " + "hello" (no cut), world is " w|or|l|d" (three cuts, one of them right).
printf 'hello\thello\t2\nworld\twor ld\t1\n' >"$scratch/gold.tsv"
check "gold types" "$tokrail" eval --json -t "$tiny" --gold "$scratch/gold.tsv"
holds '"types_f1":0.5,"types_precision":0.33333333,"types_recall":1,"types_exact":0.5'
holds '"types_pure":0.2'
holds '"counted_exact":0.66666667'
printf '# text = Hello world\nhello\thello\tX\nworld\twor ld\tX\n.\t_\tY\n' >"$scratch/seg.tsv"
check "gold sentences are text" "$tokrail" eval --json -t "$tiny" --gold "$scratch/seg.tsv"
holds '"tokens_f1":0.5'
holds '"text":"sentences of the gold files (1 lines, 2 words, 11 bytes)"'
check "halves" "$tokrail" eval --json --half a -t "$tiny" --gold "$scratch/gold.tsv"
holds '"half":"a"'

exits 2 "a half of no gold" "$tokrail" eval --half a -t "$tiny" --text "$scratch/text"

check "errors" "$tokrail" eval -t "$tiny" --gold "$scratch/gold.tsv" --errors 5
holds "cut wrong by tiny"
holds "       1  wor|ld                       w|or|l|d"
check "errors as JSON" "$tokrail" eval --json -t "$tiny" --gold "$scratch/gold.tsv" --errors 5
holds '{"tokenizer":"tiny","word":"world","gold":"wor|ld","predicted":"w|or|l|d","count":1}'

printf 'hello\n' >"$scratch/list"
check "word lists" "$tokrail" eval --json -t "$tiny" --text "$scratch/text" \
  --oracle-tr "$scratch/list" --oracle-pure "$scratch/list"
holds '"%TR list":"list"'
holds '"tr_unique":0.2,"tr_occurrences":0.2,"pure_unique":0.2'

printf 'hello\n' >"$scratch/en.txt"
printf 'world\n' >"$scratch/tr.txt"
check "premiums" "$tokrail" eval --json -t "$tiny" "$scratch/other.json" \
  --parallel "$scratch/en.txt" "$scratch/tr.txt"
holds '"premium:tr.txt":4,"premium:tr.txt:over:tiny":4,"premium:tr.txt:over:other":4'

check "a page" "$tokrail" eval -t "$tiny" --text "$scratch/text" --html "$scratch/page.html"
check "the page is whole" grep -q '</html>' "$scratch/page.html"
check "the page has tokens" grep -q 'title="259 hello"' "$scratch/page.html"
check "the page needs nothing else" bash -c "! grep -Eq 'https?://|<script|<link' '$scratch/page.html'"
printf '<b>&"\xff\n' >"$scratch/odd"
check "odd text on a page" "$tokrail" eval -t "$tiny" --text "$scratch/odd" --html "$scratch/page.html"
check "text is no markup" bash -c "! grep -q '<b>&' '$scratch/page.html'"

exits 2 "nothing to measure on" "$tokrail" eval -t "$tiny"
exits 2 "no tokenizer" "$tokrail" eval --text "$scratch/text"
exits 2 "lists without text" "$tokrail" eval -t "$tiny" --gold "$scratch/gold.tsv" \
  --oracle-tr "$scratch/list"
exits 2 "a text that is not there" "$tokrail" eval -t "$tiny" --text "$scratch/none"
exits 2 "an unknown half" "$tokrail" eval -t "$tiny" --gold "$scratch/gold.tsv" --half c
exits 2 "an unknown locale" "$tokrail" eval -t "$tiny" --text "$scratch/text" --locale Turkish
printf 'hello\thello\t2\nworld\twor\t1\n' >"$scratch/bad.tsv"
exits 2 "a bad gold line" "$tokrail" eval -t "$tiny" --gold "$scratch/bad.tsv"
says "bad.tsv:2: expected morphs that make up \"world\", got \"wor\""
printf 'a\nb\n' >"$scratch/long.txt"
exits 2 "files that are not aligned" "$tokrail" eval -t "$tiny" \
  --parallel "$scratch/en.txt" "$scratch/long.txt"
says "expected 1 lines as in en.txt, got 2"
: >"$scratch/empty"
check "an empty text" "$tokrail" eval -t "$tiny" --text "$scratch/empty"
exits 2 "an empty gold file" "$tokrail" eval -t "$tiny" --gold "$scratch/empty"
finish
