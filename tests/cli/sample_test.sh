# tokrail sample: chains of samplers on rows from a file.
source "$(dirname "$0")/harness.sh" "$1" "$2"

# Little-endian f32: rows (0, 1, 2, 3) and (3, 1, 1, 0).
printf '\0\0\0\0\0\0\200\77\0\0\0\100\0\0\100\100' >"$scratch/rows.f32"
printf '\0\0\100\100\0\0\200\77\0\0\200\77\0\0\0\0' >>"$scratch/rows.f32"
# The same as bf16: the upper halves.
printf '\0\0\200\77\0\100\100\100\100\100\200\77\200\77\0\0' >"$scratch/rows.bf16"
sample=("$tokrail" sample --logits "$scratch/rows.f32" --vocab 4)

check "greedy" "${sample[@]}" --temperature 0
holds '{"row":0,"token":3,"flags":[],"log_prob":-0.44018'
holds '{"row":1,"token":0,"flags":[]'
holds '"allowed":4,"kept":1'
check "a line per row" test "$(wc -l <"$out")" -eq 2
check "bf16 is the same" "$tokrail" sample --logits "$scratch/rows.bf16" --vocab 4 --type bf16 \
  --temperature 0
holds '{"row":0,"token":3,"flags":[],"log_prob":-0.44018'

check "a distribution" "${sample[@]}" --top-k 2 --distribution --top-n 2
holds '"top":[[3,-0.44018'
holds '"ids":[2,3],"probs":[0.26894'
holds '"ids":[0,1],"probs":[0.88079'
for order in llamacpp vllm hf; do
  check "order $order" "${sample[@]}" --order $order --top-p 0.9 --min-p 0.01 --temperature 0.5 \
    --typical-p 0.95 --seed 3 --describe
  says "temperature"
done
cp "$out" "$scratch/first"
check "the same again" "${sample[@]}" --order hf --top-p 0.9 --min-p 0.01 --temperature 0.5 \
  --typical-p 0.95 --seed 3
cp "$out" "$scratch/second"
check "equal seeds, equal tokens" cmp "$scratch/first" "$scratch/second"

# Masks: id 0 and 1 alone; the mask comes before the filters in every chain.
printf '\3\0\0\0' >"$scratch/low.u32"
for chain in "" "--typical-p 0.3"; do
  # shellcheck disable=SC2086
  check "a mask $chain" "${sample[@]}" --mask "$scratch/low.u32" $chain --top-k 1 --distribution
  holds '"row":0,"token":1,'
  holds '"ids":[1],"probs":[1]'
done
printf '\3\0\0\0\0\0\0\0' >"$scratch/rows.u32"
exits 1 "a row that allows nothing" "${sample[@]}" --mask "$scratch/rows.u32"
holds '"row":1,"token":null,"flags":["nothing_allowed"]'

check "bias and bans" "${sample[@]}" --temperature 0 --bias 3:-inf --bias 2:-5.5 --ban 1,0 \
  --history 1
holds '{"row":0,"token":1,'
check "penalties" "${sample[@]}" --temperature 0 --presence-penalty 5 --history 3,3
holds '{"row":0,"token":2,'
check "the end has to wait" "${sample[@]}" --temperature 0 --min-tokens 2 --end 3
holds '{"row":0,"token":2,'
check "DRY" "${sample[@]}" --temperature 0 --dry-multiplier 9 --prompt 1,2,3,1,2
holds '{"row":0,"token":2,'
check "steps of a sequence" "${sample[@]}" --temperature 0 --sequence --no-repeat-ngram 1 \
  --prompt 0 --mirostat 2
holds '{"row":1,"token":1,'

exits 2 "no file" "$tokrail" sample --logits "$scratch/none" --vocab 4
exits 2 "half a row" "$tokrail" sample --logits "$scratch/rows.f32" --vocab 3
says "whole rows"
exits 2 "no vocabulary" "$tokrail" sample --logits "$scratch/rows.f32" --vocab 0
exits 2 "a mask of the wrong size" "${sample[@]}" --mask "$scratch/rows.f32"
says "rows of"
exits 2 "a bad bias" "${sample[@]}" --bias 3
exits 2 "a bad ban" "${sample[@]}" --ban 3,
exits 2 "a bad top-p" "${sample[@]}" --top-p -1
exits 2 "a bad order" "${sample[@]}" --order openai
exits 2 "mirostat 3" "${sample[@]}" --mirostat 3
: >"$scratch/empty"
prints "" "no rows" "$tokrail" sample --logits "$scratch/empty" --vocab 4
finish
