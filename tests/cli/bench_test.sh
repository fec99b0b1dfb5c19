# tokrail bench: hashes that can be computed otherwise, and the forms of its output.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"
seq 1 40000 >"$scratch/numbers"

check "encode" "$tokrail" bench encode --tokenizer "$tiny" "$scratch/numbers"
holds "MB/s"
check "as JSON" "$tokrail" bench encode --json --check-all --tokenizer "$tiny" "$scratch/numbers"
holds '"threads":1,"mb_per_s":'
cp "$out" "$scratch/one.json"
check "two threads" "$tokrail" bench encode --json --threads 2 --tokenizer "$tiny" "$scratch/numbers"
hashes() { grep -o '"[a-z_]*hash":"[0-9a-f]*"' "$1"; }
cp "$out" "$scratch/two.json"
check "the same hashes" cmp <(hashes "$scratch/one.json") <(hashes "$scratch/two.json")
check "with offsets" "$tokrail" bench encode --json --offsets --tokenizer "$tiny" "$scratch/numbers"
cp "$out" "$scratch/offsets.json"
check "the same hashes" cmp <(hashes "$scratch/one.json") <(hashes "$scratch/offsets.json")
check "there are hashes" test "$(hashes "$scratch/one.json" | wc -l)" -eq 2
# The digits never merge, so every byte is one id: '1' is 16, a line feed 198.
tokens="$(stat -c %s "$scratch/numbers")"
check "the tokens" "$tokrail" bench encode --json --tokenizer "$tiny" "$scratch/numbers"
holds "\"tokens\":$tokens,"
check "decode" "$tokrail" bench decode --tokenizer "$tiny" "$scratch/numbers"
holds "ns/token"
check "decode as JSON" "$tokrail" bench decode --json --tokenizer "$tiny" "$scratch/numbers"
holds '"stream_ns_per_token":'
check "logits" "$tokrail" bench logits --no-numpy --milliseconds 1 --op sample_masked_sparse
holds "sample_masked_sparse"
check "logits as JSON" "$tokrail" bench logits --json --no-numpy --milliseconds 1 --op greedy
holds '"op":"greedy","vocab":128256,"dtype":"f32","allowed":128256,"isa":'
exits 2 "no time" "$tokrail" bench logits --milliseconds 0
exits 2 "a short text" "$tokrail" bench encode --tokenizer "$tiny" "$source_root/NOTICE"
says "NOTICE"
exits 2 "no text" "$tokrail" bench encode --tokenizer "$tiny"
exits 2 "no thread" "$tokrail" bench encode --threads 0 --tokenizer "$tiny" "$scratch/numbers"

data="${TOKRAIL_SHARED_DATA:-$source_root/../shared/data}/tokenizers"
if [[ -d "$data" ]]; then
  while read -r name _ text tokens hash; do
    check "$name on $text" "$tokrail" bench encode --json --tokenizer "$data/vocab/$name.tiktoken" \
      "$data/text/$text.txt"
    holds "\"whole_tokens\":$tokens,\"whole_hash\":\"$hash\""
  done <"$data/expected/text_hashes.txt"
else
  skip "published hashes: no verification data beside the project"
fi
finish
