# Sourced by the tests of the command with its two arguments: the binary and the source root.
#
#   check "what" command...            the command must end with 0
#   exits N "what" command...          ... with N; output goes to $out and $err
#   prints TEXT "what" command...      ... with 0, and standard output is exactly TEXT
#   says TEXT                          the last command's standard error holds TEXT
#   skip "what"                        a case that cannot be run here
#   finish                             at the end: counts, and the exit code
set -uo pipefail
export LC_ALL=C.UTF-8
tokrail="$1"
[[ -x "$tokrail" ]] || { echo "there is no command $tokrail"; exit 1; }
source_root="$2"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
out="$scratch/stdout"
err="$scratch/stderr"
passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
fail() {
  failed=$((failed + 1))
  printf 'FAILED: %s\n' "$1"
  [[ -s "$err" ]] && head -c 500 "$err"
  return 0
}
skip() {
  skipped=$((skipped + 1))
  printf 'skipped: %s\n' "$1"
}

exits() {
  local wanted="$1" what="$2" got=0
  shift 2
  "$@" >"$out" 2>"$err" || got=$?
  if [[ $got -eq $wanted ]]; then pass; else fail "$what: expected exit code $wanted, got $got"; fi
}
check() { exits 0 "$@"; }

prints() {
  local wanted="$1" what="$2" got=0
  shift 2
  "$@" >"$out" 2>"$err" || got=$?
  printf '%s' "$wanted" >"$scratch/wanted"
  if [[ $got -eq 0 ]] && cmp -s "$scratch/wanted" "$out"; then
    pass
  else
    fail "$what: exit code $got, output:"
    head -c 500 "$out" | od -c | head -n 20
  fi
}

says() {
  if grep -qF -- "$1" "$err"; then pass; else fail "standard error does not say \"$1\""; fi
}
holds() {
  if grep -qF -- "$1" "$out"; then pass; else fail "standard output does not hold \"$1\""; fi
}

finish() {
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  [[ -n "${TOKRAIL_TEST_RESULT:-}" ]] && mkdir -p "$(dirname "$TOKRAIL_TEST_RESULT")" &&
    printf '%d %d %d\n' "$passed" "$failed" "$skipped" >"$TOKRAIL_TEST_RESULT"
  [[ $failed -eq 0 ]]
}

# A tokenizer whose ids can be checked by hand: bytes in the order of the byte-level alphabet
# ('!' is 0, 'a' is 64, a space is 220, a line feed 198), then a few merges.
write_tiny_tokenizer() {
  cat >"$1" <<'JSON'
{"version":"1.0","truncation":null,"padding":null,
 "added_tokens":[{"id":262,"content":"<|end|>","single_word":false,"lstrip":false,"rstrip":false,
                  "normalized":false,"special":true}],
 "normalizer":null,
 "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
 "post_processor":null,
 "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
 "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,
  "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
JSON
  LC_ALL=C awk 'function chr(c) { return c < 128 ? sprintf("%c", c) : sprintf("%c%c", 192 + int(c / 64), 128 + c % 64) }
    function put(text) {
      if (text == "\\") text = "\\\\"
      if (text == "\"") text = "\\\""
      printf "%s\"%s\":%d", n ? "," : "", text, n
      ++n
    }
    BEGIN {
      n = 0; printf "\"vocab\":{"
      for (c = 33; c <= 126; ++c) put(chr(c))
      for (c = 161; c <= 172; ++c) put(chr(c))
      for (c = 174; c <= 255; ++c) put(chr(c))
      for (c = 256; c <= 323; ++c) put(chr(c))
      put("he"); put("ll"); put("hell"); put("hello"); put(chr(288) "w"); put("or")
      print "},"
      print "\"merges\":[\"h e\",\"l l\",\"he ll\",\"hell o\",\"" chr(288) " w\",\"o r\"]}}"
    }' >>"$1"
}
