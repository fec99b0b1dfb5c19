# Wrong usage, help with examples for every verb, and examples that run.
source "$(dirname "$0")/harness.sh" "$1" "$2"
exits 2 "no verb" "$tokrail"
exits 2 "an unknown verb" "$tokrail" fly
says "tokrail: "
exits 2 "an unknown option" "$tokrail" info --wings
exits 2 "a missing tokenizer" "$tokrail" encode
says "tokenizer"
exits 2 "a bad number" "$tokrail" encode -t x --threads many
exits 2 "a negative number of threads" "$tokrail" encode -t x --threads -1
for verb in "" encode decode train "train bpe" "train unigram" "train spm-bpe" convert info diff eval \
  verify "verify tokenizer" grammar "grammar check" "grammar print" "grammar accept" \
  "grammar mask" "grammar explain" "grammar enumerate" "grammar compile" "grammar convert" bench \
  morph "morph analyse" "morph generate" "bench encode" "bench decode" "bench grammar" sample doctor; do
  # shellcheck disable=SC2086
  check "help of '$verb'" "$tokrail" $verb --help
  check "nothing on standard error" test ! -s "$err"
done

# The examples of the help are run as they stand, from a copy of the files that they name.
if [[ -e "$source_root/data/tokenizers/english-code-8k.json" ]]; then
  mkdir -p "$scratch/work/data" "$scratch/bin"
  ln -s "$tokrail" "$scratch/bin/tokrail"
  ln -s "$source_root/data/tokenizers" "$scratch/work/data/tokenizers"
  ln -s "$source_root/data/grammars" "$scratch/work/data/grammars"
  ln -s "$source_root/data/languages" "$scratch/work/data/languages"
  ln -s "$source_root/base" "$scratch/work/base"
  cp "$source_root"/*.md "$source_root/LICENSE" "$scratch/work/"
  echo '{"i":0,"text":""}' >"$scratch/work/cases.jsonl"
  echo '{"i":0,"ids":[]}' >"$scratch/work/expected.jsonl"
  echo '{"id":"a","regex":"a","tests":[{"text":"a","valid":true}]}' >"$scratch/work/grammars.jsonl"
  with_lexicon=()
  if [[ -e /usr/share/java/zemberek-tr.jar ]]; then
    with_lexicon=("morph analyse" "morph generate")
  else
    skip "examples of morph: Debian's package libzemberek-tr-java is not there"
  fi
  for verb in encode decode train "train bpe" "train unigram" "train spm-bpe" convert info diff eval \
    "${with_lexicon[@]}" "verify tokenizer" grammar "grammar check" "grammar print" "grammar accept" "grammar mask" \
    "grammar explain" "grammar enumerate" "grammar compile" "grammar convert" \
    "bench encode" "bench decode" "bench grammar" sample doctor; do
    # shellcheck disable=SC2086
    "$tokrail" $verb --help | sed -n '/^Examples:/,$p' | sed 1d >"$scratch/examples"
    check "two examples for '$verb'" test "$(grep -c tokrail "$scratch/examples")" -ge 2
    while IFS= read -r example; do
      [[ -n "${example// /}" ]] || continue
      got=0
      (cd "$scratch/work" && PATH="$scratch/bin:$PATH" bash -c "set -o pipefail; $example") \
        >"$out" 2>"$err" || got=$?
      # 1 is an answer too: diff finds differences.
      if [[ $got -le 1 ]]; then pass; else fail "example ended with $got: $example"; fi
    done <"$scratch/examples"
  done
else
  skip "examples of the help: the tokenizers that ship are not there"
fi
finish
