# tokrail generate, model train-ngram and model score.
source "$(dirname "$0")/harness.sh" "$1" "$2"
model="ngram:$source_root/data/models/records-8k.ngram"
tokenizer="$source_root/data/tokenizers/english-code-8k.json"
cat >"$scratch/schema.json" <<'JSON'
{"type": "object", "required": ["name", "age"], "additionalProperties": false, "properties": {
  "name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "minimum": 0, "maximum": 120}}}
JSON

# Every mode keeps the schema; the same seed gives the same texts on any number of threads.
for mode in mask reject weighted adaptive; do
  check "$mode" "$tokrail" generate --model "$model" --json-schema "$scratch/schema.json" --style compact --short-numbers --no-needless-escapes \
    --mode "$mode" --seed 3 -n 5 --max-tokens 150 --threads 1
  cp "$out" "$scratch/texts"
  check "$mode: texts fit" "$tokrail" grammar accept --json-schema "$scratch/schema.json" "$scratch/texts"
  check "$mode again" "$tokrail" generate --model "$model" --json-schema "$scratch/schema.json" --style compact --short-numbers --no-needless-escapes \
    --mode "$mode" --seed 3 -n 5 --max-tokens 150 --threads 2
  if cmp -s "$scratch/texts" "$out"; then pass; else fail "$mode: another text with the same seed"; fi
done
check "exact" "$tokrail" generate --model "$model" --regex ' (yes|no)' --mode exact -n 4 'He said'

# An independent validator agrees.
if python3 -c 'import jsonschema' 2>/dev/null; then
  check "python-jsonschema" python3 - "$scratch/schema.json" "$scratch/texts" <<'PY'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
for line in open(sys.argv[2]):
    jsonschema.validate(json.loads(line), schema)
PY
else
  skip "python3-jsonschema is not installed"
fi

check "a prompt in a file" "$tokrail" generate --model "$model" --regex ' (yes|no)' --prompt-file "$scratch/schema.json"
printf 'He said' >"$scratch/prompt"
check "a prompt on standard input" "$tokrail" generate --model "$model" --regex ' (yes|no)' --prompt-file - \
  <"$scratch/prompt"
exits 2 "no such prompt" "$tokrail" generate --model "$model" --prompt-file "$scratch/none"
exits 2 "two prompts" "$tokrail" generate --model "$model" --prompt-file "$scratch/schema.json" 'He said'
check "posterior" "$tokrail" generate --model "$model" --regex ' (yes|no)' --particles 64 --posterior 'He said'
holds '"log_evidence":'
holds '"particles":64'
check "a particle" "$tokrail" generate --model "$model" --regex ' (yes|no)' --particles 8 --json 'He said'
holds '"status":"complete"'
check "statistics" "$tokrail" generate --model "$model" --regex ' (yes|no)' --stats json 'He said'
says '"model_calls":'
check "a grammar from a marker on" "$tokrail" generate --model "$model" --regex ' (yes|no)' --begin-behind '.' \
  --seed 4 --max-tokens 200 'He said'
if grep -qE '[.] (yes|no)$' "$out"; then pass; else fail "the grammar does not begin behind the marker"; fi
check "stop" "$tokrail" generate --model "$model" --stop '.' --seed 5 --max-tokens 200 'A bridge:'
exits 1 "too short" "$tokrail" generate --model "$model" --max-tokens 2 --seed 1 'A bridge:'
says "length"

exits 2 "no such model" "$tokrail" generate --model "ngram:$scratch/none" x
exits 2 "no kind of model" "$tokrail" generate --model "$scratch/none" x
says "ngram:FILE"
exits 2 "another tokenizer" "$tokrail" generate --model "$model" \
  -t "$source_root/data/tokenizers/multilingual-32k.json" x
says "another tokenizer"
exits 2 "samplers that weights cannot have" "$tokrail" generate --model "$model" --mode exact --xtc-probability 0.5 x
says "depends on the tokens before it"
head -c 1000 "$source_root/data/models/records-8k.ngram" >"$scratch/cut.ngram"
exits 2 "a model cut short" "$tokrail" generate --model "ngram:$scratch/cut.ngram" x
says "not an n-gram model"

check "train" "$tokrail" model train-ngram -t "$tokenizer" --documents paragraph --no-progress \
  -o "$scratch/own.ngram" "$source_root/README.md" "$source_root/CHANGELOG.md"
says "sequences from"
# Where the spelling of the first token depends on the prompt, the text is still the grammar's.
hybrid="$source_root/data/tokenizers/turkish-hybrid-32k.tkz"
check "train on a hybrid" "$tokrail" model train-ngram -t "$hybrid" --no-progress \
  -o "$scratch/hybrid.ngram" "$source_root/data/texts/railways.tr.txt"
for prompt in '' 'kitap' 'Bir' 'Bir '; do
  check "hybrid behind '$prompt'" "$tokrail" generate --model "ngram:$scratch/hybrid.ngram" \
    --regex ' kitab[ım]+da' -n 8 --seed 1 --max-tokens 200 "$prompt"
  cp "$out" "$scratch/texts"
  check "texts behind '$prompt' fit" "$tokrail" grammar accept --regex ' kitab[ım]+da' "$scratch/texts"
  check "and as tokens" "$tokrail" grammar accept -t "$hybrid" --regex ' kitab[ım]+da' "$scratch/texts"
done
printf ' ev\n' >"$scratch/houses"
exits 2 "a catalogue behind an open word" "$tokrail" generate --model "ngram:$scratch/hybrid.ngram" \
  --catalogue "$scratch/houses" 'kitap'
says 'ends in "p"'

check "score" "$tokrail" model score --json "$scratch/own.ngram" "$source_root/README.md"
holds '"bits_per_byte":'
check "use" "$tokrail" generate --model "ngram:$scratch/own.ngram" --min-tokens 5 --stop '
' 'The '
exits 2 "order" "$tokrail" model train-ngram -t "$tokenizer" --order 9 -o "$scratch/x" "$source_root/README.md"
exits 2 "no text" "$tokrail" model train-ngram -t "$tokenizer" -o "$scratch/x" "$scratch/absent"
finish
