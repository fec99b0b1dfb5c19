# Sourced by ./check and ./demo: installs what is missing on a Debian 12 machine, and says what and
# why. Never removes anything: where apt would have to, it stops and says what can be done.
#
#   say "..."                         a progress line
#   need_packages name="why" ...      installs the missing ones of these packages

say() { printf '\n== %s\n' "$*"; }

# What building the library and the command takes.
build_packages=(
  cmake="configures the build"
  ninja-build="runs the build"
  g++="compiles (g++ 12)"
  ccache="makes the next build quick"
  pkg-config="finds ICU, sentencepiece and Highway"
  libicu-dev="Unicode normalisation forms"
  libsentencepiece-dev="trains unigram models; test oracle"
  libboost1.81-dev="headers of Boost.JSON, and Spirit X3 for grammar notations"
  libboost-json1.81-dev="reads and writes JSON"
  libtbb-dev="runs batches on all cores"
  libhwy-dev="SIMD chosen at run time"
  libcli11-dev="command line options"
  zlib1g-dev="reads .gz files"
)
# What the tests take beside that.
test_packages=(
  libgtest-dev="runs the tests"
  libre2-dev="oracle for our own regular expressions"
  python3="calls the C interface, as a test"
  python3-jsonschema="an independent validator of JSON that is generated"
  libboost-context1.81-dev="runs CUDA kernels on the CPU, a fiber per thread"
  libzemberek-tr-java="the Turkish lexicon, as data (no Java runtime)"
  hunspell-hu="the Hungarian lexicon"
)

is_installed() {
  [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# apt as root, or by sudo.
as_root() {
  if [[ $EUID -eq 0 ]]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

explain_conflict() {
  cat <<TEXT

Installing these packages would make apt REMOVE:
$1

Nothing was changed. Most likely libboost1.74-dev is installed, which Debian does not allow beside
libboost1.81-dev. Either let apt replace it (it can be installed again the same way):

    apt-get install libboost1.81-dev libboost-json1.81-dev

or keep it, and unpack Boost 1.81 beside it without installing:

    mkdir -p ~/boost-1.81 && cd ~/boost-1.81
    apt-get download libboost1.81-dev libboost-json1.81-dev libboost-json1.81.0 \\
      libboost-container1.81-dev libboost-container1.81.0 libboost-system1.81-dev libboost-system1.81.0 \\
      libboost-context1.81-dev libboost-context1.81.0
    for package in *.deb; do dpkg-deb -x "\$package" .; done
    export TOKRAIL_BOOST=~/boost-1.81/usr

and run this again.
TEXT
}

need_packages() {
  local missing=() entry name
  for entry in "$@"; do
    name="${entry%%=*}"
    # Boost may lie in a folder of the user's own.
    [[ -n "${TOKRAIL_BOOST:-}" && "$name" == libboost* ]] && continue
    is_installed "$name" || missing+=("$entry")
  done
  [[ ${#missing[@]} -eq 0 ]] && return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "this is no Debian system: going on with what is installed"
    echo "Needed, by their Debian names: ${missing[*]%%=*}"
    return 0
  fi
  say "missing packages"
  local names=()
  for entry in "${missing[@]}"; do
    printf '  %-24s %s\n' "${entry%%=*}" "${entry#*=}"
    names+=("${entry%%=*}")
  done
  if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
    printf '\nNeither root nor sudo. Please run as root:\n  apt-get install --no-install-recommends %s\n' \
      "${names[*]}"
    exit 2
  fi
  local plan removed
  if ! plan="$(apt-get -s install --no-install-recommends "${names[@]}" 2>&1)"; then
    say "updating the package lists"
    as_root apt-get update -q
    if ! plan="$(apt-get -s install --no-install-recommends "${names[@]}" 2>&1)"; then
      printf '%s\n\napt cannot install these packages. Tokrail is built on Debian 12 (bookworm).\n' \
        "$plan"
      exit 2
    fi
  fi
  removed="$(sed -n 's/^Remv \([^ ]*\).*/    \1/p' <<<"$plan")"
  if [[ -n "$removed" ]]; then
    explain_conflict "$removed"
    exit 2
  fi
  say "installing ${#names[@]} packages"
  as_root apt-get install -y -q --no-install-recommends --no-remove "${names[@]}"
}

# cmake with what the user's machine needs; arguments as for cmake.
configure() {
  local extra=()
  [[ -n "${TOKRAIL_BOOST:-}" ]] && extra+=("-DCMAKE_PREFIX_PATH=$TOKRAIL_BOOST")
  cmake -G Ninja "${extra[@]}" "$@"
}
