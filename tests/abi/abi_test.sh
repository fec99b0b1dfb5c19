# The C interface: its header, what the library exports, and one job done by programs in C, Python
# and JavaScript with equal output. Where the job is meant to print something else:
#
#   build/.../abi_job . | grep -v '^~' >tests/abi/job.golden.txt
source "$(dirname "$0")/../cli/harness.sh" "$1" "$2"
job="$1" library="$3" build="$4" version="$5"
here="$(cd "$(dirname "$0")" && pwd)"
header="$source_root/bindings/c/tokrail.h"

# ---- the header
cat >"$scratch/every_init.c" <<'C'
#include "tokrail.h"
#include "tokrail.h"
#define TRY(type, init) \
  { type x = init; (void)x; }
void every_init(void);
void every_init(void) {
  TRY(tokrail_load_options, TOKRAIL_LOAD_OPTIONS_INIT)
  TRY(tokrail_encode_options, TOKRAIL_ENCODE_OPTIONS_INIT)
  TRY(tokrail_decode_options, TOKRAIL_DECODE_OPTIONS_INIT)
  TRY(tokrail_compile_options, TOKRAIL_COMPILE_OPTIONS_INIT)
  TRY(tokrail_json_schema_options, TOKRAIL_JSON_SCHEMA_OPTIONS_INIT)
  TRY(tokrail_lark_options, TOKRAIL_LARK_OPTIONS_INIT)
  TRY(tokrail_regex_options, TOKRAIL_REGEX_OPTIONS_INIT)
  TRY(tokrail_function_options, TOKRAIL_FUNCTION_OPTIONS_INIT)
  TRY(tokrail_sampling_options, TOKRAIL_SAMPLING_OPTIONS_INIT)
  TRY(tokrail_generate_options, TOKRAIL_GENERATE_OPTIONS_INIT)
  TRY(tokrail_statistics, TOKRAIL_STATISTICS_INIT)
  TRY(tokrail_row_parameters, TOKRAIL_ROW_PARAMETERS_INIT)
  TRY(tokrail_sample_batch, TOKRAIL_SAMPLE_BATCH_INIT)
  TRY(tokrail_sampler_row, TOKRAIL_SAMPLER_ROW_INIT)
}
C
warnings=(-Wall -Wextra -pedantic -Werror -fsyntax-only "-I$source_root/bindings/c")
for compiler in gcc clang clang-19; do
  command -v "$compiler" >/dev/null || continue
  check "the header is C99 for $compiler" \
    "$compiler" -std=c99 "${warnings[@]}" -Wstrict-prototypes -Wmissing-prototypes \
    "$scratch/every_init.c"
done
for standard in c++98 c++20; do
  check "the header is $standard" \
    g++ "-std=$standard" "${warnings[@]}" -Wno-long-long -x c++ "$scratch/every_init.c"
done

check "the program in docs/c-api.md is the one in docs/examples" \
  diff "$source_root/docs/examples/constrained_json_in_c.c" \
  <(awk '/^```c$/ { ++block; next } /^```$/ { if (block) exit } block' "$source_root/docs/c-api.md")

# ---- the exports
nm -D --defined-only --format=posix "$library" | awk '$2 != "A" { print $1 }' | sed 's/@.*//' |
  LC_ALL=C sort >"$scratch/exports.txt"
check "the library exports exports.txt and nothing else" \
  diff "$scratch/exports.txt" "$here/exports.txt"
check "symbols have the version TOKRAIL_0" grep -q TOKRAIL_0 <(nm -D --with-symbol-versions "$library")
# Each declaration says since when it is there, itself or in the comment before its group.
check "the header says since when" test "$(grep -c 'since 0\.' "$header")" -ge 60

# ---- the job
check "the job in C runs" "$job" "$source_root"
cp "$out" "$scratch/c.txt"
check "its output is the golden one" diff "$here/job.golden.txt" <(grep -v '^~' "$scratch/c.txt")
check "the library has the project's version" grep -q "^version: ${version//./\\.} " "$scratch/c.txt"

if nm -D "$library" | grep -q __asan; then
  skip "from Python and JavaScript: the library has sanitizers, which have to be loaded first"
  finish
  exit
fi
if command -v python3 >/dev/null && python3 -c 'import ctypes' 2>/dev/null; then
  check "the job in Python runs" python3 "$here/job.py" "$library" "$source_root"
  cp "$out" "$scratch/python.txt"
  check "its output is that of C" diff "$scratch/c.txt" "$scratch/python.txt"
  check "zeros for all arguments" \
    python3 "$here/null_arguments.py" "$library" "$header" "$here/exports.txt"
else
  skip "the job in Python: there is no python3 with ctypes"
fi

# npm puts koffi into the build folder, by the hash in package-lock.json.
koffi="$build/tests/abi/node"
install_koffi() {
  [[ -d "$koffi/node_modules/koffi" ]] && return 0
  mkdir -p "$koffi" && cp "$here/node/"package*.json "$koffi" &&
    (cd "$koffi" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund \
      --fetch-retries=1 >npm.log 2>&1)
}
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  skip "the job in JavaScript: there is no node with npm"
elif ! install_koffi; then
  skip "the job in JavaScript: npm could not install koffi (see $koffi/npm.log)"
else
  check "the job in JavaScript runs" \
    node "$here/job.mjs" "$library" "$source_root" "$koffi/node_modules"
  cp "$out" "$scratch/javascript.txt"
  check "its output is that of C" diff "$scratch/c.txt" "$scratch/javascript.txt"
fi
finish
