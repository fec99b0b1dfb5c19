#!/usr/bin/env bash
# Trains the tokenizers of this folder and writes SOURCES.md.
#
#   data/tokenizers/make_tokenizers.sh TOKRAIL WORKDIR
#
# TOKRAIL is the command (build/bindings/cli/tokrail), WORKDIR a folder for some 500 MB of packages
# and texts, which may be kept and used again. Needs what tests/bench/make_corpus.sh needs; takes a
# few minutes, nearly all of them for the texts. The same texts give the same files, byte for byte;
# newer versions of the packages give other texts.
set -euo pipefail

if (($# != 2)); then
  sed -n '4p' "$0" | sed 's/^# *//' >&2
  exit 2
fi
tokrail=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)

"$here/../../tests/bench/make_corpus.sh" "$work"

# The first bytes of a text, cut behind a line end.
beginning() { head -c "$2" "$work/$1" | sed '$d' > "$3"; }

beginning en.txt 12000000 "$work/en_part.txt"
beginning code.txt 12000000 "$work/code_part.txt"

common=(--special '<|endoftext|>' --special '<|pad|>' --eos '<|endoftext|>' --pad '<|pad|>'
        --max-token-bytes 32 --no-progress)
english=(--vocab-size 8192 --pattern cl100k --digits single --name english-code-8k)
multilingual=(--vocab-size 32768 --pattern o200k --name multilingual-32k)

cd "$work"
"$tokrail" train bpe "${english[@]}" "${common[@]}" -o "$here/english-code-8k.json" \
  en.txt code.txt
"$tokrail" train bpe "${multilingual[@]}" "${common[@]}" -o "$here/multilingual-32k.json" \
  multi.txt en_part.txt code_part.txt

# Short names of the licences in a package's copyright file, where it is machine readable.
licences() {
  dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/share/doc/*/copyright' 2> /dev/null |
    sed -n 's/^License: *\([^ ].*\)$/\1/p' | awk 'length($0) < 40' | sort | uniq -c |
    sort -k1,1nr -k2 | head -n 5 | sed 's/^ *[0-9]* //' | paste -sd ';' | sed 's/;/; /g' || true
}

# A command line with quotes only where they are needed.
shown() { echo "tokrail train bpe ${*@Q}" | sed "s/'\([A-Za-z0-9_.-]*\)'/\1/g"; }

bytes() { stat -c %s "$1" | numfmt --grouping; }

# What make_turkish_hybrid.sh has written stays.
hybrid=$(sed -n '/^## turkish-hybrid-32k.tkz/,$p' "$here/SOURCES.md")

{
  cat << TEXT
# Tokenizers trained for this project

Made by \`make_tokenizers.sh\` on $(date -u +%Y-%m-%d) with $("$tokrail" --version | head -n 1).
The files hold counts of text turned into an order of merges, no text. They are under the licence
of this project.

| file | ids | trained on | pattern |
|---|---|---|---|
| english-code-8k.json | 8,192 | en.txt ($(bytes en.txt) bytes), code.txt ($(bytes code.txt)) | cl100k, every digit alone |
| multilingual-32k.json | 32,768 | multi.txt ($(bytes multi.txt)), the beginnings of en.txt ($(bytes en_part.txt)) and code.txt ($(bytes code_part.txt)) | o200k |

Byte-level BPE: 256 bytes, merges in order of ids, then \`<|endoftext|>\` and \`<|pad|>\`. No token is
longer than 32 bytes.

    $(shown "${english[@]}" "${common[@]}" -o english-code-8k.json en.txt code.txt)
    $(shown "${multilingual[@]}" "${common[@]}" -o multilingual-32k.json multi.txt en_part.txt code_part.txt)

## Texts

\`tests/bench/make_corpus.sh\` takes them out of Debian packages: English prose and manuals (en.txt),
source code in C, C++, Go, JavaScript, Perl, Python and Rust (code.txt), and Arabic, Chinese,
German, Greek, Hindi, Japanese, Korean, Persian, Russian, Turkish and Vietnamese (multi.txt).
SHA-256 of the texts:

    $(sha256sum en.txt code.txt multi.txt | sed '2,$s/^/    /')

Licences are the most frequent short names in the package's copyright file; a dash where that file
is not machine readable. All packages are in Debian's main section.

| package | version | licences |
|---|---|---|
TEXT
  for deb in cache/*.deb; do
    names=$(licences "$deb")
    echo "| $(dpkg-deb -f "$deb" Package) | $(dpkg-deb -f "$deb" Version) | ${names:--} |"
  done
  [[ -z $hybrid ]] || printf '\n%s\n' "$hybrid"
} > "$here/SOURCES.md.part"
mv "$here/SOURCES.md.part" "$here/SOURCES.md"
