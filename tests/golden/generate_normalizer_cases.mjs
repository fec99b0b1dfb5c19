// Writes normalizer_cases.jsonl: texts of our own, normalised by the reference system of
// tokenizer.json files, with the code-point offsets of every code point of the result.
//
//   npm install tokenizers@0.23 && node generate_normalizer_cases.mjs > normalizer_cases.jsonl
//
// normalizer_charsmap.bin is a charsmap that sentencepiece's trainer made of these rules:
//   65 301 > E9, FB01 > 66 69, 2460 > 31, AD > nothing, FF21 > 41, 2026 > 2E 2E 2E, 61 62 > 41 42,
//   3000 > 20, 627 653 > 622, E9 > E9 E9 (code points in hexadecimal)
import fs from 'node:fs';
import { createRequire } from 'node:module';

const { Tokenizer } = createRequire(import.meta.url)('tokenizers');
const charsmap = fs.readFileSync(new URL('normalizer_charsmap.bin', import.meta.url));

const replace = (pattern, content) => ({ type: 'Replace', pattern, content });
const strip = (left, right) => ({ type: 'Strip', strip_left: left, strip_right: right });
const prepend = (text) => ({ type: 'Prepend', prepend: text });
const precompiled = { type: 'Precompiled', precompiled_charsmap: charsmap.toString('base64') };
const bert = (accents, lowercase) => ({
  type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: accents,
  lowercase,
});
const spaces = replace({ Regex: ' {2,}' }, ' ');
const pipelines = {
  nfc: [{ type: 'NFC' }],
  nfd: [{ type: 'NFD' }],
  nfkc: [{ type: 'NFKC' }],
  nfkd: [{ type: 'NFKD' }],
  lowercase: [{ type: 'Lowercase' }],
  strip: [strip(true, true)],
  strip_left: [strip(true, false)],
  accents: [{ type: 'NFD' }, { type: 'StripAccents' }],
  nmt: [{ type: 'Nmt' }],
  bert: [bert(null, true)],
  bert_cased: [bert(null, false)],
  bert_accents: [bert(true, false)],
  literal: [replace({ String: 'ab' }, 'x')],
  regex: [replace({ Regex: '[aeiou]+|\\s' }, '<>')],
  line_ends: [replace({ Regex: '$' }, '|')],
  any: [replace({ Regex: '.' }, '_')],
  spaces: [spaces],
  llama: [prepend('\u2581'), replace({ String: ' ' }, '\u2581')],
  precompiled: [precompiled],
  precompiled_spaces: [precompiled, spaces, strip(true, true)],
  byte_level: [{ type: 'ByteLevel' }],
  long: [{ type: 'NFKC' }, { type: 'Lowercase' }, { type: 'Nmt' }, spaces, strip(true, true),
    prepend('\u2581')],
  bytes: [{ type: 'NFD' }, { type: 'StripAccents' }, { type: 'NFC' }, { type: 'ByteLevel' }],
};

let state = 20240229;
function below(n) {
  state = (state * 1103515245 + 12345) % 2147483648;
  return Math.floor((state / 2147483648) * n);
}
const ranges = [
  [0x61, 26], [0x41, 26], [0x20, 1], [0x20, 1], [0x61, 5], [0x300, 0x70], [0xC0, 0x140],
  [0xAC00, 11172], [0x1100, 0x100], [0x900, 0x80], [0xFF00, 0xF0], [0x1E00, 0x100], [0x2000, 0x70],
  [0x4E00, 100], [0xF900, 100], [0x3300, 256], [0x1F600, 40], [0x200D, 1], [0x1D400, 100],
  [0x600, 256], [0x00, 0x20], [0x130, 1], [0xFB00, 7], [0x11930, 10], [0x1DF0, 16], [0x2581, 1],
  [0xFFFD, 1], [0x1AB0, 0x20], [0xE00, 0x80], [0x1F1E6, 26], [0xAD, 1], [0x2460, 1], [0x2026, 1],
  [0x3000, 1], [0x301, 1], [0xE9, 1],
];
function text() {
  let out = '';
  for (let n = below(12) + 1; n > 0; --n) {
    const [first, count] = ranges[below(ranges.length)];
    out += String.fromCodePoint(first + below(count));
  }
  return out;
}

for (const [name, normalizers] of Object.entries(pipelines)) {
  // One token for each code point of the normalised text.
  const tokenizer = Tokenizer.fromString(JSON.stringify({
    version: '1.0', truncation: null, padding: null, added_tokens: [],
    normalizer: { type: 'Sequence', normalizers },
    pre_tokenizer: {
      type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false,
    },
    post_processor: null, decoder: null,
    model: { type: 'WordLevel', vocab: { '[UNK]': 0 }, unk_token: '[UNK]' },
  }));
  for (let i = 0; i < 12; ++i) {
    const source = text();
    const encoding = await tokenizer.encode(source, null, { addSpecialTokens: false });
    console.log(JSON.stringify({
      steps: name,
      text: source,
      normalized: tokenizer.getNormalizer().normalizeString(source),
      offsets: encoding.getOffsets(),
    }));
  }
}
