#!/usr/bin/env python3
"""Makes turkish.txt, the text that turkish-hybrid-32k.tkz is trained on, from Debian packages.

    python3 data/tokenizers/make_turkish_corpus.py OUTDIR

Manual pages, help pages and the translated messages of programs and games, a line each, without
repeats and without what was left in English. Needs apt-get with package lists and dpkg-deb; packages
are only downloaded, into OUTDIR/cache, nothing is installed.
"""
import gzip
import hashlib
import html
import io
import re
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

PACKAGES = """manpages-tr libreoffice-help-tr gnome-user-docs wesnoth-1.16-data freeciv-data
freedink-data digikam-data gimp-data inkscape kstars-data krita-l10n vlc-l10n wordpress-l10n
phpmyadmin minetest-data""".split()
ENGLISH = set("the of and to is are for in on with that this from be not or you an by it".split())
WORD = re.compile(r"[^\W\d_]+")


def messages(data):
    """Translations of a gettext catalogue that differ from their originals."""
    if len(data) < 28 or data[:4] not in (b"\xde\x12\x04\x95", b"\x95\x04\x12\xde"):
        return
    order = "<" if data[:4] == b"\xde\x12\x04\x95" else ">"
    count, originals, translations = struct.unpack(order + "3I", data[8:20])
    for i in range(count):
        length, at = struct.unpack_from(order + "2I", data, originals + 8 * i)
        source = data[at : at + length].split(b"\0")[0].split(b"\4")[-1]
        if not source:
            continue  # the header
        length, at = struct.unpack_from(order + "2I", data, translations + 8 * i)
        for text in data[at : at + length].split(b"\0"):
            if text != source:  # without the marks of keyboard shortcuts
                yield re.sub(r"(?<!\w)[_&](?=\w)", "", text.decode("utf-8", "replace"))


def manual(data):
    """A page of troff without requests and escapes; a paragraph is a line."""
    paragraph = []
    for line in gzip.decompress(data).decode("utf-8", "replace").splitlines():
        if line.startswith((".", "'")):
            macro = re.match(r"[.'] ?(B|I|BR|RB|IR|RI|BI|IB|SM)\s+(.*)", line)
            if macro:
                paragraph.append(macro.group(2).replace('"', ""))
            elif paragraph:
                yield " ".join(paragraph)
                paragraph = []
            continue
        paragraph.append(line)
    if paragraph:
        yield " ".join(paragraph)


def unescape_troff(text):
    text = re.sub(r"\\f(\[[^]]*\]|\(..|.)", "", text)
    text = re.sub(r"\\s[-+]?\d+|\\[&|^/,]|\\\".*", "", text)
    return text.replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\").replace("\\ ", " ")


def marked_up(data):
    """Text between the tags of HTML or XML, a block a line."""
    text = data.decode("utf-8", "replace")
    text = re.sub(r"(?is)<(script|style|head)\b.*?</\1>", "\n", text)
    text = re.sub(r"(?i)</?(p|div|h[1-6]|li|ul|ol|td|tr|table|title|item|note|section|br)\b[^>]*>",
                  "\n", text)
    yield from html.unescape(re.sub(r"(?s)<[^>]*>", "", text)).splitlines()


def texts_of(name, data):
    if re.search(r"/tr(_TR)?/.*\.mo$|/tr(_TR)?\.mo$|tr_TR\.mo$", name):
        yield from messages(data)
    elif re.search(r"/man/tr/.*\.gz$", name):
        yield from map(unescape_troff, manual(data))
    elif re.search(r"/tr/.*\.(html|xhp|page)$", name):
        yield from marked_up(data)


def is_turkish(line):
    words = [word.lower() for word in WORD.findall(line)]
    if len(words) > 3 and not set("çğıöşüÇĞİÖŞÜ") & set(line):
        return False
    return bool(words) and 5 * sum(word in ENGLISH for word in words) < len(words)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    cache = out / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    missing = [p for p in PACKAGES if not list(cache.glob(p + "_*.deb"))]
    if missing:
        subprocess.run(["apt-get", "download", *missing], cwd=cache, check=True)
    seen = set()
    with open(out / "turkish.txt", "w", encoding="utf-8") as corpus:
        for package in PACKAGES:
            deb = sorted(cache.glob(package + "_*.deb"))[-1]
            tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True,
                                 capture_output=True).stdout
            size = 0
            with tarfile.open(fileobj=io.BytesIO(tar)) as members:
                for member in members:
                    if not member.isfile():
                        continue
                    data = members.extractfile(member).read()
                    for text in texts_of(member.name, data):
                        for line in text.splitlines():
                            line = " ".join(line.split())
                            if line not in seen and is_turkish(line):
                                seen.add(line)
                                corpus.write(line + "\n")
                                size += len(line.encode()) + 1
            print(f"| {package} | {deb.name.split('_')[1].replace('%3a', ':')} | {size} |")
    digest = hashlib.sha256((out / "turkish.txt").read_bytes()).hexdigest()
    print(f"\nturkish.txt: {(out / 'turkish.txt').stat().st_size} bytes, SHA-256 {digest}")


if __name__ == "__main__":
    main()
