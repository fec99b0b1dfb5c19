// Writes the long texts beside this file: node data/grammars/generate_texts.mjs
//
// Every run writes the same bytes. The texts are made up, long enough for 5,000 tokens of common
// vocabularies, and members of the grammar whose name they bear.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
let state = 20261121;
const below = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const pick = (list) => list[below(list.length)];
const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));

const places = ["harbour", "mill", "station", "bridge", "market", "tower", "garden", "school"];
const names = ["Ada", "Bilge", "Chen", "Derya", "Émile", "Fatma", "Goran", "Håkon", "Ines", "Jun"];
const words = ["count", "total", "left", "right", "speed", "angle", "width", "depth", "level", "rate"];

function arithmetic(depth) {
  const kind = depth <= 0 ? below(3) : below(9);
  if (kind === 0) return String(below(1000));
  if (kind === 1) return `${below(100)}.${below(1000)}`;
  if (kind === 2) return `${pick(words)}_${below(30)}`;
  if (kind === 3) return `(${arithmetic(depth - 1)})`;
  if (kind === 4) return `-${pick(words)}`;
  if (kind === 5) {
    return `${pick(["sin", "max", "log", "round"])}(${times(1 + below(3), () => arithmetic(depth - 2)).join(", ")})`;
  }
  return `${arithmetic(depth - 1)} ${pick(["+", "-", "*", "/", "%", "^"])} ${arithmetic(depth - 1)}`;
}

function record(id) {
  return {
    id,
    name: `${pick(names)} of the ${pick(places)}`,
    active: below(2) === 0,
    score: below(100000) / 100,
    tags: times(below(5), () => pick(words)),
    address: { street: `${pick(places)} road ${below(200)}`, city: pick(places), code: below(2) ? null : String(10000 + below(90000)) },
    note: below(3) ? `said "${pick(words)}"\nand\tleft \\ for the ${pick(places)} — ${pick(names)}` : "",
  };
}

const literal = () => pick([String(below(500)), `'${pick(names)}'`, `${below(50)}.${below(90)}`]);
const column = () => `${pick(["c", "o", "p"])}.${pick(words)}`;
const comparison = () => `${column()} ${pick(["=", "<>", "<", ">=", ">"])} ${literal()}`;
function condition(depth) {
  if (depth <= 0) return comparison();
  return pick([
    () => `${condition(depth - 1)} AND ${condition(depth - 1)}`,
    () => `(${condition(depth - 1)} OR ${condition(depth - 1)})`,
    () => `${column()} IN (${times(2 + below(4), literal).join(", ")})`,
    () => `${column()} BETWEEN ${below(10)} AND ${below(1000)}`,
    () => `NOT ${column()} IS NULL`,
    () => `${column()} LIKE '%${pick(places)}%'`,
    comparison,
  ])();
}
function statement() {
  if (below(3) === 0) {
    const rows = times(2 + below(4), () => `  (${times(4, literal).join(", ")})`).join(",\n");
    return `INSERT INTO ${pick(places)} (${times(4, (i) => words[(i + below(3)) % 10] + i).join(", ")}) VALUES\n${rows};\n`;
  }
  return `SELECT ${below(3) ? "" : "DISTINCT "}${column()}, count(*) AS n${below(9)}, sum(${column()} * ${literal()}) AS amount\n` +
    `FROM ${pick(places)} AS c\n  JOIN orders o ON c.id = o.${pick(words)}\n  LEFT JOIN parts p ON p.id = o.part\n` +
    `WHERE ${condition(2)}\nGROUP BY ${column()}, ${column()} HAVING count(*) > ${below(20)}\n` +
    `ORDER BY ${column()} ${pick(["ASC", "DESC"])}, n LIMIT ${1 + below(100)};\n`;
}

const expression = (depth) => depth <= 0
  ? pick([() => pick(words), () => String(below(256)), () => `0x${below(65536).toString(16)}`, () => `${pick(words)}[i]`])()
  : pick([
      () => `${expression(depth - 1)} ${pick(["+", "-", "*", "/", "%", "&", "|", "<<"])} ${expression(depth - 1)}`,
      () => `(${expression(depth - 1)} ${pick(["<", "==", "!=", ">="])} ${expression(depth - 1)})`,
      () => `node->${pick(words)}`,
      () => `${pick(["measure", "clamp", "next_of"])}(${times(below(3), () => expression(depth - 1)).join(", ")})`,
      () => `${pick(["-", "!", "~"])}${expression(0)}`,
      () => expression(0),
    ])();
function code(depth, indent) {
  const pad = "  ".repeat(indent);
  const block = () => `{\n${times(1 + below(3), () => code(depth - 1, indent + 1)).join("")}${pad}}`;
  if (depth > 0) {
    const kind = below(6);
    if (kind === 0) return `${pad}if (${expression(2)}) ${block()} else ${block()}\n`;
    if (kind === 1) return `${pad}for (int i = 0; i < ${expression(0)}; i++) ${block()}\n`;
    if (kind === 2) return `${pad}while (${expression(2)}) ${block()}\n`;
  }
  return pad + pick([
    () => `${pick(words)} ${pick(["=", "+=", "-=", "*="])} ${expression(3)};`,
    () => `int ${pick(words)}_${below(20)} = ${expression(2)};`,
    () => `report("${pick(words)}: %d\\n", ${expression(1)}); // ${pick(places)}`,
    () => `node->${pick(words)} = ${expression(2)};`,
    () => `return ${expression(2)};`,
  ])() + "\n";
}
const function_text = (i) =>
  `/* The ${pick(places)} of ${pick(names)}. */\nstatic int ${pick(words)}_of_${i}(struct node *node, const char *${pick(places)}, int ${pick(words)}) {\n` +
  `  char buffer[${16 << below(5)}];\n${times(4 + below(5), () => code(2, 1)).join("")}  return 0;\n}\n\n`;
const head = 'struct node {\n  int count;\n  double rate;\n  struct node *next;\n  char name[32];\n};\n\n' +
  'static const char *kinds[] = {"plain", "tab\\t", "quote\\""};\n\n';

const until = (bytes, make, between = "") => {
  let text = "";
  for (let i = 0; text.length < bytes; ++i) text += (i ? between : "") + make(i);
  return text;
};
writeFileSync(join(folder, "arithmetic.text.txt"), until(20000, () => arithmetic(6), "\n  + ") + "\n");
writeFileSync(join(folder, "json.text.json"), JSON.stringify({ records: times(75, record) }, null, 2) + "\n");
writeFileSync(join(folder, "sql.text.sql"), until(24000, statement, "\n"));
writeFileSync(join(folder, "c_like.text.c"), head + until(24000, function_text));

// Grammars of short texts: one text a line.
const lines = (bytes, make) => until(bytes, make, "\n") + "\n";
const digits = (n) => times(n, () => String(below(10))).join("");
const two = (n) => String(n).padStart(2, "0");

const event = (id) => JSON.stringify(pick([
  () => ({ time: `2026-${two(1 + below(12))}-${two(1 + below(28))}T${two(below(24))}:${two(below(60))}:00Z`, level: pick(["info", "warn", "error"]), message: `${pick(words)} of the ${pick(places)} is ${below(900) / 10}`, id }),
  () => ({ id, user: { name: pick(names), roles: times(1 + below(3), () => pick(["reader", "writer", "owner"])) }, ok: below(2) === 0 }),
  () => [id, pick(words), below(1000) / 8, null],
  () => record(id),
])());

const symbol = () => pick(["a", "b", "x", "y", "n", "k", "\\alpha", "\\beta", "\\lambda", "\\theta", "\\pi", "\\omega"]);
function formula(depth) {
  if (depth <= 0) return pick([symbol, symbol, () => digits(1 + below(2)), () => `${symbol()}_{${symbol()}}`, () => `${symbol()}^{${below(9)}}`])();
  return pick([
    () => `\\frac{${formula(depth - 1)}}{${formula(depth - 1)}}`,
    () => `\\sqrt{${formula(depth - 1)}}`,
    () => `${formula(depth - 1)} ${pick(["+", "-", "=", "\\cdot", "\\times", "\\le", "\\approx"])} ${formula(depth - 1)}`,
    () => `\\sum_{${symbol()} = 1}^{${symbol()}} ${formula(depth - 1)}`,
    () => `\\int_{0}^{\\infty} ${formula(depth - 1)} \\, d x`,
    () => `\\left( ${formula(depth - 1)} \\right)^{${1 + below(4)}}`,
    () => `\\${pick(["sin", "cos", "log", "exp"])} ${formula(depth - 1)}`,
    () => `\\lim_{${symbol()} \\to 0} ${formula(depth - 1)}`,
    () => `\\begin{pmatrix} ${formula(0)} & ${formula(0)} \\\\ ${formula(0)} & ${formula(0)} \\end{pmatrix}`,
    () => `\\mathbf{${pick(["u", "v", "w"])}} \\in \\mathbb{R}^{${symbol()}}`,
    () => `${formula(depth - 1)} \\quad \\text{if ${pick(words)} is ${pick(["small", "large", "even"])}}`,
  ])();
}

const rings = ["c1ccccc1", "C1CCCCC1", "c1ccncc1", "c1ccc2ccccc2c1", "C1CCNCC1", "c1cc[nH]c1", "C1COCCN1", "c1csc(N)n1"];
const groups = ["C", "CC", "O", "N", "F", "Cl", "Br", "C(=O)O", "C(=O)N", "C#N", "OC", "N(C)C", "S(=O)(=O)N", "[N+](=O)[O-]", "C(F)(F)F", "C=C", "[C@@H](N)C(=O)O", "[C@H](O)C"];
function molecule(depth) {
  const part = pick([() => pick(rings), () => pick(groups), () => `C(${pick(groups)})`, () => `C(=O)${pick(["N", "O"])}`])();
  if (depth <= 0) return part;
  const side = below(3) === 0 ? `C(${molecule(depth - 1)})` : "";
  return part + side + molecule(depth - 1);
}
const compound = () => molecule(1 + below(4)) + pick(["", "", "", ".Cl", ".[Na+]", ".O"]);

const date = () => pick([
  () => `${1900 + below(200)}-${two(1 + below(12))}-${two(1 + below(28))}`,
  () => `${2000 + below(50)}-W${two(1 + below(52))}-${1 + below(7)}`,
  () => `${1990 + below(60)}-${String(1 + below(365)).padStart(3, "0")}`,
])();
const clock = () => `${two(below(24))}:${two(below(60))}:${two(below(60))}${below(2) ? "." + digits(3) : ""}${pick(["Z", "+02:00", "-05:30", ""])}`;
const duration = () => pick([() => `P${1 + below(30)}D`, () => `PT${below(24)}H${below(60)}M`, () => `P${1 + below(9)}Y${1 + below(11)}M${1 + below(30)}DT${below(24)}H`, () => `P${1 + below(50)}W`, () => `PT${below(60)}.${digits(2)}S`])();
const moment = () => pick([() => `${date()}T${clock()}`, date, () => `${date()}T${clock()}/${date()}T${clock()}`, duration, () => `${date()}T${clock()}/${duration()}`])();

const domain = () => `${pick(["www", "mail", "docs", "shop", pick(places)])}.${pick(places)}-${pick(words)}.${pick(["example", "org", "com", "co.uk", "net", "com.tr"])}`;
const url = () => `${pick(["https", "http", "ftp"])}://${below(9) ? "" : pick(words) + "@"}${below(12) ? domain() : pick(["[2001:db8::" + below(9999) + "]", `192.168.${below(256)}.${below(256)}`])}${below(5) ? "" : ":" + (1024 + below(60000))}` +
  times(1 + below(4), () => "/" + pick([pick(words), pick(places), String(below(3000)), `${pick(words)}-${pick(places)}.html`, "caf%C3%A9"])).join("") +
  (below(2) ? `?${times(1 + below(3), () => `${pick(words)}=${pick([below(1000), pick(places), "a%20b"])}`).join("&")}` : "") + (below(4) ? "" : `#${pick(words)}_${below(20)}`);
const ascii = names.filter((name) => /^[A-Za-z]+$/.test(name)).map((name) => name.toLowerCase());
const email = () => pick([
  () => `${pick(ascii)}.${pick(places)}${below(100)}`,
  () => `${pick(ascii)}+${pick(words)}`,
  () => `"${pick(ascii)} of ${pick(places)}"`,
  () => `${pick(words)}_${pick(places)}.${below(3000)}`,
])() + "@" + (below(15) ? domain() : `[10.${below(256)}.${below(256)}.${below(256)}]`);

const openings = [
  "e4 e5 Nf3 Nc6 Bb5 a6 Ba4 Nf6 O-O Be7", "d4 d5 c4 e6 Nc3 Nf6 Bg5 Be7 e3 O-O", "e4 c5 Nf3 d6 d4 cxd4 Nxd4 Nf6 Nc3 a6",
  "c4 e5 Nc3 Nf6 Nf3 Nc6 g3 d5 cxd5 Nxd5", "e4 e6 d4 d5 Nc3 Bb4 e5 c5 a3 Bxc3+", "d4 Nf6 c4 g6 Nc3 Bg7 e4 d6 Nf3 O-O",
];
const file = () => "abcdefgh"[below(8)];
const square = () => file() + (1 + below(8));
const san = () => pick([
  () => `${pick(["N", "B", "R", "Q", "K"])}${below(6) ? "" : file()}${below(4) ? "" : "x"}${square()}`,
  () => `${file()}${2 + below(6)}`,
  () => `${file()}x${file()}${2 + below(6)}`,
  () => `${file()}8=Q`,
])() + pick(["", "", "", "", "", "+", "!", "?!"]);
function game() {
  const moves = [...pick(openings).split(" "), ...times(20 + 2 * below(40), san)];
  let text = "";
  for (let i = 0; i + 1 < moves.length; i += 2) {
    text += `${i / 2 + 1}. ${moves[i]} ${moves[i + 1]}${below(25) ? "" : ` {${pick(words)} of the ${pick(places)}}`}${below(40) ? "" : ` $${1 + below(20)}`} `;
  }
  return text + pick(["1-0", "0-1", "1/2-1/2"]);
}

writeFileSync(join(folder, "jsonl.text.jsonl"), lines(22000, event));
writeFileSync(join(folder, "latex_math.lines.tex"), lines(16000, () => `$${formula(2 + below(2))}$`));
writeFileSync(join(folder, "smiles.lines.smi"), lines(14000, compound));
writeFileSync(join(folder, "iso8601.lines.txt"), lines(15000, moment));
writeFileSync(join(folder, "url.lines.txt"), lines(24000, url));
writeFileSync(join(folder, "email.lines.txt"), lines(24000, email));
writeFileSync(join(folder, "chess_san.lines.pgn"), lines(16000, game));
