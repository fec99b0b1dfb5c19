"""The job of job.c, through ctypes, with the same output.

    job.py LIBRARY SOURCE_ROOT
"""
import ctypes as c
import struct
import sys

lib = c.CDLL(sys.argv[1])
root = sys.argv[2]

VOCAB = 8192
WORDS = VOCAB // 32
NO_TOKEN = 0xFFFFFFFF
TEXT = "Hello, wörld 😀! 123".encode()
SCHEMA = (b'{"type":"object","properties":{"city":{"enum":["Ankara","Paris"]},'
          b'"days":{"type":"integer","minimum":1,"maximum":14}},'
          b'"required":["city","days"],"additionalProperties":false}')
RECORD = (b'{"type":"object","properties":{"name":{"type":"string",'
          b'"pattern":"^[A-Z][a-z]{1,9}$"},"active":{"type":"boolean"}},'
          b'"required":["name","active"],"additionalProperties":false}')

u8, u32, i32, u64, size, f32, f64, flag, p = (c.c_uint8, c.c_uint32, c.c_int32, c.c_uint64,
                                              c.c_size_t, c.c_float, c.c_double, c.c_bool,
                                              c.c_void_p)


# ---- structures

class Bytes(c.Structure):
    _fields_ = [("data", c.c_char_p), ("length", size)]


class Ids(c.Structure):
    _fields_ = [("data", c.POINTER(u32)), ("count", size)]


class Span(c.Structure):
    _fields_ = [("begin", u64), ("end", u64)]


class Options(c.Structure):
    """A structure that knows its size."""

    def __init__(self, **fields):
        super().__init__(**fields)
        if "struct_size" not in fields:
            self.struct_size = c.sizeof(self)


class EncodeOptions(Options):
    _fields_ = [("struct_size", u32), ("no_special_tokens", flag), ("ignore_file_limits", flag),
                ("with_offsets", flag), ("special_text", i32), ("offset_unit", i32)]


class JsonSchemaOptions(Options):
    _fields_ = [("struct_size", u32), ("key_order", i32), ("draft", i32), ("style", i32),
                ("ignore_formats", flag), ("strict_formats", flag), ("lenient", flag),
                ("plain_characters", flag), ("plain_in_patterns", flag),
                ("short_numbers", flag), ("max_white_space", u32),
                ("item_separator", Bytes), ("key_separator", Bytes), ("max_nodes", size),
                ("max_depth", u32)]


class NamedGrammar(c.Structure):
    _fields_ = [("name", Bytes), ("text", Bytes)]


Loader = c.CFUNCTYPE(i32, p, p, size, c.POINTER(c.c_char_p), c.POINTER(size))


class LarkOptions(Options):
    _fields_ = [("struct_size", u32), ("lex_every", flag), ("grammars", c.POINTER(NamedGrammar)),
                ("grammar_count", size), ("loader", Loader), ("loader_user", p), ("json", p)]


class RegexOptions(Options):
    _fields_ = [("struct_size", u32), ("dialect", i32), ("search", flag),
                ("case_insensitive", flag), ("dot_all", flag), ("extended", flag)]


class SamplingOptions(Options):
    _fields_ = [("struct_size", u32), ("temperature", f32), ("order", i32), ("top_k", u32),
                ("top_p", f32), ("min_p", f32), ("typical_p", f32), ("epsilon_cutoff", f32),
                ("eta_cutoff", f32), ("top_n_sigma", f32), ("top_h", f32),
                ("xtc_probability", f32), ("xtc_threshold", f32),
                ("dynamic_temperature_range", f32), ("dynamic_temperature_exponent", f32),
                ("repetition_penalty", f32), ("frequency_penalty", f32),
                ("presence_penalty", f32), ("penalty_window", i32), ("dry_multiplier", f32),
                ("dry_base", f32), ("dry_allowed_length", u32), ("dry_window", i32),
                ("no_repeat_ngram", u32), ("mirostat", i32), ("mirostat_tau", f32),
                ("mirostat_eta", f32), ("min_tokens", u32), ("dry_breakers", p),
                ("dry_breaker_count", size), ("logit_bias", p), ("logit_bias_count", size),
                ("banned", p), ("banned_count", size)]


OnText = c.CFUNCTYPE(None, p, p, size)
Critic = c.CFUNCTYPE(i32, p, c.POINTER(Bytes), c.POINTER(u8), size, c.POINTER(f64))
LogitsFunction = c.CFUNCTYPE(i32, p, c.POINTER(Ids), size, c.POINTER(f32), size)


class GenerateOptions(Options):
    _fields_ = [("struct_size", u32), ("mode", i32), ("grammar", p),
                ("sampling", c.POINTER(SamplingOptions)), ("stop", c.POINTER(Bytes)),
                ("stop_count", size), ("seed", u64), ("stream", u64), ("count", u32),
                ("max_tokens", u32), ("min_tokens", u32), ("forced", i32), ("threads", i32),
                ("estimator", i32), ("constraint_order", i32), ("particles", u32),
                ("resampling", i32), ("ess_threshold", f64), ("critic", Critic),
                ("critic_user", p), ("deadline_seconds", f64), ("exact_budget", u64),
                ("mask_cost", f64), ("on_text", OnText), ("on_text_user", p), ("cancel", p)]


class Statistics(Options):
    _fields_ = [("struct_size", u32), ("model_calls", u32), ("skipped_calls", u32),
                ("masks", u32), ("tests", u64), ("attempts", u32), ("explored", f64),
                ("seconds", f64), ("model_seconds", f64)]


class RowParameters(c.Structure):
    _fields_ = [("temperature", f32), ("top_k", u32), ("top_p", f32), ("min_p", f32),
                ("repetition_penalty", f32), ("frequency_penalty", f32),
                ("presence_penalty", f32), ("order", i32), ("position", u32), ("draw", u32),
                ("seed", u64), ("stream", u64)]


class RowResult(c.Structure):
    _fields_ = [("id", u32), ("flags", u32), ("allowed", u32), ("kept", u32), ("log_prob", f32),
                ("log_prob_all", f32), ("raw_log_prob", f32), ("log_sum", f32),
                ("log_sum_all", f32), ("max_logit", f32), ("entropy", f32)]


class SampleBatch(Options):
    _fields_ = [("struct_size", u32), ("logits_type", i32), ("logits", p), ("rows", size),
                ("vocab", size), ("row_stride", size), ("masks", p), ("mask_rows", size),
                ("mask_row_words", size), ("mask_index", p), ("parameters", p),
                ("adjustments", p), ("adjustment_offsets", p), ("outputs", u32), ("top_n", u32),
                ("top_ids", p), ("top_log_probs", p), ("threads", i32)]


class SamplerRow(Options):
    _fields_ = [("struct_size", u32), ("outputs", u32), ("logits", p), ("vocab", size),
                ("mask", p), ("prompt", Ids), ("output", Ids), ("end_ids", Ids), ("seed", u64),
                ("stream", u64)]


# ---- calls

def typed(name, result, *arguments):
    function = getattr(lib, "tokrail_" + name)
    function.restype, function.argtypes = result, arguments or None
    return function


for name in ("version", "status_name", "generation_status_name"):
    typed(name, c.c_char_p)
for name in ("error_message", "error_where", "grammar_warning", "grammar_warning_where",
             "explanation_what", "explanation_where", "outputs_text", "outputs_error",
             "posterior_text", "stream_decoder_push", "stream_decoder_finish",
             "tokenizer_token_bytes", "tokenizer_eos_ids", "encodings_ids", "encodings_offsets",
             "outputs_ids", "posterior_particles"):
    typed(name, p)
for name in ("tokenizer_vocab_size", "encodings_count", "grammar_warning_count", "matcher_steps",
             "matcher_validate", "explanation_offset", "outputs_count", "posterior_count",
             "source_vocab"):
    typed(name, size)
for name in ("tokenizer_role_id", "tokenizer_find_piece", "posterior_particle_count",
             "posterior_resamplings", "version_number"):
    typed(name, u32)
for name in ("error_line_column", "matcher_allows", "matcher_is_complete", "matcher_is_finished",
             "matcher_is_ended", "matcher_is_stuck", "stream_decoder_failed"):
    typed(name, flag)
for name in ("outputs_log_prob", "outputs_log_weight", "posterior_probability",
             "posterior_log_evidence"):
    typed(name, f64)


def native(argument):
    """Numbers are sizes unless they say otherwise: ctypes would pass 32 bits."""
    return size(argument) if type(argument) is int else argument


def call(name, *arguments):
    return getattr(lib, "tokrail_" + name)(*map(native, arguments))


def string(name, *arguments):
    """A string that is lent."""
    length = size()
    data = call(name, *arguments, c.byref(length))
    return None if data is None else c.string_at(data, length.value)


def elements(kind, name, *arguments):
    count = size()
    data = call(name, *arguments, c.byref(count))
    return None if data is None else list(c.cast(data, c.POINTER(kind))[:count.value])


def say(*parts):
    sys.stdout.buffer.write(b"".join(x if isinstance(x, bytes) else str(x).encode()
                                     for x in parts))


def line(*parts):
    say(*parts, "\n")


def fail(what):
    line("FAILED: ", what)
    sys.stdout.flush()
    sys.exit(1)


def status_name(status):
    return call("status_name", i32(status))


def must(name, *arguments):
    """A call that must succeed."""
    error = p()
    status = call(name, *arguments, c.byref(error))
    if status != 0:
        fail(f"{name}: {status_name(status)}: {string('error_message', error)}")
    if error.value is not None:
        fail("an error object beside ok")


def make(name, *arguments):
    """Calls what makes an object."""
    out = p()
    must(name, *arguments, c.byref(out))
    return out


def show_error(what, name, *arguments):
    """A call that must not succeed."""
    error = p()
    status = call(name, *arguments, c.byref(error))
    if call("error_code", error) != status:
        fail("the code of the error is not the status")
    message, where = string("error_message", error), string("error_where", error)
    say(what, ": ", status_name(status), ": ", message.split(b"\n")[0])
    if where:
        say(" @ ", where)
    row, column = size(), size()
    if call("error_line_column", error, c.byref(row), c.byref(column)):
        say(f" (line {row.value}, column {column.value})")
    line()
    call("error_free", error)


def show_ids(what, ids):
    line(what, ":", *(f" {one}" for one in ids))


def bits(words):
    return sum(bin(word).count("1") for word in words)


def text(data):
    return data, len(data)


def encode(tokenizer, data):
    ids, count = (u32 * 256)(), size()
    must("tokenizer_encode", tokenizer, *text(data), None, ids, 256, c.byref(count))
    return list(ids[:count.value])


# ---- the user's model

def noise(length, last, first, end):
    rows = []
    base = length * 2654435761 + last * 40503
    for one in range(first, end):
        h = (base + one * 2246822519) & 0xFFFFFFFF
        h = ((h ^ h >> 15) * 2654435761) & 0xFFFFFFFF
        rows.append((h >> 24) / 256)
    return rows


class Model:
    def __init__(self, tokenizer, prompt):
        self.prompt = len(encode(tokenizer, prompt))
        self.texts = [encode(tokenizer, one) for one in (b'{"city":"Paris","days":7}',
                                                         b'{"city":"Rome","days":3}',
                                                         b'{"city":"Ankara","days":30}')]
        self.eos = elements(u32, "tokenizer_eos_ids", tokenizer)[0]
        self.calls = self.answer = 0
        self.function = LogitsFunction(self.fill_rows)

    def fill_rows(self, user, contexts, count, rows, vocab):
        self.calls += 1
        for i in range(count):
            written = contexts[i].data[self.prompt:contexts[i].count]
            row = noise(len(written), written[-1] if written else 0, 0, vocab)
            for liked in self.texts:
                if written == liked[:len(written)]:
                    row[(liked + [self.eos])[len(written)]] += 14
            c.memmove(c.byref(rows.contents, i * vocab * 4), struct.pack(f"{vocab}f", *row),
                      vocab * 4)
        return self.answer


@OnText
def collect_text(user, data, length):
    say("[", c.string_at(data, length), "]")


@Critic
def prefer_paris(user, texts, complete, count, scores):
    for i in range(count):
        has = texts[i].length > 0 and b"Par" in c.string_at(texts[i].data, texts[i].length)
        scores[i] = 0.5 if has else 0
    return 0


kept = {"digit": c.create_string_buffer(b"start: /[0-9]/")}


@Loader
def load_grammar(user, name, length, found, found_length):
    one = kept.get(c.string_at(name, length).decode())
    if one is None:
        return 1
    found[0] = c.cast(one, c.c_char_p)
    found_length[0] = len(one.value)
    return 0


# ---- the steps

def load():
    path = f"{root}/data/tokenizers/english-code-8k.json".encode()
    tokenizer = make("tokenizer_load", *text(path), None)
    line("tokenizer: ", call("tokenizer_vocab_size", tokenizer), " ids, bos ",
         "none" if call("tokenizer_role_id", tokenizer, i32(0)) == NO_TOKEN else "some")
    show_ids("eos", elements(u32, "tokenizer_eos_ids", tokenizer))
    return tokenizer


def encode_and_decode(tokenizer):
    count = size()
    must("tokenizer_encode", tokenizer, *text(TEXT), None, None, 0, c.byref(count))
    line("encode: ", count.value, " ids")
    ids = encode(tokenizer, TEXT)
    show_ids("ids", ids)
    array, buffer, length = (u32 * 256)(*ids), c.create_string_buffer(256), size()
    must("tokenizer_decode", tokenizer, array, len(ids), None, buffer, 256, c.byref(length))
    line("decode: ", "equal" if buffer.raw[:length.value] == TEXT else "no")
    show_error("two ids of room", "tokenizer_encode", tokenizer, *text(TEXT), None, array, 2,
               c.byref(count))

    in_characters = EncodeOptions(offset_unit=1)
    one = make("tokenizer_encode_with_offsets", tokenizer, *text(TEXT), c.byref(in_characters))
    spans = elements(Span, "encodings_offsets", one, 0)
    line("offsets:", *(f" {span.begin}-{span.end}" for span in spans))
    call("encodings_free", one)

    texts = [b"one", b"", b"a\0b", TEXT]
    views = (Bytes * 4)(*(Bytes(data, len(data)) for data in texts))
    one = make("tokenizer_encode_batch", tokenizer, views, 4, None, i32(2))
    line("batch:", *(f" {len(elements(u32, 'encodings_ids', one, i) or [])}"
                     for i in range(call("encodings_count", one))),
         ", offsets ",
         "not made" if elements(Span, "encodings_offsets", one, 0) is None else "made")
    call("encodings_free", one)

    stream = make("stream_decoder_new", tokenizer, None)
    pieces = [string("stream_decoder_push", stream, u32(one)) for one in ids]
    pieces.append(string("stream_decoder_finish", stream))
    line("stream:", *(b" [" + piece + b"]" for piece in pieces))
    string("stream_decoder_push", stream, u32(VOCAB))
    line("stream, id out of range: ",
         "failed" if call("stream_decoder_failed", stream) else "no failure")
    call("stream_decoder_free", stream)

    line(f"token {ids[0]}: ", string("tokenizer_token_bytes", tokenizer, u32(ids[0])), ", kind ",
         call("tokenizer_token_kind", tokenizer, u32(ids[0])))
    beyond = string("tokenizer_token_bytes", tokenizer, u32(VOCAB))
    line(f"token {VOCAB}: ", "none" if beyond is None else "some", ", kind ",
         call("tokenizer_token_kind", tokenizer, u32(VOCAB)))
    missing = call("tokenizer_find_piece", tokenizer, *text(b"no such piece"))
    line("find: ", call("tokenizer_find_piece", tokenizer, *text(b"<|endoftext|>")), " ",
         "none" if missing == NO_TOKEN else "some")


def show_grammar(what, grammar):
    mask = (u32 * WORDS)()
    matcher = make("matcher_new", grammar)
    if call("matcher_fill_mask", matcher, mask, WORDS, 0, None) != 0:
        fail("mask")
    warnings = call("grammar_warning_count", grammar)
    line(what, ": ", bits(mask), " tokens first, ", warnings, " warnings")
    for i in range(warnings):
        line("  ", string("grammar_warning_where", grammar, i), ": ",
             string("grammar_warning", grammar, i))
    call("grammar_free", grammar)  # the matcher goes on
    if call("matcher_is_complete", matcher):
        fail("complete at the beginning")
    call("matcher_free", matcher)


def notations(tables):
    show_grammar("gbnf", make("grammar_from_gbnf", tables, *text(b'root ::= "yes" | "no" root'),
                              None))
    word = NamedGrammar(Bytes(*text(b"word")), Bytes(*text(b"start: /[a-z]+/")))
    lark = LarkOptions(grammars=c.pointer(word), grammar_count=1, loader=load_grammar)
    show_grammar("lark", make("grammar_from_lark", tables, *text(b"start: @word | @digit"),
                              c.byref(lark), None))
    show_error("lark without its part", "grammar_from_lark", tables, *text(b"start: @missing"),
               c.byref(lark), None, c.byref(p()))
    regex = RegexOptions(case_insensitive=True)
    show_grammar("regex", make("grammar_from_regex", tables, *text(b"ab+c?"), c.byref(regex),
                               None))
    tag = (b'{"type":"structural_tag","format":{"type":"tag","begin":"<tool>",'
           b'"content":{"type":"json_schema","json_schema":{"type":"boolean"}},'
           b'"end":"</tool>"}}')
    show_grammar("structural tag", make("grammar_from_structural_tag", tables, *text(tag), None,
                                        None))
    lenient = JsonSchemaOptions(lenient=True)
    schema = b'{"type":"string","format":"no-such-format"}'
    show_grammar("json schema", make("grammar_from_json_schema", tables, *text(schema),
                                     c.byref(lenient), None))


def bad_grammars(tables):
    g = p(1)
    show_error("bad gbnf", "grammar_from_gbnf", tables, *text(b'root ::= "a"\nb := c\n'), None,
               c.byref(g))
    if g.value is not None:
        fail("a grammar beside an error")
    show_error("bad schema", "grammar_from_json_schema", tables,
               *text(b'{"properties":{"a":{"type":"text"}}}'), None, None, c.byref(g))
    show_error("unsupported regex", "grammar_from_regex", tables, *text(b"(?=a)b"), None, None,
               c.byref(g))
    show_error("bad tkg", "grammar_from_tkg", tables, *text(b"TKG1 and nothing more"), None,
               c.byref(g))
    line("without an error object: ",
         status_name(call("grammar_from_gbnf", tables, *text(b"root ::= root"), None, c.byref(g),
                          None)))


def schema_grammar(tables):
    compact = JsonSchemaOptions(style=1, plain_characters=True)
    grammar = make("grammar_from_json_schema", tables, *text(SCHEMA), c.byref(compact), None)
    length, again_length = size(), size()
    must("grammar_to_tkg", grammar, None, 0, c.byref(length))
    file = c.create_string_buffer(length.value)
    must("grammar_to_tkg", grammar, file, length.value, c.byref(length))
    again = make("grammar_from_tkg", tables, file, length.value, None)
    must("grammar_to_tkg", again, None, 0, c.byref(again_length))
    line("tkg: ", "as long as before" if length.value == again_length.value else "changed")
    call("grammar_free", again)
    return grammar


def match(tokenizer, grammar):
    mask, masks, statuses = (u32 * WORDS)(), (u32 * (3 * WORDS))(), (i32 * 3)()
    matcher = make("matcher_new", grammar)
    forced, length, array, count = c.create_string_buffer(64), size(), (u32 * 256)(), size()
    must("matcher_forced_bytes", matcher, 0, forced, 64, c.byref(length))
    line("forced: ", forced.raw[:length.value])
    must("matcher_forced_tokens", matcher, 0, array, 256, c.byref(count))
    show_ids("forced ids", array[:count.value])
    if call("matcher_accept_bytes", matcher, *text(b'{"city":"')) != 0:
        fail("accept bytes")
    fork = make("matcher_fork", matcher)
    call("matcher_fill_mask", matcher, mask, WORDS, 0, None)
    line("cities: ", bits(mask), " tokens")

    ids = encode(tokenizer, b'Paris","days":7}')
    array = (u32 * len(ids))(*ids)
    line("validate: ", call("matcher_validate", matcher, array, len(ids)), f" of {len(ids)}")
    for one in ids:
        if not call("matcher_allows", matcher, u32(one)):
            fail("allows")
        if call("matcher_accept", matcher, u32(one)) != 0:
            fail("accept")
    line(*(f"{name} {int(call('matcher_is_' + name, matcher))}, "
           for name in ("complete", "finished", "ended", "stuck")),
         "steps ", call("matcher_steps", matcher))
    line("again: ", status_name(call("matcher_accept", matcher, u32(ids[0]))))
    line("out of range: ", status_name(call("matcher_accept", matcher, u32(VOCAB))))
    line("roll back 2: ", status_name(call("matcher_rollback", matcher, 2)))
    line("roll back 99: ", status_name(call("matcher_rollback", matcher, 99)))

    all_three = (p * 3)(matcher, fork, matcher)
    must("matcher_fill_masks", all_three, 3, masks, WORDS, 0, i32(2), statuses)
    rows = [masks[i * WORDS:(i + 1) * WORDS] for i in range(3)]
    line("masks:", *(f" {bits(row)}" for row in rows), ", ", status_name(statuses[1]))
    line("fork: ", "where it was" if rows[1] == list(mask) else "moved")
    line("small mask: ",
         status_name(call("matcher_fill_mask", matcher, mask, WORDS - 1, 0, None)))
    why = make("matcher_explain", fork, *text(b"Par1s"))
    line("explain: offset ", call("explanation_offset", why), ", ",
         string("explanation_what", why, 0), " (", string("explanation_where", why, 0), ")")
    call("explanation_free", why)
    call("matcher_reset", fork)
    line("reset: ", call("matcher_steps", fork), " steps")
    call("matcher_free", matcher)
    call("matcher_free", fork)


def bad_calls(tokenizer):
    count, none = size(), p()

    def encode_error(what, options, data=b"a"):
        show_error(what, "tokenizer_encode", tokenizer, *text(data), c.byref(options), None, 0,
                   c.byref(count))

    show_error("no tokenizer", "tokenizer_encode", None, b"a", 1, None, None, 0, c.byref(count))
    show_error("no text", "tokenizer_encode", tokenizer, None, 1, None, None, 0, c.byref(count))
    show_error("no count", "tokenizer_encode", tokenizer, b"a", 1, None, None, 0, None)
    show_error("no out", "mask_tables_new", tokenizer, 0, None)
    show_error("no tokenizer", "mask_tables_new", None, 0, c.byref(none))
    show_error("id out of range", "tokenizer_decode", tokenizer, (u32 * 1)(VOCAB), 1, None,
               c.create_string_buffer(8), 8, c.byref(count))
    encode_error("small struct_size", EncodeOptions(struct_size=4))
    encode_error("large struct_size", EncodeOptions(struct_size=4096))
    encode_error("no such unit", EncodeOptions(offset_unit=7))
    encode_error("special text", EncodeOptions(special_text=3), b"<|endoftext|>")
    show_error("no tokenizer in it", "tokenizer_from_bytes", *text(b'{"version"'), None,
               c.byref(none))
    line("no file: ", status_name(call("tokenizer_load", *text(b"no/such/file"), None,
                                       c.byref(none), None)))
    line("null handles: ", int(call("matcher_allows", None, u32(0))), " ",
         call("tokenizer_vocab_size", None), " ",
         status_name(call("matcher_accept", None, u32(0))))
    for what in ("error", "cancel", "tokenizer", "encodings", "stream_decoder", "mask_tables",
                 "grammar", "matcher", "explanation", "source", "outputs", "posterior",
                 "sampler"):
        call(what + "_free", None)
    line("free(NULL): fine")


def sample(grammar):
    mask = (u32 * WORDS)()
    matcher = make("matcher_new", grammar)
    call("matcher_accept_bytes", matcher, *text(b'{"city":"'))
    call("matcher_fill_mask", matcher, mask, WORDS, 0, None)
    call("matcher_free", matcher)
    logits = (f32 * (2 * VOCAB))(*(x * 8 for row in range(2) for x in noise(row, 5, 0, VOCAB)))
    parameters = (RowParameters * 2)(RowParameters(temperature=1, seed=7), RowParameters())
    batch = SampleBatch(logits=c.addressof(logits), rows=2, vocab=VOCAB, masks=c.addressof(mask),
                        mask_rows=1, parameters=c.addressof(parameters), outputs=1 | 8)
    mask_index = (i32 * 2)(0, -1)
    batch.mask_index = c.addressof(mask_index)
    results = (RowResult * 2)()
    must("sample_masked", c.byref(batch), results)
    for row, result in enumerate(results):
        mass = struct.unpack("f", struct.pack("f", result.log_sum - result.log_sum_all))[0]
        line(f"row {row}: id {result.id}, {result.allowed} allowed, "
             f"log p {result.log_prob:.4f}, mass {mass:.4f}")
    batch.mask_row_words = 1
    show_error("short masks", "sample_masked", c.byref(batch), results)

    top = SamplingOptions(temperature=0.5, top_k=3, repetition_penalty=1.2)
    sampler = make("sampler_new", c.byref(top))
    written = (u32 * 4)()
    row = SamplerRow(logits=c.addressof(logits), vocab=VOCAB, seed=3)
    row.output.data = written
    for i in range(4):
        row.output.count = i
        must("sampler_sample", sampler, c.byref(row), results)
        written[i] = results[0].id
        call("sampler_accept", sampler, u32(written[i]))
    show_ids("sampler", written)
    call("sampler_free", sampler)
    top.top_p, top.min_p = 7, -1
    show_error("bad sampler", "sampler_new", c.byref(top), c.byref(p()))


def show_outputs(what, outputs):
    for i in range(call("outputs_count", outputs)):
        line(what, ": ", call("generation_status_name", i32(call("outputs_status", outputs, i))),
             " ", string("outputs_text", outputs, i), ", ",
             len(elements(u32, "outputs_ids", outputs, i) or []), " ids")
        if string("outputs_error", outputs, i):
            line("  ", string("outputs_error", outputs, i))


def generate(tokenizer, grammar):
    prompt = b"Trip: "
    model = Model(tokenizer, prompt)
    source = make("source_from_function", VOCAB, model.function, None, None)
    options = GenerateOptions(grammar=grammar, seed=11, count=2, max_tokens=40)

    def run():
        return make("generate", source, tokenizer, *text(prompt), c.byref(options))

    def show(what):
        outputs = run()
        show_outputs(what, outputs)
        call("outputs_free", outputs)

    for mode, name in enumerate(("adaptive", "mask", "reject", "reject_weighted", "exact")):
        options.mode, model.calls = mode, 0
        outputs = run()
        show_outputs(name, outputs)
        s = Statistics()
        must("outputs_statistics", outputs, 0, c.byref(s))
        line(f"  {model.calls} calls, {s.masks} masks, {s.tests} tests, {s.attempts} attempts, "
             f"log p {call('outputs_log_prob', outputs, 0):.4f}, "
             f"log weight {call('outputs_log_weight', outputs, 0) + 0.0:.4f}")
        call("outputs_free", outputs)

    options.mode, options.count, options.on_text = 0, 0, collect_text
    say("pieces: ")
    call("outputs_free", run())
    line()
    options.on_text = OnText()
    options.stop = c.pointer(Bytes(*text(b'","da')))
    options.stop_count = 1
    show("stop")
    options.stop_count = 0
    model.answer = 42
    show("failing model")
    model.answer = 0
    cancel = make("cancel_new")
    call("cancel_set", cancel, flag(True))
    options.cancel = cancel
    show("cancelled")
    call("cancel_free", cancel)
    options.cancel = None

    options.particles, options.critic = 8, prefer_paris
    posterior = make("generate_posterior", source, tokenizer, *text(prompt), c.byref(options))
    for i in range(call("posterior_count", posterior)):
        line(f"posterior: {call('posterior_probability', posterior, i):.4f} ",
             call("generation_status_name", i32(call("posterior_status", posterior, i))), " ",
             string("posterior_text", posterior, i), ", ",
             call("posterior_particle_count", posterior, i), " particles")
    particles = p(call("posterior_particles", posterior))
    line("  ", call("outputs_count", particles), " particles, log evidence ",
         f"{call('posterior_log_evidence', posterior):.4f}, ",
         call("posterior_resamplings", posterior), " resamplings")
    call("posterior_free", posterior)
    options.mode = 2
    show_error("posterior by reject", "generate_posterior", source, tokenizer, *text(prompt),
               c.byref(options), c.byref(p()))
    options.mode = 5
    show_error("no such mode", "generate", source, tokenizer, *text(prompt), c.byref(options),
               c.byref(p()))
    call("source_free", source)


def ngram():
    path = f"{root}/data/models/records-8k.ngram".encode()
    source = make("source_load_ngram", *text(path))
    tokenizer = make("source_tokenizer", source)
    line("ngram: ", call("source_vocab", source), " ids")
    tables = make("mask_tables_new", tokenizer, 0)
    spaced = JsonSchemaOptions(style=1, plain_characters=True, item_separator=Bytes(b", ", 2),
                               key_separator=Bytes(b": ", 2))
    grammar = make("grammar_from_json_schema", tables, *text(RECORD), c.byref(spaced), None)
    sampling = SamplingOptions(temperature=0.8)
    options = GenerateOptions(grammar=grammar, sampling=c.pointer(sampling), seed=7, count=3)
    outputs = make("generate", source, tokenizer, *text(b"A person: "), c.byref(options))
    show_outputs("~ record", outputs)
    call("outputs_free", outputs)

    ids = encode(tokenizer, b"the end")
    log_probs = (f64 * len(ids))()
    must("prompt_log_probs", source, tokenizer, (u32 * len(ids))(*ids), len(ids), log_probs)
    line("~ log p:", *(f" {one:.3f}" for one in log_probs))
    call("grammar_free", grammar)
    call("mask_tables_free", tables)
    call("tokenizer_free", tokenizer)
    call("source_free", source)


def main():
    line("version: ", call("version"), " ", call("version_number"))
    tokenizer = load()
    encode_and_decode(tokenizer)
    tables = make("mask_tables_new", tokenizer, 0)
    notations(tables)
    bad_grammars(tables)
    grammar = schema_grammar(tables)
    match(tokenizer, grammar)
    bad_calls(tokenizer)
    sample(grammar)
    generate(tokenizer, grammar)
    ngram()
    call("grammar_free", grammar)
    call("mask_tables_free", tables)
    call("tokenizer_free", tokenizer)
    sys.stdout.flush()


main()
