#!/usr/bin/env bash
# count_results.sh BUILD_DIR...: adds up the cases of all test programs of some builds.
#
# A GoogleTest program counts with its cases (test-results/NAME.xml), a script with those it counted
# itself (test-results/NAME.count: "passed failed skipped"), everything else counts as one case. A
# program that failed without a failed case (a crash, a time limit) counts as one failure more.
# Prints "N passed, N failed, N skipped" and exits with 1 if something failed or nothing was run.
set -euo pipefail

passed=0 failed=0 skipped=0
failed_names=()

# Attribute $2 of the first <testsuites> element of file $1.
suite_attribute() { sed -n "s/.*<testsuites .*[ ]$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1; }

count_program() {  # name, status, folder of results
  local name="$1" status="$2" results="$3/$1" p=0 f=0 s=0
  if [[ -s "$results.xml" ]]; then
    local tests disabled
    tests="$(suite_attribute "$results.xml" tests)"
    disabled="$(suite_attribute "$results.xml" disabled)"
    f="$(suite_attribute "$results.xml" failures)"
    s="$(grep -c 'result="skipped"' "$results.xml" || true)"
    p=$((tests - disabled - f - s))
  elif [[ -s "$results.count" ]]; then
    read -r p f s <"$results.count"
  elif [[ "$status" == run ]]; then
    p=1
  elif [[ "$status" != fail ]]; then
    s=1
  fi
  if [[ "$status" == fail && "$f" -eq 0 ]]; then f=1; fi
  if [[ "$f" -gt 0 ]]; then failed_names+=("$name"); fi
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

for build in "$@"; do
  if [[ ! -s "$build/ctest.xml" ]]; then
    failed=$((failed + 1))
    failed_names+=("$build: the tests were not run")
    continue
  fi
  while IFS='|' read -r name status; do
    count_program "$name" "$status" "$build/test-results"
  done < <(sed -n 's/.*<testcase name="\([^"]*\)".* status="\([a-z]*\)".*/\1|\2/p' "$build/ctest.xml")
done

if [[ ${#failed_names[@]} -gt 0 ]]; then printf 'failed: %s\n' "${failed_names[@]}"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 && $passed -gt 0 ]]
