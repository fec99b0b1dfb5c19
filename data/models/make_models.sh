#!/usr/bin/env bash
# Trains the language models that ship in this folder. Needs the command tokrail, node, and the
# Debian package wordnet-base, which is fetched and unpacked, not installed.
#
#   data/models/make_models.sh build/release/tokrail
set -euo pipefail
export LC_ALL=C.UTF-8
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
tokrail="$(realpath "${1:?usage: make_models.sh TOKRAIL}")"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

# English: the definitions and example sentences of WordNet 3.0, one paragraph per word.
(cd "$scratch" && apt-get download -q wordnet-base >&2 && dpkg-deb -x wordnet-base_*.deb wordnet)
cat "$scratch"/wordnet/usr/share/wordnet/data.{noun,verb,adj,adv} |
  awk -F ' \\| ' '!/^  / {
    split($1, fields, " ")
    word = fields[5]
    gsub(/_/, " ", word)
    sub(/\([a-z]+\)$/, "", word)
    gloss = $2
    sub(/ +$/, "", gloss)
    count = split(gloss, parts, /; /)
    text = ""
    for (i = 1; i <= count; ++i) {
      part = parts[i]
      if (part ~ /^"/) {
        gsub(/"/, "", part)
        part = toupper(substr(part, 1, 1)) substr(part, 2)
        text = text " " part (part ~ /[.!?]$/ ? "" : ".")
      } else {
        text = text (i == 1 ? "" : ";") " " part
        if (i == count || parts[i + 1] ~ /^"/) text = text "."
      }
    }
    print toupper(substr(word, 1, 1)) substr(word, 2) ":" text "\n"
  }' >"$scratch/english.txt"

# JSON: records made up for this.
node "$here/make_records.mjs" 20000 1 >"$scratch/records.txt"

"$tokrail" model train-ngram --order 5 --min-count 1,2,4,6,8 --documents paragraph --no-progress \
  -t "$here/../tokenizers/english-code-8k.json" -o "$here/records-8k.ngram" \
  "$scratch/english.txt" "$scratch/records.txt"
(cd "$scratch" && sha256sum english.txt records.txt)
