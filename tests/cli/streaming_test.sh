# Input of any size in bounded memory, and readers that go away.
source "$(dirname "$0")/harness.sh" "$1" "$2"
tiny="$scratch/tiny.json"
write_tiny_tokenizer "$tiny"
# ulimit counts reserved address space, which sanitizers and thread stacks take a lot of: resident
# memory is read from the kernel instead.
peak_kb() {  # command...: runs it and prints the most memory it had
  bash -c '"$@" & pid=$!
    peak=0
    while kill -0 $pid 2>/dev/null; do
      now="$(sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" /proc/$pid/status 2>/dev/null)"
      [[ -n "$now" && "$now" -gt "$peak" ]] && peak="$now"
      sleep 0.05
    done
    wait $pid && echo $peak' _ "$@"
}
yes 'hello world, the same line again and again, for a long time' | head -c 200000000 >"$scratch/long"
lines="$(wc -l <"$scratch/long")"

peak="$(peak_kb bash -c "exec '$tokrail' encode --count --threads 2 -t '$tiny' <'$scratch/long' >'$scratch/counts'")"
check "200 MB of lines through standard input" test -n "$peak"
check "in less than 100 MB (was ${peak:-?} kB)" test "${peak:-999999999}" -lt 100000
check "every line is counted" test "$(wc -l <"$scratch/counts")" -ge "$lines"

yes '259 260 261 75 67' | head -n 3000000 | tr '\n' ' ' >"$scratch/ids"
peak="$(peak_kb bash -c "exec '$tokrail' decode -t '$tiny' <'$scratch/ids' >'$scratch/decoded'")"
check "15 million ids in one line" test "$(stat -c %s "$scratch/decoded")" -eq 33000000
check "in less than 100 MB (was ${peak:-?} kB)" test "${peak:-999999999}" -lt 100000

check "a reader that goes away is no error" bash -c \
  "set -o pipefail; '$tokrail' encode -t '$tiny' '$scratch/long' 2>'$scratch/message' | head -n 1 >/dev/null"
check "and nothing is said about it" test ! -s "$scratch/message"
if [[ -w /dev/full ]]; then
  exits 2 "a full disk is one" bash -c "echo hello | '$tokrail' encode -t '$tiny' >/dev/full"
  says "standard output"
else
  skip "a full disk: no /dev/full"
fi
finish
