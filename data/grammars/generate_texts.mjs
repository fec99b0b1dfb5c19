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
