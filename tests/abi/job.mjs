// The job of job.c, through koffi, with the same output.
//
//   node job.mjs LIBRARY SOURCE_ROOT KOFFI_FOLDER
import { createRequire } from 'node:module';
import { writeSync } from 'node:fs';

const [library, root, modules] = process.argv.slice(2);
const koffi = createRequire(`${modules}/`)('koffi');
const lib = koffi.load(library);

const VOCAB = 8192;
const WORDS = VOCAB / 32;
const NO_TOKEN = 0xffffffff;
const TEXT = 'Hello, wörld 😀! 123';
const SCHEMA = '{"type":"object","properties":{"city":{"enum":["Ankara","Paris"]},' +
  '"days":{"type":"integer","minimum":1,"maximum":14}},' +
  '"required":["city","days"],"additionalProperties":false}';
const RECORD = '{"type":"object","properties":{"name":{"type":"string",' +
  '"pattern":"^[A-Z][a-z]{1,9}$"},"active":{"type":"boolean"}},' +
  '"required":["name","active"],"additionalProperties":false}';

// ---- structures: text of the fields to a koffi type, and objects to memory

const zeros = {};
function struct(name, fields) {
  const members = {};
  for (const field of fields.split(',')) {
    const [type, names] = field.trim().split(/:\s*/);
    for (const one of names.split(/\s+/)) members[one] = type === 'p' ? 'void *' : type;
  }
  const type = koffi.struct(name, members);
  zeros[name] = Object.fromEntries(Object.entries(members).map(
    ([key, kind]) => [key, kind === 'void *' ? null : kind === 'bool' ? false : zeros[kind] ?? 0]));
  return type;
}
struct('Bytes', 'p: data, size_t: length');
struct('Ids', 'p: data, size_t: count');
struct('EncodeOptions', 'uint32_t: struct_size, bool: no_special_tokens ignore_file_limits ' +
  'with_offsets, int32_t: special_text offset_unit');
struct('JsonSchemaOptions', 'uint32_t: struct_size, int32_t: key_order draft style, ' +
  'bool: ignore_formats strict_formats lenient plain_characters plain_in_patterns short_numbers, ' +
  'uint32_t: max_white_space, Bytes: item_separator key_separator, size_t: max_nodes, ' +
  'uint32_t: max_depth');
struct('NamedGrammar', 'Bytes: name text');
struct('LarkOptions', 'uint32_t: struct_size, bool: lex_every, p: grammars, ' +
  'size_t: grammar_count, p: loader loader_user json');
struct('RegexOptions', 'uint32_t: struct_size, int32_t: dialect, bool: search case_insensitive ' +
  'dot_all extended');
struct('SamplingOptions', 'uint32_t: struct_size, float: temperature, int32_t: order, ' +
  'uint32_t: top_k, float: top_p min_p typical_p epsilon_cutoff eta_cutoff top_n_sigma top_h ' +
  'xtc_probability xtc_threshold dynamic_temperature_range dynamic_temperature_exponent ' +
  'repetition_penalty frequency_penalty presence_penalty, int32_t: penalty_window, ' +
  'float: dry_multiplier dry_base, uint32_t: dry_allowed_length, int32_t: dry_window, ' +
  'uint32_t: no_repeat_ngram, int32_t: mirostat, float: mirostat_tau mirostat_eta, ' +
  'uint32_t: min_tokens, p: dry_breakers, size_t: dry_breaker_count, p: logit_bias, ' +
  'size_t: logit_bias_count, p: banned, size_t: banned_count');
struct('GenerateOptions', 'uint32_t: struct_size, int32_t: mode, p: grammar sampling stop, ' +
  'size_t: stop_count, uint64_t: seed stream, uint32_t: count max_tokens min_tokens, ' +
  'int32_t: forced threads estimator constraint_order, uint32_t: particles, ' +
  'int32_t: resampling, double: ess_threshold, p: critic critic_user, ' +
  'double: deadline_seconds, uint64_t: exact_budget, double: mask_cost, ' +
  'p: on_text on_text_user cancel');
struct('Statistics', 'uint32_t: struct_size model_calls skipped_calls masks, uint64_t: tests, ' +
  'uint32_t: attempts, double: explored seconds model_seconds');
struct('RowParameters', 'float: temperature, uint32_t: top_k, float: top_p min_p ' +
  'repetition_penalty frequency_penalty presence_penalty, int32_t: order, ' +
  'uint32_t: position draw, uint64_t: seed stream');
struct('RowResult', 'uint32_t: id flags allowed kept, float: log_prob log_prob_all ' +
  'raw_log_prob log_sum log_sum_all max_logit entropy');
struct('SampleBatch', 'uint32_t: struct_size, int32_t: logits_type, p: logits, ' +
  'size_t: rows vocab row_stride, p: masks, size_t: mask_rows mask_row_words, p: mask_index ' +
  'parameters adjustments adjustment_offsets, uint32_t: outputs top_n, p: top_ids ' +
  'top_log_probs, int32_t: threads');
struct('SamplerRow', 'uint32_t: struct_size outputs, p: logits, size_t: vocab, p: mask, ' +
  'Ids: prompt output end_ids, uint64_t: seed stream');

/** Memory that stays where it is, with these values. */
function place(type, ...values) {
  const at = koffi.alloc(type, values.length);
  values.forEach((value, i) => {
    const all = { ...zeros[type], ...value };
    if ('struct_size' in all && !value.struct_size) all.struct_size = koffi.sizeof(type);
    koffi.encode(at, i * koffi.sizeof(type), type, all);
  });
  return at;
}
/** The bytes of a text or an array, likewise. */
function hold(data) {
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer);
  const at = koffi.alloc('uint8_t', Math.max(bytes.length, 1));
  new Uint8Array(koffi.view(at, bytes.length)).set(bytes);
  return at;
}
const span = (text) => ({ data: hold(text), length: Buffer.byteLength(text) });
const text = (data) => [Buffer.from(data), Buffer.byteLength(data)];

// ---- functions: result, name and arguments; p pointer, z size, u id, i number, o pointer out

const kinds = { p: 'void *', z: 'size_t', u: 'uint32_t', i: 'int32_t', b: 'bool', f: 'double',
  v: 'void', s: 'str', o: koffi.out(koffi.pointer('void *')),
  n: koffi.out(koffi.pointer('size_t')) };
const t = {};
for (const one of `s version / u version_number / s status_name i / i error_code p
  / p error_message pn / p error_where pn / b error_line_column pnn / i cancel_new oo
  / v cancel_set pb / i tokenizer_load pzpoo / i tokenizer_from_bytes pzpoo
  / i tokenizer_encode ppzppzno / i tokenizer_encode_with_offsets ppzpoo
  / i tokenizer_encode_batch ppzpioo / z encodings_count p / p encodings_ids pzn
  / p encodings_offsets pzn / i tokenizer_decode ppzppzno / i stream_decoder_new ppoo
  / p stream_decoder_push pun / p stream_decoder_finish pn / b stream_decoder_failed p
  / z tokenizer_vocab_size p / p tokenizer_eos_ids pn / u tokenizer_role_id pi
  / p tokenizer_token_bytes pun / i tokenizer_token_kind pu / u tokenizer_find_piece ppz
  / i mask_tables_new pzoo / i grammar_from_json_schema ppzppoo / i grammar_from_gbnf ppzpoo
  / i grammar_from_lark ppzppoo / i grammar_from_regex ppzppoo
  / i grammar_from_structural_tag ppzppoo / i grammar_from_tkg ppzpoo / i grammar_to_tkg ppzno
  / z grammar_warning_count p / p grammar_warning pzn / p grammar_warning_where pzn
  / i matcher_new poo / i matcher_fork poo / i matcher_accept pu / i matcher_accept_bytes ppz
  / i matcher_rollback pz / v matcher_reset p / z matcher_steps p / i matcher_fill_mask ppzzp
  / i matcher_fill_masks pzpzzipo / b matcher_allows pu / z matcher_validate ppz
  / b matcher_is_complete p / b matcher_is_finished p / b matcher_is_ended p
  / b matcher_is_stuck p / i matcher_forced_bytes pzpzno / i matcher_forced_tokens pzpzno
  / i matcher_explain ppzoo / z explanation_offset p / p explanation_what pzn
  / p explanation_where pzn / i source_from_function zpppoo / i source_load_ngram pzoo
  / i source_tokenizer poo / z source_vocab p / s generation_status_name i
  / i generate pppzpoo / z outputs_count p / i outputs_status pz / p outputs_text pzn
  / p outputs_ids pzn / p outputs_error pzn / f outputs_log_prob pz / f outputs_log_weight pz
  / i outputs_statistics pzpo / i prompt_log_probs pppzpo / i generate_posterior pppzpoo
  / z posterior_count p / f posterior_probability pz / i posterior_status pz
  / u posterior_particle_count pz / p posterior_text pzn / f posterior_log_evidence p
  / u posterior_resamplings p / p posterior_particles p / i sample_masked ppo
  / i sampler_new poo / i sampler_sample pppo / v sampler_accept pu`.split('/')) {
  const [result, name, parameters = ''] = one.trim().split(/\s+/);
  t[name] = lib.func(`tokrail_${name}`, kinds[result], [...parameters].map((x) => kinds[x]));
}
const owners = ['error', 'cancel', 'tokenizer', 'encodings', 'stream_decoder', 'mask_tables',
  'grammar', 'matcher', 'explanation', 'source', 'outputs', 'posterior', 'sampler'];
const free = Object.fromEntries(owners.map(
  (name) => [name, lib.func(`tokrail_${name}_free`, 'void', ['void *'])]));

const say = (...parts) => parts.forEach(
  (part) => writeSync(1, Buffer.isBuffer(part) ? part : String(part)));
const line = (...parts) => say(...parts, '\n');
function fail(what) {
  line('FAILED: ', what);
  process.exit(1);
}
const bytesAt = (at, length) =>
  Buffer.from(length === 0 ? [] : new Uint8Array(koffi.view(at, length)));
/** A string that is lent. */
function string(name, ...args) {
  const length = [0];
  const at = t[name](...args, length);
  return at === null ? null : bytesAt(at, length[0]).toString();
}
/** An array that is lent. */
function elements(type, name, ...args) {
  const count = [0];
  const at = t[name](...args, count);
  return at === null ? null : [...koffi.decode(at, type, count[0])];
}
function must(name, ...args) {
  const error = [null];
  const status = t[name](...args, error);
  if (status !== 0) {
    fail(`${name}: ${t.status_name(status)}: ${string('error_message', error[0])}`);
  }
  if (error[0] !== null) fail('an error object beside ok');
}
function make(name, ...args) {
  const out = [null];
  must(name, ...args, out);
  return out[0];
}
function showError(what, name, ...args) {
  const error = [null];
  const status = t[name](...args, error);
  if (t.error_code(error[0]) !== status) fail('the code of the error is not the status');
  say(what, ': ', t.status_name(status), ': ', string('error_message', error[0]).split('\n')[0]);
  const where = string('error_where', error[0]);
  if (where) say(' @ ', where);
  const [row, column] = [[0], [0]];
  if (t.error_line_column(error[0], row, column)) say(` (line ${row}, column ${column})`);
  line();
  free.error(error[0]);
}
const showIds = (what, ids) => line(what, ':', ...[...ids].map((id) => ` ${id}`));
const bits = (words) => words.reduce(
  (sum, word) => sum + word.toString(2).replaceAll('0', '').length, 0);

function encode(tokenizer, data) {
  const ids = new Uint32Array(256), count = [0];
  must('tokenizer_encode', tokenizer, ...text(data), null, ids, 256, count);
  return ids.slice(0, count[0]);
}

// ---- the user's model

function noise(length, last, id) {
  let h = Math.imul(length, 2654435761) + Math.imul(last, 40503) + Math.imul(id, 2246822519) >>> 0;
  h = Math.imul(h ^ h >>> 15, 2654435761) >>> 0;
  return (h >>> 24) / 256;
}

class Model {
  constructor(tokenizer, prompt) {
    this.prompt = encode(tokenizer, prompt).length;
    this.texts = ['{"city":"Paris","days":7}', '{"city":"Rome","days":3}',
      '{"city":"Ankara","days":30}'].map((one) => encode(tokenizer, one));
    this.eos = elements('uint32_t', 'tokenizer_eos_ids', tokenizer)[0];
    this.calls = this.answer = 0;
    const proto = koffi.proto('int32_t Logits(void *, void *, size_t, void *, size_t)');
    this.function = koffi.register(
      (user, contexts, count, rows, vocab) => this.fillRows(contexts, count, rows, vocab),
      koffi.pointer(proto));
  }

  fillRows(contexts, count, rows, vocab) {
    ++this.calls;
    const all = new Float32Array(koffi.view(rows, count * vocab * 4));
    koffi.decode(contexts, 'Ids', count).forEach((context, i) => {
      const ids = new Uint32Array(koffi.view(context.data, Number(context.count) * 4));
      const written = ids.subarray(this.prompt), length = written.length;
      const row = all.subarray(i * vocab, (i + 1) * vocab);
      for (let id = 0; id < vocab; ++id) row[id] = noise(length, written.at(-1) ?? 0, id);
      for (const liked of this.texts) {
        if (length <= liked.length && written.every((id, at) => id === liked[at])) {
          row[length < liked.length ? liked[length] : this.eos] += 14;
        }
      }
    });
    return this.answer;
  }
}

const collectText = koffi.register(
  (user, data, length) => say('[', bytesAt(data, length), ']'),
  koffi.pointer(koffi.proto('void OnText(void *, void *, size_t)')));
const preferParis = koffi.register((user, texts, complete, count, scores) => {
  const out = new Float64Array(koffi.view(scores, count * 8));
  koffi.decode(texts, 'Bytes', count).forEach((one, i) => {
    const length = Number(one.length);
    out[i] = length > 0 && bytesAt(one.data, length).includes('Par') ? 0.5 : 0;
  });
  return 0;
}, koffi.pointer(koffi.proto('int32_t Critic(void *, void *, void *, size_t, void *)')));
const digit = 'start: /[0-9]/';
const digitAt = hold(digit);
const loadGrammar = koffi.register((user, name, length, found, foundLength) => {
  if (bytesAt(name, length).toString() !== 'digit') return 1;
  koffi.encode(found, 'void *', digitAt);
  koffi.encode(foundLength, 'size_t', digit.length);
  return 0;
}, koffi.pointer(koffi.proto('int32_t Loader(void *, void *, size_t, void *, void *)')));

// ---- the steps

function load() {
  const path = `${root}/data/tokenizers/english-code-8k.json`;
  const tokenizer = make('tokenizer_load', ...text(path), null);
  line('tokenizer: ', t.tokenizer_vocab_size(tokenizer), ' ids, bos ',
    t.tokenizer_role_id(tokenizer, 0) === NO_TOKEN ? 'none' : 'some');
  showIds('eos', elements('uint32_t', 'tokenizer_eos_ids', tokenizer));
  return tokenizer;
}

function encodeAndDecode(tokenizer) {
  const count = [0];
  must('tokenizer_encode', tokenizer, ...text(TEXT), null, null, 0, count);
  line('encode: ', count[0], ' ids');
  const ids = encode(tokenizer, TEXT);
  showIds('ids', ids);
  const buffer = Buffer.alloc(256), length = [0];
  must('tokenizer_decode', tokenizer, ids, ids.length, null, buffer, 256, length);
  line('decode: ', buffer.subarray(0, length[0]).toString() === TEXT ? 'equal' : 'no');
  showError('two ids of room', 'tokenizer_encode', tokenizer, ...text(TEXT), null,
    new Uint32Array(2), 2, count);

  const inCharacters = place('EncodeOptions', { offset_unit: 1 });
  let one = make('tokenizer_encode_with_offsets', tokenizer, ...text(TEXT), inCharacters);
  const at = t.encodings_offsets(one, 0, count);
  const spans = new BigUint64Array(koffi.view(at, count[0] * 16));
  say('offsets:');
  for (let i = 0; i < spans.length; i += 2) say(` ${spans[i]}-${spans[i + 1]}`);
  line();
  free.encodings(one);

  const texts = place('Bytes', ...['one', '', 'a\0b', TEXT].map(span));
  one = make('tokenizer_encode_batch', tokenizer, texts, 4, null, 2);
  say('batch:');
  for (let i = 0; i < t.encodings_count(one); ++i) {
    say(` ${elements('uint32_t', 'encodings_ids', one, i)?.length ?? 0}`);
  }
  line(', offsets ', t.encodings_offsets(one, 0, count) === null ? 'not made' : 'made');
  free.encodings(one);

  const stream = make('stream_decoder_new', tokenizer, null);
  const pieces = [...ids].map((id) => string('stream_decoder_push', stream, id));
  line('stream:', ...[...pieces, string('stream_decoder_finish', stream)].map((x) => ` [${x}]`));
  string('stream_decoder_push', stream, VOCAB);
  line('stream, id out of range: ', t.stream_decoder_failed(stream) ? 'failed' : 'no failure');
  free.stream_decoder(stream);

  line(`token ${ids[0]}: `, string('tokenizer_token_bytes', tokenizer, ids[0]), ', kind ',
    t.tokenizer_token_kind(tokenizer, ids[0]));
  const beyond = string('tokenizer_token_bytes', tokenizer, VOCAB);
  line(`token ${VOCAB}: `, beyond === null ? 'none' : 'some', ', kind ',
    t.tokenizer_token_kind(tokenizer, VOCAB));
  line('find: ', t.tokenizer_find_piece(tokenizer, ...text('<|endoftext|>')), ' ',
    t.tokenizer_find_piece(tokenizer, ...text('no such piece')) === NO_TOKEN ? 'none' : 'some');
}

function showGrammar(what, grammar) {
  const mask = new Uint32Array(WORDS);
  const matcher = make('matcher_new', grammar);
  if (t.matcher_fill_mask(matcher, mask, WORDS, 0, null) !== 0) fail('mask');
  const warnings = t.grammar_warning_count(grammar);
  line(what, ': ', bits(mask), ' tokens first, ', warnings, ' warnings');
  for (let i = 0; i < warnings; ++i) {
    line('  ', string('grammar_warning_where', grammar, i), ': ',
      string('grammar_warning', grammar, i));
  }
  free.grammar(grammar);  // the matcher goes on
  if (t.matcher_is_complete(matcher)) fail('complete at the beginning');
  free.matcher(matcher);
}

function notations(tables) {
  showGrammar('gbnf',
    make('grammar_from_gbnf', tables, ...text('root ::= "yes" | "no" root'), null));
  const word = place('NamedGrammar', { name: span('word'), text: span('start: /[a-z]+/') });
  const lark = place('LarkOptions', { grammars: word, grammar_count: 1, loader: loadGrammar });
  showGrammar('lark',
    make('grammar_from_lark', tables, ...text('start: @word | @digit'), lark, null));
  showError('lark without its part', 'grammar_from_lark', tables, ...text('start: @missing'), lark,
    null, [null]);
  showGrammar('regex', make('grammar_from_regex', tables, ...text('ab+c?'),
    place('RegexOptions', { case_insensitive: true }), null));
  const tag = '{"type":"structural_tag","format":{"type":"tag","begin":"<tool>",' +
    '"content":{"type":"json_schema","json_schema":{"type":"boolean"}},"end":"</tool>"}}';
  showGrammar('structural tag',
    make('grammar_from_structural_tag', tables, ...text(tag), null, null));
  showGrammar('json schema', make('grammar_from_json_schema', tables,
    ...text('{"type":"string","format":"no-such-format"}'),
    place('JsonSchemaOptions', { lenient: true }), null));
}

function badGrammars(tables) {
  const g = [tables];
  showError('bad gbnf', 'grammar_from_gbnf', tables, ...text('root ::= "a"\nb := c\n'), null, g);
  if (g[0] !== null) fail('a grammar beside an error');
  showError('bad schema', 'grammar_from_json_schema', tables,
    ...text('{"properties":{"a":{"type":"text"}}}'), null, null, g);
  showError('unsupported regex', 'grammar_from_regex', tables, ...text('(?=a)b'), null, null, g);
  showError('bad tkg', 'grammar_from_tkg', tables, ...text('TKG1 and nothing more'), null, g);
  line('without an error object: ', t.status_name(
    t.grammar_from_gbnf(tables, ...text('root ::= root'), null, g, null)));
}

function schemaGrammar(tables) {
  const compact = place('JsonSchemaOptions', { style: 1, plain_characters: true });
  const grammar = make('grammar_from_json_schema', tables, ...text(SCHEMA), compact, null);
  const length = [0], againLength = [0];
  must('grammar_to_tkg', grammar, null, 0, length);
  const file = Buffer.alloc(length[0]);
  must('grammar_to_tkg', grammar, file, file.length, length);
  const again = make('grammar_from_tkg', tables, file, file.length, null);
  must('grammar_to_tkg', again, null, 0, againLength);
  line('tkg: ', length[0] === againLength[0] ? 'as long as before' : 'changed');
  free.grammar(again);
  return grammar;
}

function match(tokenizer, grammar) {
  const mask = new Uint32Array(WORDS), masks = new Uint32Array(3 * WORDS);
  const statuses = new Int32Array(3), array = new Uint32Array(256);
  const matcher = make('matcher_new', grammar);
  const forced = Buffer.alloc(64), length = [0], count = [0];
  must('matcher_forced_bytes', matcher, 0, forced, 64, length);
  line('forced: ', forced.subarray(0, length[0]));
  must('matcher_forced_tokens', matcher, 0, array, 256, count);
  showIds('forced ids', array.slice(0, count[0]));
  if (t.matcher_accept_bytes(matcher, ...text('{"city":"')) !== 0) fail('accept bytes');
  const fork = make('matcher_fork', matcher);
  t.matcher_fill_mask(matcher, mask, WORDS, 0, null);
  line('cities: ', bits(mask), ' tokens');

  const ids = encode(tokenizer, 'Paris","days":7}');
  line('validate: ', t.matcher_validate(matcher, ids, ids.length), ` of ${ids.length}`);
  for (const id of ids) {
    if (!t.matcher_allows(matcher, id)) fail('allows');
    if (t.matcher_accept(matcher, id) !== 0) fail('accept');
  }
  line(...['complete', 'finished', 'ended', 'stuck'].map(
    (name) => `${name} ${Number(t[`matcher_is_${name}`](matcher))}, `), 'steps ',
  t.matcher_steps(matcher));
  line('again: ', t.status_name(t.matcher_accept(matcher, ids[0])));
  line('out of range: ', t.status_name(t.matcher_accept(matcher, VOCAB)));
  line('roll back 2: ', t.status_name(t.matcher_rollback(matcher, 2)));
  line('roll back 99: ', t.status_name(t.matcher_rollback(matcher, 99)));

  const all = koffi.alloc('void *', 3);
  [matcher, fork, matcher].forEach((one, i) => koffi.encode(all, i * 8, 'void *', one));
  must('matcher_fill_masks', all, 3, masks, WORDS, 0, 2, statuses);
  const rows = [0, 1, 2].map((i) => masks.subarray(i * WORDS, (i + 1) * WORDS));
  line('masks:', ...rows.map((row) => ` ${bits(row)}`), ', ', t.status_name(statuses[1]));
  line('fork: ', rows[1].every((word, i) => word === mask[i]) ? 'where it was' : 'moved');
  line('small mask: ', t.status_name(t.matcher_fill_mask(matcher, mask, WORDS - 1, 0, null)));
  const why = make('matcher_explain', fork, ...text('Par1s'));
  line('explain: offset ', t.explanation_offset(why), ', ', string('explanation_what', why, 0),
    ' (', string('explanation_where', why, 0), ')');
  free.explanation(why);
  t.matcher_reset(fork);
  line('reset: ', t.matcher_steps(fork), ' steps');
  free.matcher(matcher);
  free.matcher(fork);
}

function badCalls(tokenizer) {
  const count = [0], a = Buffer.from('a');
  const encodeError = (what, options, data = 'a') => showError(what, 'tokenizer_encode', tokenizer,
    ...text(data), place('EncodeOptions', options), null, 0, count);
  showError('no tokenizer', 'tokenizer_encode', null, a, 1, null, null, 0, count);
  showError('no text', 'tokenizer_encode', tokenizer, null, 1, null, null, 0, count);
  showError('no count', 'tokenizer_encode', tokenizer, a, 1, null, null, 0, null);
  showError('no out', 'mask_tables_new', tokenizer, 0, null);
  showError('no tokenizer', 'mask_tables_new', null, 0, [null]);
  showError('id out of range', 'tokenizer_decode', tokenizer, Uint32Array.of(VOCAB), 1, null,
    Buffer.alloc(8), 8, count);
  encodeError('small struct_size', { struct_size: 4 });
  encodeError('large struct_size', { struct_size: 4096 });
  encodeError('no such unit', { offset_unit: 7 });
  encodeError('special text', { special_text: 3 }, '<|endoftext|>');
  showError('no tokenizer in it', 'tokenizer_from_bytes', ...text('{"version"'), null, [null]);
  line('no file: ', t.status_name(t.tokenizer_load(...text('no/such/file'), null, [null], null)));
  line('null handles: ', Number(t.matcher_allows(null, 0)), ' ', t.tokenizer_vocab_size(null), ' ',
    t.status_name(t.matcher_accept(null, 0)));
  for (const name of owners) free[name](null);
  line('free(NULL): fine');
}

function sample(grammar) {
  const mask = new Uint32Array(WORDS);
  const matcher = make('matcher_new', grammar);
  t.matcher_accept_bytes(matcher, ...text('{"city":"'));
  t.matcher_fill_mask(matcher, mask, WORDS, 0, null);
  free.matcher(matcher);
  const values = Float32Array.from({ length: 2 * VOCAB },
    (_, i) => noise(Math.floor(i / VOCAB), 5, i % VOCAB) * 8);
  const logits = hold(values);
  const batch = { logits, rows: 2, vocab: VOCAB, masks: hold(mask), mask_rows: 1, outputs: 1 | 8,
    mask_index: hold(Int32Array.of(0, -1)),
    parameters: place('RowParameters', { temperature: 1, seed: 7 }, {}) };
  const results = place('RowResult', {}, {});
  must('sample_masked', place('SampleBatch', batch), results);
  koffi.decode(results, 'RowResult', 2).forEach((result, row) => {
    const mass = Math.fround(result.log_sum - result.log_sum_all);
    line(`row ${row}: id ${result.id}, ${result.allowed} allowed, ` +
      `log p ${result.log_prob.toFixed(4)}, mass ${mass.toFixed(4)}`);
  });
  showError('short masks', 'sample_masked', place('SampleBatch', { ...batch, mask_row_words: 1 }),
    results);

  const top = { temperature: 0.5, top_k: 3, repetition_penalty: 1.2 };
  const sampler = make('sampler_new', place('SamplingOptions', top));
  const written = new Uint32Array(4);
  for (let i = 0; i < 4; ++i) {
    const row = place('SamplerRow', { logits, vocab: VOCAB, seed: 3,
      output: { data: hold(written), count: i } });
    must('sampler_sample', sampler, row, results);
    written[i] = koffi.decode(results, 'RowResult').id;
    t.sampler_accept(sampler, written[i]);
  }
  showIds('sampler', written);
  free.sampler(sampler);
  showError('bad sampler', 'sampler_new', place('SamplingOptions', { ...top, top_p: 7, min_p: -1 }),
    [null]);
}

function showOutputs(what, outputs) {
  for (let i = 0; i < t.outputs_count(outputs); ++i) {
    line(what, ': ', t.generation_status_name(t.outputs_status(outputs, i)), ' ',
      string('outputs_text', outputs, i), ', ',
      elements('uint32_t', 'outputs_ids', outputs, i)?.length ?? 0, ' ids');
    const error = string('outputs_error', outputs, i);
    if (error) line('  ', error);
  }
}

function generate(tokenizer, grammar) {
  const prompt = 'Trip: ';
  const model = new Model(tokenizer, prompt);
  const source = make('source_from_function', VOCAB, model.function, null, null);
  const options = { grammar, seed: 11, count: 2, max_tokens: 40 };
  const run = (more) => make('generate', source, tokenizer, ...text(prompt),
    place('GenerateOptions', { ...options, ...more }));
  const show = (what, more) => {
    const outputs = run(more);
    showOutputs(what, outputs);
    free.outputs(outputs);
  };

  ['adaptive', 'mask', 'reject', 'reject_weighted', 'exact'].forEach((name, mode) => {
    model.calls = 0;
    const outputs = run({ mode });
    showOutputs(name, outputs);
    const statistics = place('Statistics', {});
    must('outputs_statistics', outputs, 0, statistics);
    const s = koffi.decode(statistics, 'Statistics');
    line(`  ${model.calls} calls, ${s.masks} masks, ${s.tests} tests, ${s.attempts} attempts, ` +
      `log p ${t.outputs_log_prob(outputs, 0).toFixed(4)}, ` +
      `log weight ${(t.outputs_log_weight(outputs, 0) + 0).toFixed(4)}`);
    free.outputs(outputs);
  });

  options.count = 0;
  say('pieces: ');
  free.outputs(run({ on_text: collectText }));
  line();
  show('stop', { stop: place('Bytes', span('","da')), stop_count: 1 });
  model.answer = 42;
  show('failing model');
  model.answer = 0;
  const cancel = make('cancel_new');
  t.cancel_set(cancel, true);
  show('cancelled', { cancel });
  free.cancel(cancel);

  const particles = { particles: 8, critic: preferParis };
  const posterior = make('generate_posterior', source, tokenizer, ...text(prompt),
    place('GenerateOptions', { ...options, ...particles }));
  for (let i = 0; i < t.posterior_count(posterior); ++i) {
    line(`posterior: ${t.posterior_probability(posterior, i).toFixed(4)} `,
      t.generation_status_name(t.posterior_status(posterior, i)), ' ',
      string('posterior_text', posterior, i), ', ', t.posterior_particle_count(posterior, i),
      ' particles');
  }
  line('  ', t.outputs_count(t.posterior_particles(posterior)), ' particles, log evidence ',
    t.posterior_log_evidence(posterior).toFixed(4), ', ', t.posterior_resamplings(posterior),
    ' resamplings');
  free.posterior(posterior);
  showError('posterior by reject', 'generate_posterior', source, tokenizer, ...text(prompt),
    place('GenerateOptions', { ...options, ...particles, mode: 2 }), [null]);
  showError('no such mode', 'generate', source, tokenizer, ...text(prompt),
    place('GenerateOptions', { ...options, mode: 5 }), [null]);
  free.source(source);
}

function ngram() {
  const source = make('source_load_ngram', ...text(`${root}/data/models/records-8k.ngram`));
  const tokenizer = make('source_tokenizer', source);
  line('ngram: ', t.source_vocab(source), ' ids');
  const tables = make('mask_tables_new', tokenizer, 0);
  const spaced = place('JsonSchemaOptions', { style: 1, plain_characters: true,
    item_separator: span(', '), key_separator: span(': ') });
  const grammar = make('grammar_from_json_schema', tables, ...text(RECORD), spaced, null);
  const options = place('GenerateOptions', { grammar, seed: 7, count: 3,
    sampling: place('SamplingOptions', { temperature: 0.8 }) });
  const outputs = make('generate', source, tokenizer, ...text('A person: '), options);
  showOutputs('~ record', outputs);
  free.outputs(outputs);

  const ids = encode(tokenizer, 'the end'), logProbs = new Float64Array(ids.length);
  must('prompt_log_probs', source, tokenizer, ids, ids.length, logProbs);
  line('~ log p:', ...[...logProbs].map((one) => ` ${one.toFixed(3)}`));
  free.grammar(grammar);
  free.mask_tables(tables);
  free.tokenizer(tokenizer);
  free.source(source);
}

line('version: ', t.version(), ' ', t.version_number());
const tokenizer = load();
encodeAndDecode(tokenizer);
const tables = make('mask_tables_new', tokenizer, 0);
notations(tables);
badGrammars(tables);
const grammar = schemaGrammar(tables);
match(tokenizer, grammar);
badCalls(tokenizer);
sample(grammar);
generate(tokenizer, grammar);
ngram();
free.grammar(grammar);
free.mask_tables(tables);
free.tokenizer(tokenizer);
