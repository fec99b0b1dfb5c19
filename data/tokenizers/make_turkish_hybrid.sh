#!/usr/bin/env bash
# Trains turkish-hybrid-32k.tkz and writes its part of SOURCES.md.
#
#   data/tokenizers/make_turkish_hybrid.sh TOKRAIL WORKDIR
#
# TOKRAIL is the command, WORKDIR a folder for 300 MB of packages, which may be kept. Needs Debian's
# libzemberek-tr-java and what make_turkish_corpus.py needs. The same packages and the same pack give
# the same file.
set -euo pipefail

if (($# != 2)); then
  sed -n '4p' "$0" | sed 's/^# *//' >&2
  exit 2
fi
tokrail=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)

table=$(python3 "$here/make_turkish_corpus.py" "$work")
options=(--lang "$here/../languages/turkish.lang" --vocab-size 32768 --name turkish-hybrid-32k
         --no-progress)
"$tokrail" train hybrid "${options[@]}" -o "$here/turkish-hybrid-32k.tkz" "$work/turkish.txt"
lexicon=$(dpkg-query -W -f '${Version}' libzemberek-tr-java)

kept=$(sed '/^## turkish-hybrid-32k.tkz/,$d' "$here/SOURCES.md")
cat > "$here/SOURCES.md" << TEXT
$kept

## turkish-hybrid-32k.tkz

Made by \`make_turkish_hybrid.sh\` on $(date -u +%Y-%m-%d) with $("$tokrail" --version | head -n 1):

    tokrail train hybrid --lang tr --vocab-size 32768 --name turkish-hybrid-32k -o turkish-hybrid-32k.tkz turkish.txt

It holds the compiled language pack \`data/languages/turkish.lang\` (ours) with its lexicon: the stems of
Zemberek 2, from the Debian package libzemberek-tr-java $lexicon, Copyright 2006 Ahmet A. Akın and
Mehmet D. Akın, under the Mozilla Public License 1.1. The part of the file that is compiled from that lexicon keeps this
licence; its source is the Debian package, and \`data/languages/turkish.lang\` says how entries are read. Costs,
chains, further stems and pieces are counts over the text below, which is not in the file; they are under the licence of
this project.

The text is made by \`make_turkish_corpus.py\` of manual pages, help pages and translated messages in these packages, all in
Debian's main section:

| package | version | bytes used |
|---|---|---|
$table
TEXT
