# tokrail verify sampling: oracles that hold, oracles that do not, and files that cannot be used.
source "$(dirname "$0")/harness.sh" "$1" "$2"
folder="$scratch/oracles"
mkdir -p "$folder/more"
verify() { "$tokrail" verify sampling --draws 2000 "$folder" "$@"; }
tokens() {
  echo '{"format": "token-level adaptive weighted rejection sampling oracles; made up", "cases": ['"$1"']}' \
    >"$folder/tokens.json"
}

tokens '{"id": "four", "p": [0.5, 0.25, 0.125, {"frac": "1/8"}], "accepted_ids": [0, 3], "exact": {"Z": 0.625,
  "recursive": {"mean": {"frac": "5/8"}, "variance": {"frac": "19/336"}, "expected_evals": {"frac": "103/42"}}}}'
echo '{"format": "infilling decisions"}' >"$folder/infill.json"
cat >"$folder/texts.json" <<'JSON'
{"id": "trap", "lm": {"type": "ngram", "order": 2, "vocab": ["a", "b", "c", "</s>"], "eos": "</s>", "probs": {
  "<s>": {"a": 0.9, "b": 0.1}, "a": {"c": 0.01, "</s>": 0.99}, "b": {"c": 0.99, "</s>": 0.01}, "c": {"</s>": 1}}},
 "constraint": {"ebnf": "root ::= \"ac\" | \"bc\""}, "max_tokens_including_eos": 3, "Z": {"frac": "27/250"},
 "n_valid_sequences": 2}
JSON
check "all right" verify
holds "ok      tokens.json: four"
holds "ok      texts.json: trap"
holds "skipped infill.json"
holds "skipped more: a folder"
holds "2 cases"
check "as JSON" verify --json
holds '"ok":true'

tokens '{"id": "four", "p": [0.5, 0.5], "accepted_ids": [0], "exact": {"Z": 0.25}}'
exits 1 "a wrong number" verify
holds "WRONG: exact law: Z"
tokens '{"id": "four", "p": [0.5, 0.5], "accepted_ids": [0], "exact": {"zed": 0.5}}'
exits 2 "a field that is not known" verify
says "/cases/0/exact/zed"
echo '{"format": "something else"}' >"$folder/tokens.json"
exits 2 "a format that is not known" verify
echo '{' >"$folder/tokens.json"
exits 2 "cut JSON" verify
rm "$folder"/*.json
exits 1 "no case at all" verify
rm -r "$folder"
exits 2 "no folder" verify
check "steps are measured" "$tokrail" bench decoding --no-numpy --steps 100 --json
holds '"right":true'
finish
