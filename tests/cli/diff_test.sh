# tokrail diff: where two tokenizers differ, and its exit code.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"
# Without its last merge: "or" is two tokens.
sed 's/,"o r"\]/]/' "$tiny" >"$scratch/other.json"
printf 'hello\nhello world\nfor\n' >"$scratch/text"

prints $'0 of 3 records differ; 8 tokens in A, 8 in B\n' "equal" \
  "$tokrail" diff "$tiny" "$tiny" "$scratch/text"
exits 1 "different" "$tokrail" diff "$tiny" "$scratch/other.json" "$scratch/text"
holds "line 2: byte 7"
holds "2 of 3 records differ; 8 tokens in A, 10 in B"
holds "or(261)"
exits 1 "by cuts" "$tokrail" diff --by cuts "$tiny" "$scratch/other.json" "$scratch/text"
exits 1 "as JSON" "$tokrail" diff --json --show 1 "$tiny" "$scratch/other.json" "$scratch/text"
holds '{"records":3,"differing":2,"tokens_a":8,"tokens_b":10}'
check "one difference and the sum" test "$(wc -l <"$out")" -eq 2
exits 1 "from standard input" bash -c "'$tokrail' diff '$tiny' '$scratch/other.json' <'$scratch/text'"
exits 2 "a text that is not there" "$tokrail" diff "$tiny" "$tiny" "$scratch/none"
exits 2 "one tokenizer" "$tokrail" diff "$tiny"
finish
