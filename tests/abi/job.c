/* The job that programs in C, Python and JavaScript do through the C interface, each with the same
   output (job.golden.txt): load, encode, decode, stream, batch; grammars, masks, errors; a model
   that is a function of this program, under a JSON schema in every mode; an n-gram model. Lines
   that begin with ~ depend on the model that ships: they are equal in all programs, but not golden.

     job SOURCE_ROOT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokrail.h"

#define LITERAL(text) (text), (sizeof(text) - 1)
#define MAX_IDS 256
#define VOCAB 8192
#define WORDS (VOCAB / 32)

static const char kText[] = "Hello, w\xC3\xB6rld \xF0\x9F\x98\x80! 123";
static const char kSchema[] =
    "{\"type\":\"object\",\"properties\":{\"city\":{\"enum\":[\"Ankara\",\"Paris\"]},"
    "\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":14}},"
    "\"required\":[\"city\",\"days\"],\"additionalProperties\":false}";
static const char kRecord[] =
    "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\","
    "\"pattern\":\"^[A-Z][a-z]{1,9}$\"},\"active\":{\"type\":\"boolean\"}},"
    "\"required\":[\"name\",\"active\"],\"additionalProperties\":false}";

/* ---- printing ---- */

static void fail(const char* what) {
  printf("FAILED: %s\n", what);
  exit(1);
}

/* For calls that must succeed. */
static void must(tokrail_status status, tokrail_error* const* error, const char* what) {
  if (status != TOKRAIL_OK) {
    printf("%s: %s: %s\n", what, tokrail_status_name(status),
           tokrail_error_message(error == NULL ? NULL : *error, NULL));
    exit(1);
  }
  if (error != NULL && *error != NULL) fail("an error object beside ok");
}

/* For calls that must not; frees the error. */
static void show_error(const char* what, tokrail_status status, tokrail_error* error) {
  size_t length = 0, where_length = 0;
  const char* message = tokrail_error_message(error, &length);
  const char* where = tokrail_error_where(error, &where_length);
  size_t line = 0, column = 0;
  if (tokrail_error_code(error) != status) fail("the code of the error is not the status");
  printf("%s: %s: %.*s", what, tokrail_status_name(status), (int)strcspn(message, "\n"), message);
  if (where_length > 0) printf(" @ %s", where);
  if (tokrail_error_line_column(error, &line, &column)) {
    printf(" (line %zu, column %zu)", line, column);
  }
  printf("\n");
  if (length != strlen(message)) fail("the length of a message");
  tokrail_error_free(error);
}

static void show_ids(const char* what, const uint32_t* ids, size_t count) {
  printf("%s:", what);
  for (size_t i = 0; i < count; ++i) printf(" %u", (unsigned)ids[i]);
  printf("\n");
}

static size_t bits(const uint32_t* words, size_t count) {
  size_t sum = 0;
  for (size_t i = 0; i < count * 32; ++i) sum += words[i / 32] >> (i % 32) & 1;
  return sum;
}

/* ---- the user's model: a little noise, and three texts that it likes ---- */

typedef struct model {
  size_t prompt;
  uint32_t texts[3][MAX_IDS];
  size_t lengths[3];
  uint32_t eos;
  unsigned calls;
  int32_t answer; /* what the function returns */
} model;

static float noise(size_t length, uint32_t last, uint32_t id) {
  uint32_t h = (uint32_t)length * 2654435761u + last * 40503u + id * 2246822519u;
  h = (h ^ h >> 15) * 2654435761u;
  return (float)(h >> 24) / 256.0f;
}

static int32_t fill_rows(void* user, const tokrail_ids* contexts, size_t count, float* rows,
                         size_t vocab) {
  model* m = user;
  ++m->calls;
  for (size_t i = 0; i < count; ++i) {
    float* row = rows + i * vocab;
    const uint32_t* written = contexts[i].data + m->prompt;
    const size_t length = contexts[i].count - m->prompt;
    for (uint32_t id = 0; id < vocab; ++id) {
      row[id] = noise(length, length > 0 ? written[length - 1] : 0, id);
    }
    for (size_t k = 0; k < 3; ++k) {
      if (length <= m->lengths[k] && memcmp(written, m->texts[k], length * sizeof *written) == 0) {
        row[length < m->lengths[k] ? m->texts[k][length] : m->eos] += 14;
      }
    }
  }
  return m->answer;
}

static void collect_text(void* user, const char* text, size_t length) {
  (void)user;
  printf("[%.*s]", (int)length, text);
}

static int32_t prefer_paris(void* user, const tokrail_bytes* texts, const uint8_t* complete,
                            size_t count, double* scores) {
  (void)user;
  (void)complete;
  for (size_t i = 0; i < count; ++i) {
    scores[i] = 0;
    for (size_t at = 0; at + 3 <= texts[i].length; ++at) {
      if (memcmp(texts[i].data + at, "Par", 3) == 0) scores[i] = 0.5;
    }
  }
  return 0;
}

static int32_t load_grammar(void* user, const char* name, size_t length, const char** text,
                            size_t* text_length) {
  if (length != 5 || memcmp(name, "digit", 5) != 0) return 1;
  *text = user;
  *text_length = strlen(user);
  return 0;
}

/* ---- the steps ---- */

static tokrail_tokenizer* load(const char* root) {
  char path[4096];
  tokrail_tokenizer* tokenizer = NULL;
  tokrail_error* error = NULL;
  snprintf(path, sizeof path, "%s/data/tokenizers/english-code-8k.json", root);
  must(tokrail_tokenizer_load(path, strlen(path), NULL, &tokenizer, &error), &error, "load");
  size_t eos_count = 0;
  const uint32_t* eos = tokrail_tokenizer_eos_ids(tokenizer, &eos_count);
  printf(
      "tokenizer: %zu ids, bos %s\n", tokrail_tokenizer_vocab_size(tokenizer),
      tokrail_tokenizer_role_id(tokenizer, TOKRAIL_ROLE_BOS) == TOKRAIL_NO_TOKEN ? "none" : "some");
  show_ids("eos", eos, eos_count);
  return tokenizer;
}

static void encode_and_decode(const tokrail_tokenizer* tokenizer) {
  uint32_t ids[MAX_IDS];
  char text[MAX_IDS];
  size_t count = 0, length = 0;
  tokrail_error* error = NULL;
  const size_t text_length = sizeof kText - 1;
  must(tokrail_tokenizer_encode(tokenizer, kText, text_length, NULL, NULL, 0, &count, &error),
       &error, "encode");
  printf("encode: %zu ids\n", count);
  must(tokrail_tokenizer_encode(tokenizer, kText, text_length, NULL, ids, MAX_IDS, &count, &error),
       &error, "encode");
  show_ids("ids", ids, count);
  must(tokrail_tokenizer_decode(tokenizer, ids, count, NULL, text, sizeof text, &length, &error),
       &error, "decode");
  printf("decode: %s\n",
         length == text_length && memcmp(text, kText, length) == 0 ? "equal" : "no");
  tokrail_status status =
      tokrail_tokenizer_encode(tokenizer, kText, text_length, NULL, ids, 2, &count, &error);
  show_error("two ids of room", status, error);

  tokrail_encodings* one = NULL;
  tokrail_encode_options in_characters = TOKRAIL_ENCODE_OPTIONS_INIT;
  in_characters.offset_unit = TOKRAIL_OFFSETS_IN_CODE_POINTS;
  must(tokrail_tokenizer_encode_with_offsets(tokenizer, kText, text_length, &in_characters, &one,
                                             &error),
       &error, "offsets");
  const tokrail_span* spans = tokrail_encodings_offsets(one, 0, &count);
  printf("offsets:");
  for (size_t i = 0; i < count; ++i) {
    printf(" %u-%u", (unsigned)spans[i].begin, (unsigned)spans[i].end);
  }
  printf("\n");
  tokrail_encodings_free(one);

  const tokrail_bytes texts[] = {{"one", 3}, {NULL, 0}, {"a\0b", 3}, {kText, sizeof kText - 1}};
  must(tokrail_tokenizer_encode_batch(tokenizer, texts, 4, NULL, 2, &one, &error), &error, "batch");
  printf("batch:");
  for (size_t i = 0; i < tokrail_encodings_count(one); ++i) {
    tokrail_encodings_ids(one, i, &count);
    printf(" %zu", count);
  }
  printf(", offsets %s\n", tokrail_encodings_offsets(one, 0, NULL) == NULL ? "not made" : "made");
  tokrail_encodings_free(one);

  must(tokrail_tokenizer_encode(tokenizer, kText, text_length, NULL, ids, MAX_IDS, &count, &error),
       &error, "encode");
  tokrail_stream_decoder* stream = NULL;
  must(tokrail_stream_decoder_new(tokenizer, NULL, &stream, &error), &error, "stream");
  printf("stream:");
  for (size_t i = 0; i < count; ++i) {
    printf(" [%s]", tokrail_stream_decoder_push(stream, ids[i], NULL));
  }
  printf(" [%s]\n", tokrail_stream_decoder_finish(stream, NULL));
  tokrail_stream_decoder_push(stream, VOCAB, NULL);
  printf("stream, id out of range: %s\n",
         tokrail_stream_decoder_failed(stream) ? "failed" : "no failure");
  tokrail_stream_decoder_free(stream);

  const uint32_t hello = ids[0];
  const char* bytes = tokrail_tokenizer_token_bytes(tokenizer, hello, &length);
  printf("token %u: %.*s, kind %d\n", (unsigned)hello, (int)length, bytes,
         (int)tokrail_tokenizer_token_kind(tokenizer, hello));
  bytes = tokrail_tokenizer_token_bytes(tokenizer, VOCAB, &length);
  printf("token %u: %s, kind %d\n", VOCAB, bytes == NULL ? "none" : "some",
         (int)tokrail_tokenizer_token_kind(tokenizer, VOCAB));
  printf("find: %u %s\n",
         (unsigned)tokrail_tokenizer_find_piece(tokenizer, LITERAL("<|endoftext|>")),
         tokrail_tokenizer_find_piece(tokenizer, LITERAL("no such piece")) == TOKRAIL_NO_TOKEN
             ? "none"
             : "some");
}

/* Bits of the mask at the beginning of a grammar, which is freed. */
static void show_grammar(const char* what, tokrail_status status, tokrail_error* error,
                         tokrail_grammar* grammar) {
  uint32_t mask[WORDS];
  tokrail_matcher* matcher = NULL;
  must(status, &error, what);
  must(tokrail_matcher_new(grammar, &matcher, &error), &error, "matcher");
  must(tokrail_matcher_fill_mask(matcher, mask, WORDS, 0, NULL), NULL, "mask");
  printf("%s: %zu tokens first, %zu warnings\n", what, bits(mask, WORDS),
         tokrail_grammar_warning_count(grammar));
  for (size_t i = 0; i < tokrail_grammar_warning_count(grammar); ++i) {
    printf("  %s: %s\n", tokrail_grammar_warning_where(grammar, i, NULL),
           tokrail_grammar_warning(grammar, i, NULL));
  }
  tokrail_grammar_free(grammar); /* the matcher goes on */
  if (tokrail_matcher_is_complete(matcher)) fail("complete at the beginning");
  tokrail_matcher_free(matcher);
}

static void notations(const tokrail_mask_tables* tables) {
  tokrail_grammar* g = NULL;
  tokrail_error* e = NULL;
  tokrail_status s =
      tokrail_grammar_from_gbnf(tables, LITERAL("root ::= \"yes\" | \"no\" root"), NULL, &g, &e);
  show_grammar("gbnf", s, e, g);

  const tokrail_named_grammar word = {{"word", 4}, {LITERAL("start: /[a-z]+/")}};
  tokrail_lark_options lark = TOKRAIL_LARK_OPTIONS_INIT;
  lark.grammars = &word;
  lark.grammar_count = 1;
  lark.loader = load_grammar;
  lark.loader_user = (void*)"start: /[0-9]/";
  s = tokrail_grammar_from_lark(tables, LITERAL("start: @word | @digit"), &lark, NULL, &g, &e);
  show_grammar("lark", s, e, g);
  s = tokrail_grammar_from_lark(tables, LITERAL("start: @missing"), &lark, NULL, &g, &e);
  show_error("lark without its part", s, e);

  tokrail_regex_options regex = TOKRAIL_REGEX_OPTIONS_INIT;
  regex.case_insensitive = true;
  s = tokrail_grammar_from_regex(tables, LITERAL("ab+c?"), &regex, NULL, &g, &e);
  show_grammar("regex", s, e, g);

  s = tokrail_grammar_from_structural_tag(
      tables,
      LITERAL("{\"type\":\"structural_tag\",\"format\":{\"type\":\"tag\",\"begin\":\"<tool>\","
              "\"content\":{\"type\":\"json_schema\",\"json_schema\":{\"type\":\"boolean\"}},"
              "\"end\":\"</tool>\"}}"),
      NULL, NULL, &g, &e);
  show_grammar("structural tag", s, e, g);

  tokrail_json_schema_options lenient = TOKRAIL_JSON_SCHEMA_OPTIONS_INIT;
  lenient.lenient = true;
  s = tokrail_grammar_from_json_schema(
      tables, LITERAL("{\"type\":\"string\",\"format\":\"no-such-format\"}"), &lenient, NULL, &g,
      &e);
  show_grammar("json schema", s, e, g);
}

static void bad_grammars(const tokrail_mask_tables* tables) {
  tokrail_grammar* g = (tokrail_grammar*)&g;
  tokrail_error* e = NULL;
  tokrail_status s =
      tokrail_grammar_from_gbnf(tables, LITERAL("root ::= \"a\"\nb := c\n"), NULL, &g, &e);
  show_error("bad gbnf", s, e);
  if (g != NULL) fail("a grammar beside an error");
  s = tokrail_grammar_from_json_schema(
      tables, LITERAL("{\"properties\":{\"a\":{\"type\":\"text\"}}}"), NULL, NULL, &g, &e);
  show_error("bad schema", s, e);
  s = tokrail_grammar_from_regex(tables, LITERAL("(?=a)b"), NULL, NULL, &g, &e);
  show_error("unsupported regex", s, e);
  s = tokrail_grammar_from_tkg(tables, LITERAL("TKG1 and nothing more"), NULL, &g, &e);
  show_error("bad tkg", s, e);
  s = tokrail_grammar_from_gbnf(tables, LITERAL("root ::= root"), NULL, &g, NULL);
  printf("without an error object: %s\n", tokrail_status_name(s));
}

static tokrail_grammar* schema_grammar(const tokrail_mask_tables* tables) {
  tokrail_json_schema_options compact = TOKRAIL_JSON_SCHEMA_OPTIONS_INIT;
  tokrail_grammar* grammar = NULL;
  tokrail_grammar* again = NULL;
  tokrail_error* error = NULL;
  size_t length = 0, again_length = 0;
  compact.style = TOKRAIL_JSON_COMPACT;
  compact.plain_characters = true;
  must(tokrail_grammar_from_json_schema(tables, LITERAL(kSchema), &compact, NULL, &grammar, &error),
       &error, "schema");
  must(tokrail_grammar_to_tkg(grammar, NULL, 0, &length, &error), &error, "to tkg");
  char* file = malloc(length);
  must(tokrail_grammar_to_tkg(grammar, file, length, &length, &error), &error, "to tkg");
  must(tokrail_grammar_from_tkg(tables, file, length, NULL, &again, &error), &error, "from tkg");
  must(tokrail_grammar_to_tkg(again, NULL, 0, &again_length, &error), &error, "to tkg");
  printf("tkg: %s\n", length == again_length ? "as long as before" : "changed");
  free(file);
  tokrail_grammar_free(again);
  return grammar;
}

static void match(const tokrail_tokenizer* tokenizer, const tokrail_grammar* grammar) {
  uint32_t mask[WORDS], ids[MAX_IDS], masks[3 * WORDS];
  tokrail_status statuses[3];
  char forced[64];
  size_t count = 0, length = 0;
  tokrail_error* error = NULL;
  tokrail_matcher* matcher = NULL;
  tokrail_matcher* fork = NULL;
  must(tokrail_matcher_new(grammar, &matcher, &error), &error, "matcher");
  must(tokrail_matcher_forced_bytes(matcher, 0, forced, sizeof forced, &length, &error), &error,
       "forced");
  printf("forced: %.*s\n", (int)length, forced);
  must(tokrail_matcher_forced_tokens(matcher, 0, ids, MAX_IDS, &count, &error), &error, "forced");
  show_ids("forced ids", ids, count);
  must(tokrail_matcher_accept_bytes(matcher, LITERAL("{\"city\":\"")), NULL, "accept bytes");
  must(tokrail_matcher_fork(matcher, &fork, &error), &error, "fork");
  must(tokrail_matcher_fill_mask(matcher, mask, WORDS, 0, NULL), NULL, "mask");
  printf("cities: %zu tokens\n", bits(mask, WORDS));

  must(tokrail_tokenizer_encode(tokenizer, LITERAL("Paris\",\"days\":7}"), NULL, ids, MAX_IDS,
                                &count, &error),
       &error, "encode");
  printf("validate: %zu of %zu\n", tokrail_matcher_validate(matcher, ids, count), count);
  for (size_t i = 0; i < count; ++i) {
    if (!tokrail_matcher_allows(matcher, ids[i])) fail("allows");
    must(tokrail_matcher_accept(matcher, ids[i]), NULL, "accept");
  }
  printf("complete %d, finished %d, ended %d, stuck %d, steps %zu\n",
         tokrail_matcher_is_complete(matcher), tokrail_matcher_is_finished(matcher),
         tokrail_matcher_is_ended(matcher), tokrail_matcher_is_stuck(matcher),
         tokrail_matcher_steps(matcher));
  printf("again: %s\n", tokrail_status_name(tokrail_matcher_accept(matcher, ids[0])));
  printf("out of range: %s\n", tokrail_status_name(tokrail_matcher_accept(matcher, VOCAB)));
  printf("roll back 2: %s\n", tokrail_status_name(tokrail_matcher_rollback(matcher, 2)));
  printf("roll back 99: %s\n", tokrail_status_name(tokrail_matcher_rollback(matcher, 99)));

  const tokrail_matcher* all[] = {matcher, fork, matcher};
  must(tokrail_matcher_fill_masks(all, 3, masks, WORDS, 0, 2, statuses, &error), &error, "masks");
  printf("masks: %zu %zu %zu, %s\n", bits(masks, WORDS), bits(masks + WORDS, WORDS),
         bits(masks + 2 * WORDS, WORDS), tokrail_status_name(statuses[1]));
  printf("fork: %s\n", memcmp(masks + WORDS, mask, sizeof mask) == 0 ? "where it was" : "moved");
  printf("small mask: %s\n",
         tokrail_status_name(tokrail_matcher_fill_mask(matcher, mask, WORDS - 1, 0, NULL)));

  tokrail_explanation* why = NULL;
  must(tokrail_matcher_explain(fork, LITERAL("Par1s"), &why, &error), &error, "explain");
  printf("explain: offset %zu, %s (%s)\n", tokrail_explanation_offset(why),
         tokrail_explanation_what(why, 0, NULL), tokrail_explanation_where(why, 0, NULL));
  tokrail_explanation_free(why);
  tokrail_matcher_reset(fork);
  printf("reset: %zu steps\n", tokrail_matcher_steps(fork));
  tokrail_matcher_free(matcher);
  tokrail_matcher_free(fork);
}

static void bad_calls(const tokrail_tokenizer* tokenizer) {
  uint32_t id = VOCAB;
  size_t count = 0;
  tokrail_error* error = NULL;
  tokrail_mask_tables* tables = NULL;
  char text[8];
  tokrail_status s = tokrail_tokenizer_encode(NULL, "a", 1, NULL, NULL, 0, &count, &error);
  show_error("no tokenizer", s, error);
  s = tokrail_tokenizer_encode(tokenizer, NULL, 1, NULL, NULL, 0, &count, &error);
  show_error("no text", s, error);
  s = tokrail_tokenizer_encode(tokenizer, "a", 1, NULL, NULL, 0, NULL, &error);
  show_error("no count", s, error);
  s = tokrail_mask_tables_new(tokenizer, 0, NULL, &error);
  show_error("no out", s, error);
  s = tokrail_mask_tables_new(NULL, 0, &tables, &error);
  show_error("no tokenizer", s, error);
  s = tokrail_tokenizer_decode(tokenizer, &id, 1, NULL, text, sizeof text, &count, &error);
  show_error("id out of range", s, error);
  tokrail_encode_options options = TOKRAIL_ENCODE_OPTIONS_INIT;
  options.struct_size = 4;
  s = tokrail_tokenizer_encode(tokenizer, "a", 1, &options, NULL, 0, &count, &error);
  show_error("small struct_size", s, error);
  options.struct_size = 4096;
  s = tokrail_tokenizer_encode(tokenizer, "a", 1, &options, NULL, 0, &count, &error);
  show_error("large struct_size", s, error);
  options.struct_size = sizeof options;
  options.offset_unit = 7;
  s = tokrail_tokenizer_encode(tokenizer, "a", 1, &options, NULL, 0, &count, &error);
  show_error("no such unit", s, error);
  options.offset_unit = 0;
  options.special_text = TOKRAIL_SPECIAL_TEXT_REFUSE;
  s = tokrail_tokenizer_encode(tokenizer, LITERAL("<|endoftext|>"), &options, NULL, 0, &count,
                               &error);
  show_error("special text", s, error);
  tokrail_tokenizer* none = NULL;
  s = tokrail_tokenizer_from_bytes(LITERAL("{\"version\""), NULL, &none, &error);
  show_error("no tokenizer in it", s, error);
  s = tokrail_tokenizer_load(LITERAL("no/such/file"), NULL, &none, &error);
  printf("no file: %s\n", tokrail_status_name(s));
  tokrail_error_free(error);
  printf("null handles: %d %zu %s\n", tokrail_matcher_allows(NULL, 0),
         tokrail_tokenizer_vocab_size(NULL), tokrail_status_name(tokrail_matcher_accept(NULL, 0)));

  tokrail_error_free(NULL);
  tokrail_cancel_free(NULL);
  tokrail_tokenizer_free(NULL);
  tokrail_encodings_free(NULL);
  tokrail_stream_decoder_free(NULL);
  tokrail_mask_tables_free(NULL);
  tokrail_grammar_free(NULL);
  tokrail_matcher_free(NULL);
  tokrail_explanation_free(NULL);
  tokrail_source_free(NULL);
  tokrail_outputs_free(NULL);
  tokrail_posterior_free(NULL);
  tokrail_sampler_free(NULL);
  printf("free(NULL): fine\n");
}

static void sample(const tokrail_grammar* grammar) {
  static float logits[2 * VOCAB];
  uint32_t mask[WORDS];
  tokrail_row_result results[2];
  tokrail_error* error = NULL;
  tokrail_matcher* matcher = NULL;
  must(tokrail_matcher_new(grammar, &matcher, &error), &error, "matcher");
  must(tokrail_matcher_accept_bytes(matcher, LITERAL("{\"city\":\"")), NULL, "accept bytes");
  must(tokrail_matcher_fill_mask(matcher, mask, WORDS, 0, NULL), NULL, "mask");
  tokrail_matcher_free(matcher);
  for (uint32_t i = 0; i < 2 * VOCAB; ++i) logits[i] = noise(i / VOCAB, 5, i % VOCAB) * 8;

  const tokrail_row_parameters init = TOKRAIL_ROW_PARAMETERS_INIT;
  tokrail_row_parameters parameters[2];
  parameters[0] = parameters[1] = init;
  parameters[0].seed = 7;
  parameters[1].temperature = 0;
  const int32_t mask_index[] = {0, -1};
  tokrail_sample_batch batch = TOKRAIL_SAMPLE_BATCH_INIT;
  batch.logits = logits;
  batch.rows = 2;
  batch.vocab = VOCAB;
  batch.masks = mask;
  batch.mask_rows = 1;
  batch.mask_index = mask_index;
  batch.parameters = parameters;
  batch.outputs = TOKRAIL_OUTPUT_LOG_SUM_ALL | TOKRAIL_OUTPUT_COUNTS;
  must(tokrail_sample_masked(&batch, results, &error), &error, "sample");
  for (int row = 0; row < 2; ++row) {
    printf("row %d: id %u, %u allowed, log p %.4f, mass %.4f\n", row, (unsigned)results[row].id,
           (unsigned)results[row].allowed, results[row].log_prob,
           results[row].log_sum - results[row].log_sum_all);
  }
  batch.mask_row_words = 1;
  tokrail_status status = tokrail_sample_masked(&batch, results, &error);
  show_error("short masks", status, error);

  tokrail_sampling_options top = TOKRAIL_SAMPLING_OPTIONS_INIT;
  top.top_k = 3;
  top.temperature = 0.5f;
  top.repetition_penalty = 1.2f;
  tokrail_sampler* sampler = NULL;
  must(tokrail_sampler_new(&top, &sampler, &error), &error, "sampler");
  tokrail_sampler_row row = TOKRAIL_SAMPLER_ROW_INIT;
  uint32_t written[4];
  row.logits = logits;
  row.vocab = VOCAB;
  row.seed = 3;
  row.output.data = written;
  for (row.output.count = 0; row.output.count < 4; ++row.output.count) {
    must(tokrail_sampler_sample(sampler, &row, results, &error), &error, "sampler");
    written[row.output.count] = results[0].id;
    tokrail_sampler_accept(sampler, results[0].id);
  }
  show_ids("sampler", written, 4);
  tokrail_sampler_free(sampler);
  top.top_p = 7;
  top.min_p = -1;
  status = tokrail_sampler_new(&top, &sampler, &error);
  show_error("bad sampler", status, error);
}

static void show_outputs(const char* what, const tokrail_outputs* outputs) {
  for (size_t i = 0; i < tokrail_outputs_count(outputs); ++i) {
    size_t count = 0;
    tokrail_outputs_ids(outputs, i, &count);
    printf("%s: %s %s, %zu ids\n", what,
           tokrail_generation_status_name(tokrail_outputs_status(outputs, i)),
           tokrail_outputs_text(outputs, i, NULL), count);
    if (tokrail_outputs_error(outputs, i, NULL)[0] != 0) {
      printf("  %s\n", tokrail_outputs_error(outputs, i, NULL));
    }
  }
}

static void generate(const tokrail_tokenizer* tokenizer, const tokrail_grammar* grammar) {
  static const char* const kModes[] = {"adaptive", "mask", "reject", "reject_weighted", "exact"};
  static const char* const kTexts[] = {"{\"city\":\"Paris\",\"days\":7}",
                                       "{\"city\":\"Rome\",\"days\":3}",
                                       "{\"city\":\"Ankara\",\"days\":30}"};
  const char prompt[] = "Trip: ";
  tokrail_error* error = NULL;
  tokrail_source* source = NULL;
  tokrail_outputs* outputs = NULL;
  model m;
  memset(&m, 0, sizeof m);
  for (int i = 0; i < 3; ++i) {
    must(tokrail_tokenizer_encode(tokenizer, kTexts[i], strlen(kTexts[i]), NULL, m.texts[i],
                                  MAX_IDS, &m.lengths[i], &error),
         &error, "encode");
  }
  must(tokrail_tokenizer_encode(tokenizer, LITERAL(prompt), NULL, NULL, 0, &m.prompt, &error),
       &error, "encode");
  m.eos = tokrail_tokenizer_eos_ids(tokenizer, NULL)[0];
  must(tokrail_source_from_function(VOCAB, fill_rows, &m, NULL, &source, &error), &error, "source");

  tokrail_generate_options options = TOKRAIL_GENERATE_OPTIONS_INIT;
  options.grammar = grammar;
  options.seed = 11;
  options.count = 2;
  options.max_tokens = 40;
  for (int32_t mode = 0; mode < 5; ++mode) {
    options.mode = mode;
    m.calls = 0;
    must(tokrail_generate(source, tokenizer, LITERAL(prompt), &options, &outputs, &error), &error,
         kModes[mode]);
    show_outputs(kModes[mode], outputs);
    tokrail_statistics statistics = TOKRAIL_STATISTICS_INIT;
    must(tokrail_outputs_statistics(outputs, 0, &statistics, &error), &error, "statistics");
    printf("  %u calls, %u masks, %u tests, %u attempts, log p %.4f, log weight %.4f\n", m.calls,
           (unsigned)statistics.masks, (unsigned)statistics.tests, (unsigned)statistics.attempts,
           tokrail_outputs_log_prob(outputs, 0), tokrail_outputs_log_weight(outputs, 0) + 0.0);
    tokrail_outputs_free(outputs);
  }

  options.mode = TOKRAIL_MODE_ADAPTIVE;
  options.count = 0;
  options.on_text = collect_text;
  printf("pieces: ");
  must(tokrail_generate(source, tokenizer, LITERAL(prompt), &options, &outputs, &error), &error,
       "generate");
  printf("\n");
  tokrail_outputs_free(outputs);
  options.on_text = NULL;
  const tokrail_bytes stop = {LITERAL("\",\"da")};
  options.stop = &stop;
  options.stop_count = 1;
  must(tokrail_generate(source, tokenizer, LITERAL(prompt), &options, &outputs, &error), &error,
       "generate");
  show_outputs("stop", outputs);
  tokrail_outputs_free(outputs);
  options.stop_count = 0;

  m.answer = 42;
  must(tokrail_generate(source, tokenizer, LITERAL(prompt), &options, &outputs, &error), &error,
       "generate");
  show_outputs("failing model", outputs);
  tokrail_outputs_free(outputs);
  m.answer = 0;
  tokrail_cancel* cancel = NULL;
  must(tokrail_cancel_new(&cancel, &error), &error, "cancel");
  tokrail_cancel_set(cancel, true);
  options.cancel = cancel;
  must(tokrail_generate(source, tokenizer, LITERAL(prompt), &options, &outputs, &error), &error,
       "generate");
  show_outputs("cancelled", outputs);
  tokrail_outputs_free(outputs);
  tokrail_cancel_free(cancel);
  options.cancel = NULL;

  options.particles = 8;
  options.critic = prefer_paris;
  tokrail_posterior* posterior = NULL;
  must(tokrail_generate_posterior(source, tokenizer, LITERAL(prompt), &options, &posterior, &error),
       &error, "posterior");
  for (size_t i = 0; i < tokrail_posterior_count(posterior); ++i) {
    printf("posterior: %.4f %s %s, %u particles\n", tokrail_posterior_probability(posterior, i),
           tokrail_generation_status_name(tokrail_posterior_status(posterior, i)),
           tokrail_posterior_text(posterior, i, NULL),
           (unsigned)tokrail_posterior_particle_count(posterior, i));
  }
  printf("  %zu particles, log evidence %.4f, %u resamplings\n",
         tokrail_outputs_count(tokrail_posterior_particles(posterior)),
         tokrail_posterior_log_evidence(posterior),
         (unsigned)tokrail_posterior_resamplings(posterior));
  tokrail_posterior_free(posterior);
  options.mode = TOKRAIL_MODE_REJECT;
  tokrail_status status =
      tokrail_generate_posterior(source, tokenizer, LITERAL(prompt), &options, &posterior, &error);
  show_error("posterior by reject", status, error);
  options.mode = 5;
  status = tokrail_generate(source, tokenizer, LITERAL(prompt), &options, &outputs, &error);
  show_error("no such mode", status, error);
  tokrail_source_free(source);
}

static void ngram(const char* root) {
  char path[4096];
  tokrail_error* error = NULL;
  tokrail_source* source = NULL;
  tokrail_tokenizer* tokenizer = NULL;
  tokrail_mask_tables* tables = NULL;
  tokrail_grammar* grammar = NULL;
  tokrail_outputs* outputs = NULL;
  snprintf(path, sizeof path, "%s/data/models/records-8k.ngram", root);
  must(tokrail_source_load_ngram(path, strlen(path), &source, &error), &error, "ngram");
  must(tokrail_source_tokenizer(source, &tokenizer, &error), &error, "its tokenizer");
  printf("ngram: %zu ids\n", tokrail_source_vocab(source));
  must(tokrail_mask_tables_new(tokenizer, 0, &tables, &error), &error, "tables");
  tokrail_json_schema_options spaced = TOKRAIL_JSON_SCHEMA_OPTIONS_INIT;
  spaced.style = TOKRAIL_JSON_COMPACT;
  spaced.plain_characters = true;
  const tokrail_bytes item = {", ", 2}, key = {": ", 2};
  spaced.item_separator = item;
  spaced.key_separator = key;
  must(tokrail_grammar_from_json_schema(tables, LITERAL(kRecord), &spaced, NULL, &grammar, &error),
       &error, "schema");
  tokrail_sampling_options sampling = TOKRAIL_SAMPLING_OPTIONS_INIT;
  sampling.temperature = 0.8f;
  tokrail_generate_options options = TOKRAIL_GENERATE_OPTIONS_INIT;
  options.grammar = grammar;
  options.sampling = &sampling;
  options.seed = 7;
  options.count = 3;
  must(tokrail_generate(source, tokenizer, LITERAL("A person: "), &options, &outputs, &error),
       &error, "generate");
  show_outputs("~ record", outputs);
  tokrail_outputs_free(outputs);

  uint32_t ids[MAX_IDS];
  double log_probs[MAX_IDS];
  size_t count = 0;
  must(tokrail_tokenizer_encode(tokenizer, LITERAL("the end"), NULL, ids, MAX_IDS, &count, &error),
       &error, "encode");
  must(tokrail_prompt_log_probs(source, tokenizer, ids, count, log_probs, &error), &error, "score");
  printf("~ log p:");
  for (size_t i = 0; i < count; ++i) printf(" %.3f", log_probs[i]);
  printf("\n");
  tokrail_grammar_free(grammar);
  tokrail_mask_tables_free(tables);
  tokrail_tokenizer_free(tokenizer);
  tokrail_source_free(source);
}

int main(int argc, char** argv) {
  if (argc != 2) fail("expected the source root");
  tokrail_error* error = NULL;
  tokrail_mask_tables* tables = NULL;
  printf("version: %s %u\n", tokrail_version(), (unsigned)tokrail_version_number());
  tokrail_tokenizer* tokenizer = load(argv[1]);
  encode_and_decode(tokenizer);
  must(tokrail_mask_tables_new(tokenizer, 0, &tables, &error), &error, "tables");
  notations(tables);
  bad_grammars(tables);
  tokrail_grammar* grammar = schema_grammar(tables);
  match(tokenizer, grammar);
  bad_calls(tokenizer);
  sample(grammar);
  generate(tokenizer, grammar);
  ngram(argv[1]);
  tokrail_grammar_free(grammar);
  tokrail_mask_tables_free(tables);
  tokrail_tokenizer_free(tokenizer);
  return 0;
}
