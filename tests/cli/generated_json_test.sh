# Generated JSON, held against an independent validator: some schemas in check, all of them by hand
# with generated_json.py.
data="${TOKRAIL_SHARED_DATA:-$2/../shared/data}/grammar/maskbench_quick.jsonl"
if [[ ! -f "$data" ]]; then
  echo "needs verification data: grammar/maskbench_quick.jsonl"
  exit 77
fi
exec python3 "$2/tests/cli/generated_json.py" "$1" "$2/data/models/records-8k.ngram" "$data" --every 40 \
  --result "${TOKRAIL_TEST_RESULT:-/dev/null}"
