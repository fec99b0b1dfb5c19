# tokrail info: what a tokenizer is, for people and as JSON.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"

check "info" "$tokrail" info "$tiny"
holds "tokenizer.json"
holds "263"
check "as JSON" "$tokrail" info --json "$tiny"
holds '"ids":263'
holds '"lossless":true'
holds '"merges":6'
check "one line" test "$(wc -l <"$out")" -eq 1
exits 2 "no tokenizer" "$tokrail" info
exits 2 "not a tokenizer" "$tokrail" info "$source_root/LICENSE"
says "LICENSE"
mkdir "$scratch/empty"
exits 2 "an empty folder" "$tokrail" info "$scratch/empty"
finish
