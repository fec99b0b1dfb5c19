#!/usr/bin/env bash
# Makes the benchmark texts en.txt, code.txt and multi.txt from Debian packages.
#
#   tests/bench/make_corpus.sh OUTDIR [--mb 50] [--small-mb 8] [--force]
#
# Needs apt-get with package lists (apt-get update), dpkg-deb and python3. Installs nothing and
# needs no root: packages are only downloaded, into OUTDIR/cache, and read in place. Run it again
# and it downloads only what is missing; texts that are already there are left alone.
# README.md beside this script says what is in the texts and how repeats are kept out.
set -euo pipefail

usage() {
  sed -n '2,4s/^# \{0,1\}//p' "$0"
  exit "${1:-2}"
}

outdir="" mb=50 small_mb=8 force=0
while (($#)); do
  case $1 in
    --mb | --small-mb)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { echo "make_corpus: $1 needs a whole number" >&2; exit 2; }
      if [[ $1 == --mb ]]; then mb=$2; else small_mb=$2; fi
      shift 2
      ;;
    --force) force=1; shift ;;
    -h | --help) usage 0 ;;
    -*) echo "make_corpus: unknown option $1" >&2; usage ;;
    *)
      [[ -z $outdir ]] || { echo "make_corpus: one OUTDIR, not '$outdir' and '$1'" >&2; exit 2; }
      outdir=$1; shift
      ;;
  esac
done
[[ -n $outdir ]] || usage
for tool in apt-get dpkg-deb python3 sha256sum; do
  command -v "$tool" > /dev/null || { echo "make_corpus: $tool is needed but not here" >&2; exit 1; }
done

mkdir -p "$outdir/cache"
cache=$(cd "$outdir/cache" && pwd)

# The texts are redone when this script or the wanted size changes.
stamp="$(sha256sum "$0" | cut -c1-16) mb=$mb small=$small_mb"
if ((!force)) && [[ -f $outdir/made && "$(< "$outdir/made")" == "$stamp" ]] &&
  [[ -s $outdir/en.txt && -s $outdir/code.txt && -s $outdir/multi.txt ]]; then
  echo "make_corpus: $outdir already has the texts ($stamp)"
  exit 0
fi

packages=(
  # English prose, manuals and dictionaries
  apache2-doc bash-doc debian-handbook dict-devil dict-foldoc dict-jargon dict-wn fortunes
  git-doc libreoffice-help-en-us linux-doc-6.1 manpages manpages-dev
  nodejs-doc perl-doc postgresql-doc-15 python-django-doc python3.11-doc sqlite3-doc
  # Source code
  cinnamon eslint glibc-source golang-1.19-src libboost1.81-dev libcgal-dev libeigen3-dev
  libjs-dojo-core libjs-openlayers libjs-three libpython3.11-stdlib node-babel7 npm
  perl-modules-5.36 python3-sympy qtbase5-examples rust-src webpack
  # Eleven languages: de ja zh tr ru ar ko el vi fa hi
  aptitude-doc-ja aptitude-doc-ru blender-data chromium-l10n debian-reference-de
  debian-reference-ja debian-reference-zh-cn dict-freedict-eng-ara dict-freedict-eng-hin
  gnome-user-docs installation-guide-amd64 krita-l10n libreoffice-help-{de,el,hi,ja,ko,ru,tr,vi}
  libreoffice-help-zh-cn libreoffice-l10n-{ar,el,fa,hi,ko,tr,vi}
  manpages-{de,el,ja,ja-dev,ru,tr,vi,zh} mediawiki phpmyadmin vlc-l10n wordpress-l10n
)

# Downloads one package into the cache unless it is there. A package this release does not have
# is skipped: what the others give decides below whether there is enough text.
download() {
  local package=$1 dir
  compgen -G "$cache/${package}_*.deb" > /dev/null && return 0
  dir=$(mktemp -d "$cache/download.XXXXXX")
  if (cd "$dir" && apt-get download -q "$package" > log 2>&1); then
    mv "$dir"/*.deb "$cache/"
  else
    echo "make_corpus: no package $package ($(tail -n 1 "$dir/log"))" >&2
  fi
  rm -r "$dir"
}

echo "make_corpus: ${#packages[@]} packages into $cache"
rm -rf "$cache"/download.*
for package in "${packages[@]}"; do download "$package"; done
compgen -G "$cache/*.deb" > /dev/null || {
  echo "make_corpus: nothing could be downloaded; are there package lists (apt-get update)?" >&2
  exit 1
}
echo "make_corpus: $(du -sm "$cache" | cut -f1) MB of packages; reading them"

rm -f "$outdir/made"
PYTHONHASHSEED=0 python3 - "$cache" "$outdir" "$mb" "$small_mb" "${packages[@]}" << 'EOF'
import bz2, glob, gzip, hashlib, html, io, json, lzma, os, re, struct, subprocess, sys, tarfile

cache, outdir, mb, small_mb, packages = (
    sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
PIECE = 48 * 1024  # documents longer than this are cut, so that the final order mixes sources

LANGUAGES = {  # locale or folder name -> language
    'de': 'de', 'de-DE': 'de', 'de_DE': 'de', 'ja': 'ja', 'ja-JP': 'ja', 'ja_JP': 'ja',
    'zh-cn': 'zh', 'zh_CN': 'zh', 'zh-CN': 'zh', 'zh-hans': 'zh', 'tr': 'tr', 'tr-TR': 'tr',
    'tr_TR': 'tr', 'ru': 'ru', 'ru-RU': 'ru', 'ru_RU': 'ru', 'ar': 'ar', 'ar-MA': 'ar',
    'ko': 'ko', 'ko-KR': 'ko', 'ko_KR': 'ko', 'el': 'el', 'el-GR': 'el', 'vi': 'vi',
    'vi-VN': 'vi', 'fa': 'fa', 'fa-IR': 'fa', 'fa_IR': 'fa', 'hi': 'hi', 'hi_IN': 'hi',
}
LATIN = {'de', 'tr', 'vi'}
CODE = {
    'c': 'c', 'h': 'c', 'cc': 'c++', 'cpp': 'c++', 'hpp': 'c++', 'ipp': 'c++', 'py': 'python',
    'go': 'go', 'rs': 'rust', 'js': 'js', 'mjs': 'js', 'ts': 'js', 'pm': 'perl', 'pl': 'perl',
}
CPLUSPLUS = ('libboost', 'libcgal', 'libeigen', 'qtbase5')
CODE_PACKAGES = CPLUSPLUS + (
    'cinnamon', 'eslint', 'glibc-source', 'golang', 'libjs-', 'libpython', 'node-babel', 'npm',
    'perl-modules', 'python3-sympy', 'rust-src', 'webpack')


def language_of(path):
    """The language that the folders or the file name of a path say, or None."""
    for part in path.split('/')[1:]:
        for name in (part, part.split('.')[0]):
            if name in LANGUAGES:
                return LANGUAGES[name]
    return None


def plan(package, path):
    """(class, group, kind) of a file, or None to leave it out."""
    name = os.path.basename(path)
    name = re.sub(r'\.(gz|bz2|xz|dz)$', '', name)
    ext = name.rsplit('.', 1)[-1] if '.' in name else ''
    if re.search(r'(changelog|copyright|NEWS|README\.Debian|lintian|\.min\.)', path):
        return None
    if package.startswith(CODE_PACKAGES):
        if ext not in CODE or re.search(r'/(po|locales?|localedata|unicore|vendor|testdata)/', path):
            return None
        if package.startswith('node') and '/dist/' in path:
            return None
        return 'code', 'c++' if package.startswith(CPLUSPLUS) else CODE[ext], 'code'
    if package.startswith('dict-'):
        other = {'dict-freedict-eng-ara': 'ar', 'dict-freedict-eng-hin': 'hi'}.get(package)
        if ext != 'dict':
            return None
        return ('multi', other, 'text') if other else ('en', package, 'text')
    if re.fullmatch(r'usr/share/man(/[^/]+)?/man[1-9]/.*', path):
        kind = 'man'
    elif package == 'fortunes':
        kind = 'text' if '/games/fortunes/' in path and not ext else None
    else:
        kind = {'html': 'html', 'page': 'html', 'mo': 'mo', 'pak': 'pak', 'json': 'json',
                'pod': 'pod', 'rst': 'text', 'txt': 'text', 'md': 'text'}.get(ext)
    if package in ('blender-data', 'krita-l10n', 'phpmyadmin', 'vlc-l10n', 'wordpress-l10n',
                   'libreoffice-l10n') and kind != 'mo':
        return None
    if package == 'mediawiki' and not (kind == 'json' and '/i18n/' in path):
        return None
    if kind is None or (kind == 'json' and package != 'mediawiki'):
        return None
    if package == 'debian-reference-common' or re.search(r'/(_sources|_static|genindex)', path):
        return None
    if package == 'linux-doc-6.1' and ext != 'rst':
        return None
    language = language_of(path)
    if not language:
        match = re.search(r'(?:help|l10n|reference|doc)-([a-z]{2}(?:-cn)?)$', package)
        language = LANGUAGES.get(match.group(1)) if match else None
    if language:
        return 'multi', language, kind
    multi_only = ('chromium', 'mediawiki', 'krita', 'blender', 'vlc', 'wordpress', 'phpmyadmin',
                  'installation-guide', 'manpages-', 'gnome-user-docs', 'debian-handbook')
    if package.startswith(multi_only):
        english = re.search(r'/(en-US|en|C)(/|\.)', path) or package == 'manpages-dev'
        if not english or package.startswith(('chromium', 'mediawiki')):
            return None
    if package == 'linux-doc-6.1' and '/translations/' in path:
        return None
    return 'en', package, kind


DROPPED = re.compile(
    r'<!--.*?-->|<(script|style|head|nav|header|footer|aside|svg|button|select|noscript)\b.*?</\1\s*>',
    re.S | re.I)
BLOCK = re.compile(
    r'</?(?:p|div|h[1-6]|li|ul|ol|dl|dt|dd|table|tr|section|blockquote|note|item|title|br|page|'
    r'terms|screen|steps|info|desc)\b[^>]*>', re.I)
TAG = re.compile(r'<[^<>]*>')


def from_html(text):
    text = DROPPED.sub(' ', text)
    parts = re.split(r'(<pre\b.*?</pre>)', text, flags=re.S | re.I)
    for i, part in enumerate(parts):
        if i % 2:
            parts[i] = '\n\n' + html.unescape(TAG.sub('', part)) + '\n\n'
            continue
        part = BLOCK.sub('\x01', re.sub(r'\s+', ' ', part))
        part = html.unescape(TAG.sub('', part))
        lines = (line.strip() for line in part.split('\x01'))
        parts[i] = '\n\n'.join(line for line in lines if line)
    return ''.join(parts)


MAN_DROPPED = re.compile(r"[.']\s*(\\\"|TH|ie|el|if|de|ds|nr|tr|rm|hy|nh|ad|so|\.)")


def from_man(text):
    lines = []
    for line in text.split('\n'):
        if MAN_DROPPED.match(line):
            continue
        if line.startswith(('.SH', '.SS', '.PP', '.TP', '.P', '.IP', '.LP', '.HP', '.sp', '.Pp', '.Sh')):
            lines.append('')
        line = re.sub(r'^[.\'][A-Za-z]*\s*', '', line) if line[:1] in ('.', "'") else line
        line = re.sub(r'\\f(?:\[[^\]]*\]|\(..|.)|\\[&|^%c]|\\s[-+]?\d', '', line)
        line = re.sub(r'\\\((?:aq|dq)', "'", line)
        line = re.sub(r'\\\(..|\\\[[^\]]*\]', '', line)
        lines.append(line.replace('\\-', '-').replace('\\e', '\\').replace('\\ ', ' '))
    return '\n'.join(lines)


def from_mo(data):
    order = '<' if data[:4] == b'\xde\x12\x04\x95' else '>'
    count, ids, strings = struct.unpack_from(order + '3I', data, 8)
    out = []
    for i in range(count):
        id_size, = struct.unpack_from(order + 'I', data, ids + 8 * i)
        size, start = struct.unpack_from(order + '2I', data, strings + 8 * i)
        if id_size:
            out += data[start:start + size].decode('utf-8').split('\0')
    return '\n\n'.join(out)


def from_pak(data):
    if struct.unpack_from('<I', data)[0] != 5 or data[4] != 1:
        return ''
    count, = struct.unpack_from('<H', data, 8)
    offsets = [struct.unpack_from('<HI', data, 12 + 6 * i)[1] for i in range(count + 1)]
    out = []
    for start, end in zip(offsets, offsets[1:]):
        try:
            out.append(TAG.sub('', data[start:end].decode('utf-8')))
        except UnicodeDecodeError:
            pass  # a compressed resource
    return '\n\n'.join(out)


def from_json(text):
    out = []
    for key, value in json.loads(text).items():
        if isinstance(value, str) and not key.startswith('@'):
            out.append(TAG.sub('', value))
    return '\n\n'.join(out)


def from_pod(text):
    text = re.sub(r'(?m)^=\w+ ?', '', text)
    return re.sub(r'\b[A-Z]<+\s?([^<>]*?)\s?>+', r'\1', text)


def extract(data, kind):
    """The text of one file, or '' where it is not text."""
    if kind == 'mo':
        return from_mo(data)
    if kind == 'pak':
        return from_pak(data)
    if b'\0' in data:
        return ''
    text = data.decode('utf-8').replace('\r\n', '\n').replace('\r', '\n').lstrip('\ufeff')
    if kind == 'html':
        return from_html(text)
    return {'man': from_man, 'json': from_json, 'pod': from_pod}.get(kind, str)(text)


seen = set()


def new(text):
    """Whether this text was not seen before in any class, white space aside."""
    digest = hashlib.blake2b(' '.join(text.split()).encode(), digest_size=8).digest()
    if digest in seen:
        return False
    seen.add(digest)
    return True


def unfit(text):
    """Control characters, data tables and minified code."""
    if re.search('[\x00-\x08\x0b\x0e-\x1f\ufffd]', text):
        return True
    letters = sum(map(str.isalpha, text[:20000]))
    return letters < 0.4 * len(text[:20000]) or len(text) > 200 * (text.count('\n') + 1)


def in_language(paragraph, language):
    """False for the untranslated paragraphs of a translation."""
    letters = [c for c in paragraph if c.isalpha()]
    if language in LATIN or len(letters) < 20:
        return True
    return sum(c > '\u036f' for c in letters) >= 0.3 * len(letters)


def is_licence(block):
    """A comment about the licence: every file has one, with small differences."""
    comment = block.lstrip().startswith('/*') or all(
        line.lstrip().startswith(('#', '//', '*')) for line in block.split('\n'))
    return comment and bool(re.search('copyright|licen[cs]e', block, re.I))


def without_repeats(text, cls, group, kind):
    if cls == 'code':
        if not new(text) or unfit(text):
            return ''
        blocks = re.split(r'\n[ \t]*\n', text)
        kept = [b for b in blocks if not is_licence(b) and (len(b) < 120 or new(b))]
        return '\n\n'.join(kept) if 2 * sum(map(len, kept)) > len(text) else ''
    kept = []
    for paragraph in re.split(r'\n\s*\n', text):
        paragraph = paragraph.strip('\n')
        if not paragraph.strip() or re.search('[\x00-\x08\x0b\x0e-\x1f\ufffd]', paragraph):
            continue
        if (cls == 'en' or in_language(paragraph, group)) and new(paragraph):
            kept.append(paragraph)
    return ('\n' if kind in ('mo', 'pak', 'json') else '\n\n').join(kept)


def pieces(data):
    """Bytes cut at line ends into pieces of about PIECE bytes."""
    start = 0
    while start < len(data):
        end = data.find(b'\n', start + PIECE)
        end = len(data) if end < 0 else end + 1
        yield data[start:end]
        start = end


UNPACK = {
    'gz': gzip.decompress, 'dz': gzip.decompress, 'bz2': bz2.decompress, 'xz': lzma.decompress}


def walk(tar, prefix=''):
    """(path, function that reads it) of the files of a package and of source archives in it."""
    for member in tar:
        if not member.isfile():
            continue
        path = prefix + member.name.removeprefix('./')
        packed = path.rsplit('.', 1)[-1]
        if not prefix and re.search(r'\.tar\.(xz|gz|bz2)$', path):
            inner = io.BytesIO(UNPACK[packed](tar.extractfile(member).read()))
            yield from walk(tarfile.open(fileobj=inner), path + '/')
        else:
            yield path, lambda: UNPACK.get(packed, bytes)(tar.extractfile(member).read())


groups = {'en': {}, 'code': {}, 'multi': {}}
for package in sorted(packages, key=lambda p: (not p.startswith(CODE_PACKAGES), p)):
    for deb in sorted(glob.glob(f'{glob.escape(cache)}/{glob.escape(package)}_*.deb'))[:1]:
        process = subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE)
        for path, read in walk(tarfile.open(fileobj=process.stdout, mode='r|')):
            planned = plan(package, path)
            if not planned:
                continue
            cls, group, kind = planned
            try:
                text = extract(read(), kind)
            except (UnicodeDecodeError, ValueError, struct.error, OSError, EOFError,
                    lzma.LZMAError):
                continue  # not UTF-8, or not what its name says
            text = without_repeats(text, cls, group, kind)
            if len(text) >= 200:
                groups[cls].setdefault(group, []).extend(pieces(text.encode() + b'\n\n'))
        process.stdout.close()
        process.wait()


def share(sizes, wanted):
    """The cap per group at which the groups together give the wanted number of bytes."""
    low, high = 0, max(sizes)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sum(min(s, middle) for s in sizes) < wanted else (low, middle)
    return high


short = False
for cls, members in groups.items():
    wanted = mb * 1000000
    sizes = {g: sum(map(len, p)) for g, p in members.items()}
    cap = share(list(sizes.values()) or [0], wanted + PIECE * (len(sizes) + 1))
    chosen, report = [], []
    for group in sorted(members):
        ordered = sorted((hashlib.blake2b(p, digest_size=8).digest(), p) for p in members[group])
        taken = 0
        for digest, piece in ordered:
            if taken >= cap:
                break
            chosen.append((digest, piece))
            taken += len(piece)
        report.append(f'{group} {taken / 1e6:.1f} of {sizes[group] / 1e6:.1f}')
    chosen.sort()
    data = b''.join(piece for _, piece in chosen)
    with open(f'{outdir}/{cls}.txt.part', 'wb') as out:
        out.write(data)
    os.replace(f'{outdir}/{cls}.txt.part', f'{outdir}/{cls}.txt')
    with open(f'{outdir}/{cls}_small.txt', 'wb') as out:
        out.write(data[:data.rfind(b'\n', 0, small_mb * 1000000) + 1])
    print(f'make_corpus: {cls}.txt {len(data) / 1e6:.1f} MB: ' + ', '.join(report) + ' MB')
    if len(data) < wanted:
        print(f'make_corpus: {cls}.txt is short of {mb} MB', file=sys.stderr)
        short = True
sys.exit(1 if short else 0)
EOF
echo "$stamp" > "$outdir/made"
echo "make_corpus: done, texts in $outdir"
