# Installs to a folder of its own and builds a program against it: by find_package, by pkg-config,
# and against the source tree by add_subdirectory.
source "$(dirname "$0")/../cli/harness.sh" "$1" "$2"
build="$3"
here="$(cd "$(dirname "$0")" && pwd)"
write_tiny_tokenizer "$scratch/tiny.json"
prefix="$scratch/prefix"

check "install" cmake --install "$build" --prefix "$prefix"
check "the command runs from there" "$prefix/bin/tokrail" --version
check "headers keep their path" test -e "$prefix/include/tokrail/tokenizers/tokenizer.h"
for header in $(cd "$prefix/include/tokrail" && find . -name '*.h' | sort); do
  echo "#include \"${header#./}\""
done >"$scratch/all.cc"
check "every header that is installed stands on what is installed" \
  g++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only "-I$prefix/include/tokrail" "$scratch/all.cc"

generator=(-G Ninja -DCMAKE_BUILD_TYPE=Release)
[[ -n "${TOKRAIL_BOOST:-}" ]] && generator+=("-DCMAKE_PREFIX_PATH=$prefix;$TOKRAIL_BOOST") ||
  generator+=("-DCMAKE_PREFIX_PATH=$prefix")
check "find_package: configure" cmake "${generator[@]}" -S "$here/consumer" -B "$scratch/package"
check "find_package: build" cmake --build "$scratch/package"
prints $'5: hello world\n' "find_package: run" "$scratch/package/consumer" "$scratch/tiny.json"

if command -v pkg-config >/dev/null; then
  export PKG_CONFIG_PATH="$prefix/lib/pkgconfig:$prefix/lib/x86_64-linux-gnu/pkgconfig"
  check "pkg-config: build" bash -c \
    "g++ -std=c++20 '$here/consumer/consumer.cc' -o '$scratch/by-pkg-config' \
     \$(pkg-config --static --cflags --libs tokrail)"
  prints $'5: hello world\n' "pkg-config: run" "$scratch/by-pkg-config" "$scratch/tiny.json"
else
  skip "pkg-config: not installed"
fi

# The C interface is a package of its own, for compilers of C alone.
if [[ -e "$prefix/include/tokrail.h" ]]; then
  cat >"$scratch/consumer.c" <<'C'
#include <stdio.h>
#include <tokrail.h>
int main(void) { return puts(tokrail_version()) < 0; }
C
  library="$(dirname "$(find "$prefix" -name libtokrail_c.so)")"
  check "C by hand: build" gcc -std=c99 -Wall -Wextra -Werror "-I$prefix/include" \
    "$scratch/consumer.c" -o "$scratch/c-by-hand" "-L$library" -ltokrail_c "-Wl,-rpath,$library"
  prints $'0.1.0\n' "C by hand: run" "$scratch/c-by-hand"
  if command -v pkg-config >/dev/null; then
    check "C by pkg-config: build" bash -c "gcc '$scratch/consumer.c' -o '$scratch/c-by-pkg-config' \
      \$(pkg-config --cflags --libs tokrail_c)"
    prints $'0.1.0\n' "C by pkg-config: run" env "LD_LIBRARY_PATH=$library" "$scratch/c-by-pkg-config"
  fi
  mkdir "$scratch/c-project"
  cp "$scratch/consumer.c" "$scratch/c-project"
  cat >"$scratch/c-project/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(tokrail_c 0.1 REQUIRED)
add_executable(consumer consumer.c)
target_link_libraries(consumer PRIVATE tokrail::c)
CMAKE
  check "C by find_package: configure" \
    cmake "${generator[@]}" -S "$scratch/c-project" -B "$scratch/c-package"
  check "C by find_package: build" cmake --build "$scratch/c-package"
  prints $'0.1.0\n' "C by find_package: run" "$scratch/c-package/consumer"
fi

# Builds the library once more; with ccache that is a matter of seconds.
if command -v ccache >/dev/null; then
  check "add_subdirectory: configure" cmake "${generator[@]}" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
    "-DTOKRAIL_SOURCE=$source_root" -S "$here/consumer" -B "$scratch/subdirectory"
  check "add_subdirectory: build" cmake --build "$scratch/subdirectory" -j"$(nproc)" --target consumer
  prints $'5: hello world\n' "add_subdirectory: run" "$scratch/subdirectory/consumer" "$scratch/tiny.json"
  check "a subproject builds no command" test ! -e "$scratch/subdirectory/tokrail/tokrail"
else
  skip "add_subdirectory: without ccache it takes as long as a first build"
fi
finish
