# tokrail verify tokenizer: equal, different, and files that cannot be used.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"
verify() { "$tokrail" verify tokenizer --tokenizer "$tiny" --cases "$scratch/cases" --expected "$scratch/expected" "$@"; }

cat >"$scratch/cases" <<'JSON'
{"i": 0, "kind": "x", "text": ""}
{"i": 1, "kind": "x", "text": "hello world"}
{"i": 7, "kind": "x", "text": "\u00e9<|end|>"}
JSON
cat >"$scratch/expected" <<'JSON'
{"i": 0, "ids": [], "ids_special": [], "decoded": "", "offsets": [], "ordinary": [], "special": []}
{"i": 1, "ids": [259,260,261,75,67], "offsets": [[0,5],[5,7],[7,9],[9,10],[10,11]], "decoded": "hello world"}

{"i": 7, "ids": [127,102,262], "ordinary": [127,102,27,91,68,77,67,91,29], "special": [127,102,262], "offsets": [[0,1],[0,1],[1,8]], "decoded": "é<|end|>"}
JSON
check "all equal" verify
holds "ids: 3 equal, 0 different"
holds "ordinary: 2 equal, 0 different"
holds "decoded: 3 equal, 0 different"
check "as JSON" verify --json
holds '"offsets":{"equal":3,"different":0}'

sed -i 's/\[259,260,261,75,67\]/[259,260,261,75,68]/' "$scratch/expected"
exits 1 "one id is another" verify
holds "case 1, ids"
holds "ids: 2 equal, 1 different"

echo '{"i": 9, "ids": []}' >"$scratch/expected"
exits 2 "a case that is not there" verify
says "there is no case 9"
echo '{"i": 0, "idz": []}' >"$scratch/expected"
exits 2 "a key that is not known" verify
says "idz"
: >"$scratch/expected"
exits 2 "nothing to compare" verify
echo '{"i": 0, "ids": [' >"$scratch/expected"
exits 2 "cut JSON" verify
says "line 1"
rm "$scratch/expected"
exits 2 "no expected file" verify

data="${TOKRAIL_SHARED_DATA:-$source_root/../shared/data}/tokenizers"
if [[ -d "$data" ]]; then
  for pair in tiktoken__cl100k_base:vocab/cl100k_base.tiktoken tiktoken__o200k_base:vocab/o200k_base.tiktoken \
    hf__gpt2:vocab/gpt2.json hf__gpt_neox:vocab/gpt_neox.json hf__bert_base_cased:vocab/bert_base_cased.json \
    hf__mistral01:vocab/mistral01.json hf__xlnet_base_cased:vocab/xlnet_base_cased.json \
    spm__mistral01:vocab/mistral01.model spm__xlnet_base_cased:vocab/xlnet_base_cased.model \
    llamacpp__ggml-vocab-gpt-2:gguf/ggml-vocab-gpt-2.gguf \
    llamacpp__ggml-vocab-bert-bge:gguf/ggml-vocab-bert-bge.gguf \
    llamacpp__ggml-vocab-falcon:gguf/ggml-vocab-falcon.gguf; do
    check "${pair%%:*}" "$tokrail" verify tokenizer --tokenizer "$data/${pair#*:}" \
      --cases "$data/cases/cases.jsonl" --expected "$data/expected/${pair%%:*}.jsonl"
  done
else
  skip "expected ids of other systems: no verification data beside the project"
fi
finish
