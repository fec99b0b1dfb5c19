/* tokrail.h: the C interface of Tokrail.
 *
 * Text to tokens and back, grammars as token masks, and text from logits under a grammar, for
 * programs in C and for every language that can call C. docs/c-api.md is the guide; each function
 * here says what it needs. A first program:
 *
 *   tokrail_tokenizer* tokenizer = NULL;
 *   tokrail_error* error = NULL;
 *   if (tokrail_tokenizer_load("model.json", 10, NULL, &tokenizer, &error) != TOKRAIL_OK) {
 *     fprintf(stderr, "%s\n", tokrail_error_message(error, NULL));
 *     tokrail_error_free(error);
 *   }
 *
 * The rules, once for all functions:
 *   Strings and arrays are a pointer and a length; text is bytes, may hold NUL, and is UTF-8 where
 *   it is a message. A NULL pointer is allowed where the length is 0. Strings that functions return
 *   have a NUL behind their last byte (those of tokens do not); their `length` may be NULL.
 *   Results of unknown size: the function writes at most `capacity` elements and tells in *count
 *   how many there are. With capacity 0 that is all it does; a capacity above 0 that is too small
 *   is TOKRAIL_BUFFER_TOO_SMALL, with the first elements written.
 *   Errors: a function that can fail returns a tokrail_status and has `tokrail_error** error` last.
 *   It may be NULL. *error is NULL after success, and a new object after a failure, which the
 *   caller frees (NULL where there was no memory for it). What a function makes (`*out`) is NULL
 *   after a failure. Functions that are called per token have no error object: their status says
 *   all. A handle that is NULL is TOKRAIL_INVALID_ARGUMENT, or the answer 0, NULL or false.
 *   Ownership: "copies": the function keeps nothing that was given; "borrows": it refers to it, for
 *   as long as is said; "transfers": the caller gets an object and frees it by the _free of its
 *   type, which takes NULL. What refers to something shared keeps it alive: handles may be freed in
 *   any order, unless "borrows" is said.
 *   Options: structures whose first field is their size. Set them to TOKRAIL_..._INIT (or zero
 *   them, and set struct_size to their sizeof); NULL: defaults. Zero is the default of every field
 *   but `temperature`. Fields are only ever added at the end; a structure that is larger than the
 *   library knows is TOKRAIL_INVALID_ARGUMENT.
 *   Threads: said at each type. Nothing is global, nothing is printed, no signal is handled.
 *
 * Every declaration is marked with the version since which it is there. What stands above the
 * divider at the end stays as it is until version 1; what stands below may still change.
 */
#ifndef TOKRAIL_H
#define TOKRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define TOKRAIL_API __attribute__((visibility("default")))
#else
#define TOKRAIL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- versions and status codes ------------------------------------------------------------- */

#define TOKRAIL_VERSION_MAJOR 0
#define TOKRAIL_VERSION_MINOR 1
#define TOKRAIL_VERSION_PATCH 0

/* Of the library that runs, "0.1.0"; static. since 0.1 */
TOKRAIL_API const char* tokrail_version(void);
/* The same as major * 1000000 + minor * 1000 + patch. since 0.1 */
TOKRAIL_API uint32_t tokrail_version_number(void);

/* Numbers are never used again for something else. since 0.1 */
typedef int32_t tokrail_status;
enum {
  TOKRAIL_OK = 0,
  TOKRAIL_INVALID_ARGUMENT = 1,  /* NULL, a size, an option or an id outside its range */
  TOKRAIL_INVALID_FILE = 2,      /* damaged, or not of the format it claims */
  TOKRAIL_UNSUPPORTED = 3,       /* well formed, but names something Tokrail does not do */
  TOKRAIL_NOT_FOUND = 4,         /* a file or a named thing that does not exist */
  TOKRAIL_IO = 5,                /* the operating system refused */
  TOKRAIL_TEXT_REFUSED = 6,      /* the caller's policy forbids this text */
  TOKRAIL_BUDGET_EXHAUSTED = 7,  /* a bounded job reached its bound */
  TOKRAIL_CANCELLED = 8,
  TOKRAIL_INTERNAL = 9,          /* a fault of Tokrail; please report it */
  TOKRAIL_OUT_OF_MEMORY = 10,
  TOKRAIL_INVALID_GRAMMAR = 11,  /* the error says where */
  TOKRAIL_TOKEN_REFUSED = 12,    /* the grammar does not allow it here; nothing has changed */
  TOKRAIL_DEAD_END = 13,         /* no token is allowed; the mask is all 0 */
  TOKRAIL_BUFFER_TOO_SMALL = 14,
  TOKRAIL_CALLBACK_FAILED = 15   /* a function of the caller threw a C++ exception */
};
/* "invalid_argument", ...; static, "unknown" for other numbers. since 0.1 */
TOKRAIL_API const char* tokrail_status_name(tokrail_status status);

/* Why a call failed. Immutable. since 0.1 */
typedef struct tokrail_error tokrail_error;
TOKRAIL_API tokrail_status tokrail_error_code(const tokrail_error* error);
/* What was expected; lives as long as the error. since 0.1 */
TOKRAIL_API const char* tokrail_error_message(const tokrail_error* error, size_t* length);
/* The place: a file, "line:column" or a JSON pointer; "" if there is none. since 0.1 */
TOKRAIL_API const char* tokrail_error_where(const tokrail_error* error, size_t* length);
/* Line and column, from 1, where the place is one; else false. since 0.1 */
TOKRAIL_API bool tokrail_error_line_column(const tokrail_error* error, size_t* line,
                                           size_t* column);
TOKRAIL_API void tokrail_error_free(tokrail_error* error);

/* ---- plain data ---------------------------------------------------------------------------- */

typedef struct tokrail_bytes {
  const char* data;
  size_t length;
} tokrail_bytes;

typedef struct tokrail_ids {
  const uint32_t* data;
  size_t count;
} tokrail_ids;

/* [begin, end) of a text. */
typedef struct tokrail_span {
  uint64_t begin;
  uint64_t end;
} tokrail_span;

#define TOKRAIL_NO_TOKEN 0xFFFFFFFFu

/* Words of a mask of `width` tokens: bit t & 31 of word t >> 5 is token t, 1 = allowed.
   since 0.1 */
TOKRAIL_API size_t tokrail_mask_words(size_t width);

/* A flag by which one thread stops the work of another. All functions may be called from any
   thread; it must live as long as the calls that were given it. since 0.1 */
typedef struct tokrail_cancel tokrail_cancel;
/* transfers */
TOKRAIL_API tokrail_status tokrail_cancel_new(tokrail_cancel** out, tokrail_error** error);
TOKRAIL_API void tokrail_cancel_set(tokrail_cancel* cancel, bool cancelled);
TOKRAIL_API void tokrail_cancel_free(tokrail_cancel* cancel);

/* ---- tokenizers ---------------------------------------------------------------------------- */

/* Immutable: share it between threads. since 0.1 */
typedef struct tokrail_tokenizer tokrail_tokenizer;

typedef struct tokrail_load_options {
  uint32_t struct_size;
  /* .tiktoken files: a pattern by name ("cl100k", "o200k", ...) or as a regular expression. */
  tokrail_bytes pattern;
} tokrail_load_options;
#define TOKRAIL_LOAD_OPTIONS_INIT {sizeof(tokrail_load_options), {0, 0}}

/* A file of any supported format, found by content, or a model directory.
   copies, transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_tokenizer_load(const char* path, size_t path_length,
                                                  const tokrail_load_options* options,
                                                  tokrail_tokenizer** out, tokrail_error** error);
/* The bytes of such a file. copies, transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_tokenizer_from_bytes(const char* bytes, size_t length,
                                                        const tokrail_load_options* options,
                                                        tokrail_tokenizer** out,
                                                        tokrail_error** error);
TOKRAIL_API void tokrail_tokenizer_free(tokrail_tokenizer* tokenizer);

enum { /* special_text: text that spells a special token */
  TOKRAIL_SPECIAL_TEXT_DEFAULT = 0, /* what the format's own system does */
  TOKRAIL_SPECIAL_TEXT_AS_TEXT = 1,
  TOKRAIL_SPECIAL_TEXT_MATCH = 2,
  TOKRAIL_SPECIAL_TEXT_REFUSE = 3 /* TOKRAIL_TEXT_REFUSED */
};
enum { /* offset_unit */
  TOKRAIL_OFFSETS_IN_BYTES = 0,
  TOKRAIL_OFFSETS_IN_CODE_POINTS = 1,
  TOKRAIL_OFFSETS_IN_UTF16 = 2
};
typedef struct tokrail_encode_options {
  uint32_t struct_size;
  bool no_special_tokens;  /* no template, BOS or EOS around the text */
  bool ignore_file_limits; /* no truncation and padding that the file asks for */
  bool with_offsets;       /* tokrail_tokenizer_encode_batch: all arrays, not the ids alone */
  int32_t special_text;
  int32_t offset_unit;
} tokrail_encode_options;
#define TOKRAIL_ENCODE_OPTIONS_INIT {sizeof(tokrail_encode_options), false, false, false, 0, 0}

/* Text to ids: writes at most `capacity`, tells all in *count. No more ids than bytes, beside
   special tokens, come out of most models. copies. since 0.1 */
TOKRAIL_API tokrail_status tokrail_tokenizer_encode(const tokrail_tokenizer* tokenizer,
                                                    const char* text, size_t length,
                                                    const tokrail_encode_options* options,
                                                    uint32_t* ids, size_t capacity, size_t* count,
                                                    tokrail_error** error);

/* The encodings of one or several texts. Immutable. Arrays live as long as it does. since 0.1 */
typedef struct tokrail_encodings tokrail_encodings;
/* One text, with all arrays. copies, transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_tokenizer_encode_with_offsets(
    const tokrail_tokenizer* tokenizer, const char* text, size_t length,
    const tokrail_encode_options* options, tokrail_encodings** out, tokrail_error** error);
/* Many texts on `threads` threads (0: as many as the machine has); the same result for any number
   of them. copies, transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_tokenizer_encode_batch(
    const tokrail_tokenizer* tokenizer, const tokrail_bytes* texts, size_t text_count,
    const tokrail_encode_options* options, int32_t threads, tokrail_encodings** out,
    tokrail_error** error);
TOKRAIL_API size_t tokrail_encodings_count(const tokrail_encodings* encodings);
/* Of text `index`. All arrays have one element per id; those that were not asked for are NULL and
   their count is 0. since 0.1 */
TOKRAIL_API const uint32_t* tokrail_encodings_ids(const tokrail_encodings* encodings, size_t index,
                                                  size_t* count);
TOKRAIL_API const tokrail_span* tokrail_encodings_offsets(const tokrail_encodings* encodings,
                                                          size_t index, size_t* count);
TOKRAIL_API const uint32_t* tokrail_encodings_type_ids(const tokrail_encodings* encodings,
                                                       size_t index, size_t* count);
TOKRAIL_API const uint32_t* tokrail_encodings_word_ids(const tokrail_encodings* encodings,
                                                       size_t index, size_t* count);
TOKRAIL_API const uint8_t* tokrail_encodings_special_mask(const tokrail_encodings* encodings,
                                                          size_t index, size_t* count);
TOKRAIL_API const uint8_t* tokrail_encodings_attention_mask(const tokrail_encodings* encodings,
                                                            size_t index, size_t* count);
TOKRAIL_API void tokrail_encodings_free(tokrail_encodings* encodings);

enum { /* invalid_utf8: what becomes of bytes that are not UTF-8 */
  TOKRAIL_UTF8_REPLACE = 0, /* U+FFFD, as many as the format's own system writes */
  TOKRAIL_UTF8_ERROR = 1,   /* TOKRAIL_TEXT_REFUSED */
  TOKRAIL_UTF8_KEEP = 2     /* the bytes as they are */
};
typedef struct tokrail_decode_options {
  uint32_t struct_size;
  bool skip_special; /* leave special tokens out */
  int32_t invalid_utf8;
} tokrail_decode_options;
#define TOKRAIL_DECODE_OPTIONS_INIT {sizeof(tokrail_decode_options), false, 0}

/* Ids to text. TOKRAIL_INVALID_ARGUMENT for ids out of range. copies. since 0.1 */
TOKRAIL_API tokrail_status tokrail_tokenizer_decode(const tokrail_tokenizer* tokenizer,
                                                    const uint32_t* ids, size_t count,
                                                    const tokrail_decode_options* options,
                                                    char* text, size_t capacity, size_t* length,
                                                    tokrail_error** error);

/* Ids in one by one, text out as soon as it is certain. One thread at a time. since 0.1 */
typedef struct tokrail_stream_decoder tokrail_stream_decoder;
/* transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_stream_decoder_new(const tokrail_tokenizer* tokenizer,
                                                      const tokrail_decode_options* options,
                                                      tokrail_stream_decoder** out,
                                                      tokrail_error** error);
/* The text that `id` makes certain, often empty; lives until the next call. since 0.1 */
TOKRAIL_API const char* tokrail_stream_decoder_push(tokrail_stream_decoder* decoder, uint32_t id,
                                                    size_t* length);
/* What was held back; the decoder is then ready for a new text. since 0.1 */
TOKRAIL_API const char* tokrail_stream_decoder_finish(tokrail_stream_decoder* decoder,
                                                      size_t* length);
/* An id was out of range, or the text ill-formed under TOKRAIL_UTF8_ERROR. since 0.1 */
TOKRAIL_API bool tokrail_stream_decoder_failed(const tokrail_stream_decoder* decoder);
TOKRAIL_API void tokrail_stream_decoder_reset(tokrail_stream_decoder* decoder);
/* An independent decoder at the same place. transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_stream_decoder_fork(const tokrail_stream_decoder* decoder,
                                                       tokrail_stream_decoder** out,
                                                       tokrail_error** error);
TOKRAIL_API void tokrail_stream_decoder_free(tokrail_stream_decoder* decoder);

/* ---- vocabularies: what the ids of a tokenizer are ----------------------------------------- */

enum { /* roles */
  TOKRAIL_ROLE_BOS = 0,
  TOKRAIL_ROLE_PAD = 1,
  TOKRAIL_ROLE_UNK = 2,
  TOKRAIL_ROLE_MASK = 3,
  TOKRAIL_ROLE_CLS = 4,
  TOKRAIL_ROLE_SEP = 5
};
enum { /* kinds */
  TOKRAIL_KIND_NORMAL = 0,
  TOKRAIL_KIND_UNKNOWN = 1,
  TOKRAIL_KIND_CONTROL = 2, /* special: never text */
  TOKRAIL_KIND_USER_DEFINED = 3,
  TOKRAIL_KIND_BYTE = 4,
  TOKRAIL_KIND_UNUSED = 5
};
/* Ids are below this. since 0.1 */
TOKRAIL_API size_t tokrail_tokenizer_vocab_size(const tokrail_tokenizer* tokenizer);
/* Ids that end a text or a turn; live as long as the tokenizer. since 0.1 */
TOKRAIL_API const uint32_t* tokrail_tokenizer_eos_ids(const tokrail_tokenizer* tokenizer,
                                                      size_t* count);
/* The id with a role, or TOKRAIL_NO_TOKEN. since 0.1 */
TOKRAIL_API uint32_t tokrail_tokenizer_role_id(const tokrail_tokenizer* tokenizer, int32_t role);
/* The bytes of an id inside a text; its text in the notation of the file. No NUL behind them. They
   live as long as the tokenizer; NULL for ids out of range. since 0.1 */
TOKRAIL_API const char* tokrail_tokenizer_token_bytes(const tokrail_tokenizer* tokenizer,
                                                      uint32_t id, size_t* length);
TOKRAIL_API const char* tokrail_tokenizer_token_piece(const tokrail_tokenizer* tokenizer,
                                                      uint32_t id, size_t* length);
/* TOKRAIL_KIND_..., or -1 for ids out of range. since 0.1 */
TOKRAIL_API int32_t tokrail_tokenizer_token_kind(const tokrail_tokenizer* tokenizer, uint32_t id);
/* The id with this text in the notation of the file, or TOKRAIL_NO_TOKEN. since 0.1 */
TOKRAIL_API uint32_t tokrail_tokenizer_find_piece(const tokrail_tokenizer* tokenizer,
                                                  const char* piece, size_t length);

/* ---- grammars ------------------------------------------------------------------------------ */

/* What the grammars over one tokenizer share: make one for each tokenizer. Any thread. since 0.1 */
typedef struct tokrail_mask_tables tokrail_mask_tables;
/* At most `byte_limit` bytes are kept (0: 64 MiB). transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_mask_tables_new(const tokrail_tokenizer* tokenizer,
                                                   size_t byte_limit, tokrail_mask_tables** out,
                                                   tokrail_error** error);
TOKRAIL_API void tokrail_mask_tables_free(tokrail_mask_tables* tables);

/* A grammar, compiled for a tokenizer. Immutable: share it between threads. since 0.1 */
typedef struct tokrail_grammar tokrail_grammar;

typedef struct tokrail_compile_options {
  uint32_t struct_size;
  double seconds;               /* 0: 2 */
  size_t positions;             /* states of the automaton; 0: 2^22 */
  size_t memory;                /* bytes of states and masks while in use; 0: 256 MiB */
  uint64_t mask_fuel;           /* steps of one mask; 0: 2^26 */
  const tokrail_cancel* cancel; /* borrowed for the call */
  /* A text, or a special token by its name: anything goes until it has come, and the grammar holds
     behind it. It has to come. Empty: the grammar holds from the beginning. */
  tokrail_bytes begin_behind;
} tokrail_compile_options;
#define TOKRAIL_COMPILE_OPTIONS_INIT {sizeof(tokrail_compile_options), 0, 0, 0, 0, 0, {0, 0}}

enum { TOKRAIL_KEYS_AS_IN_SCHEMA = 0, TOKRAIL_KEYS_IN_ANY_ORDER = 1 };
enum { /* draft, where the schema does not say */
  TOKRAIL_DRAFT_UNKNOWN = 0,
  TOKRAIL_DRAFT_4 = 1,
  TOKRAIL_DRAFT_6 = 2,
  TOKRAIL_DRAFT_7 = 3,
  TOKRAIL_DRAFT_2019 = 4,
  TOKRAIL_DRAFT_2020 = 5
};
enum { /* style: white space */
  TOKRAIL_JSON_FLEXIBLE = 0, /* up to max_white_space bytes in each gap */
  TOKRAIL_JSON_COMPACT = 1,  /* none */
  TOKRAIL_JSON_PRETTY = 2    /* line feeds and steps of two spaces */
};
typedef struct tokrail_json_schema_options {
  uint32_t struct_size;
  int32_t key_order;
  int32_t draft;
  int32_t style;
  bool ignore_formats;         /* `format` is not asserted */
  bool strict_formats;         /* unknown formats are refused instead of a warning */
  bool lenient;                /* what is not supported is a warning and is not enforced */
  bool plain_characters;       /* a character that needs no escape is not written as \uXXXX */
  bool plain_in_patterns;      /* nor in strings that a pattern decides about; else as above */
  bool short_numbers;          /* 12 and 0.5, but not 12.00, 5e-1 or -0 */
  uint32_t max_white_space;    /* 0: 32 */
  tokrail_bytes item_separator; /* TOKRAIL_JSON_COMPACT; empty: "," */
  tokrail_bytes key_separator;  /* empty: ":" */
  size_t max_nodes;            /* 0: 1000000 */
  uint32_t max_depth;          /* 0: 2000 */
} tokrail_json_schema_options;
#define TOKRAIL_JSON_SCHEMA_OPTIONS_INIT                                                     \
  {                                                                                          \
    sizeof(tokrail_json_schema_options), 0, 0, 0, false, false, false, false, false, false,  \
        0, {0, 0}, {0, 0}, 0, 0                                                              \
  }

/* Each copies its inputs and transfers *out. TOKRAIL_INVALID_GRAMMAR and TOKRAIL_UNSUPPORTED come
   with a place. Options may be NULL. since 0.1 */
TOKRAIL_API tokrail_status tokrail_grammar_from_json_schema(
    const tokrail_mask_tables* tables, const char* text, size_t length,
    const tokrail_json_schema_options* options, const tokrail_compile_options* compile,
    tokrail_grammar** out, tokrail_error** error);
TOKRAIL_API tokrail_status tokrail_grammar_from_gbnf(const tokrail_mask_tables* tables,
                                                     const char* text, size_t length,
                                                     const tokrail_compile_options* compile,
                                                     tokrail_grammar** out, tokrail_error** error);

/* The text of the grammar that @name refers to: sets *text and *length and returns 0, or returns
   another number if there is none. *text must live until the call that asked has returned. */
typedef int32_t (*tokrail_grammar_loader)(void* user, const char* name, size_t name_length,
                                          const char** text, size_t* length);
typedef struct tokrail_named_grammar {
  tokrail_bytes name;
  tokrail_bytes text;
} tokrail_named_grammar;
typedef struct tokrail_lark_options {
  uint32_t struct_size;
  bool lex_every; /* every way to cut text into terminals counts, instead of the longest */
  const tokrail_named_grammar* grammars; /* for @name, looked at before the loader */
  size_t grammar_count;
  tokrail_grammar_loader loader;
  void* loader_user;
  const tokrail_json_schema_options* json; /* for %json; NULL: its defaults */
} tokrail_lark_options;
#define TOKRAIL_LARK_OPTIONS_INIT {sizeof(tokrail_lark_options), false, 0, 0, 0, 0, 0}
TOKRAIL_API tokrail_status tokrail_grammar_from_lark(const tokrail_mask_tables* tables,
                                                     const char* text, size_t length,
                                                     const tokrail_lark_options* options,
                                                     const tokrail_compile_options* compile,
                                                     tokrail_grammar** out, tokrail_error** error);

enum { /* dialect */
  TOKRAIL_REGEX_ECMA = 0, /* ECMA-262 with the flag u, as in JSON Schema */
  TOKRAIL_REGEX_LARK = 1  /* as in Lark terminals: the syntax of Rust's crate regex */
};
typedef struct tokrail_regex_options {
  uint32_t struct_size;
  int32_t dialect;
  bool search; /* match anywhere unless anchored; else the whole text */
  bool case_insensitive;
  bool dot_all;
  bool extended; /* TOKRAIL_REGEX_LARK: the flag x */
} tokrail_regex_options;
#define TOKRAIL_REGEX_OPTIONS_INIT {sizeof(tokrail_regex_options), 0, false, false, false, false}
TOKRAIL_API tokrail_status tokrail_grammar_from_regex(const tokrail_mask_tables* tables,
                                                      const char* pattern, size_t length,
                                                      const tokrail_regex_options* options,
                                                      const tokrail_compile_options* compile,
                                                      tokrail_grammar** out,
                                                      tokrail_error** error);
TOKRAIL_API tokrail_status tokrail_grammar_from_structural_tag(
    const tokrail_mask_tables* tables, const char* text, size_t length,
    const tokrail_json_schema_options* options, const tokrail_compile_options* compile,
    tokrail_grammar** out, tokrail_error** error);

/* The bytes of a .tkg file (tokrail grammar compile): read them, and write them. since 0.1 */
TOKRAIL_API tokrail_status tokrail_grammar_from_tkg(const tokrail_mask_tables* tables,
                                                    const char* bytes, size_t length,
                                                    const tokrail_compile_options* compile,
                                                    tokrail_grammar** out, tokrail_error** error);
TOKRAIL_API tokrail_status tokrail_grammar_to_tkg(const tokrail_grammar* grammar, char* bytes,
                                                  size_t capacity, size_t* length,
                                                  tokrail_error** error);

/* Warnings of the reader; the strings live as long as the grammar. since 0.1 */
TOKRAIL_API size_t tokrail_grammar_warning_count(const tokrail_grammar* grammar);
TOKRAIL_API const char* tokrail_grammar_warning(const tokrail_grammar* grammar, size_t index,
                                                size_t* length);
/* JSON pointer to what warning `index` is about. since 0.1 */
TOKRAIL_API const char* tokrail_grammar_warning_where(const tokrail_grammar* grammar, size_t index,
                                                      size_t* length);
TOKRAIL_API void tokrail_grammar_free(tokrail_grammar* grammar);

/* ---- matchers: one sequence under a grammar ------------------------------------------------ */

/* One thread at a time; forks are independent. since 0.1 */
typedef struct tokrail_matcher tokrail_matcher;
/* At the beginning of the grammar, inside a text. transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_new(const tokrail_grammar* grammar,
                                               tokrail_matcher** out, tokrail_error** error);
/* At the beginning of the grammar, behind a prompt: where the first token of a text is spelled
   otherwise (without a space, say), or the prompt's last token may still change its end, masks of
   a grammar's first tokens depend on what stands before them. No ids: the start of a text.
   TOKRAIL_INVALID_ARGUMENT for ids out of range. transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_new_behind(const tokrail_grammar* grammar,
                                                      const uint32_t* prompt, size_t count,
                                                      tokrail_matcher** out,
                                                      tokrail_error** error);
/* An independent matcher at the same place, in O(1). transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_fork(const tokrail_matcher* matcher,
                                                tokrail_matcher** out, tokrail_error** error);
TOKRAIL_API void tokrail_matcher_free(tokrail_matcher* matcher);

/* Takes a token: TOKRAIL_TOKEN_REFUSED if it is not allowed, TOKRAIL_INVALID_ARGUMENT for an id
   out of range. Nothing changes then. since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_accept(tokrail_matcher* matcher, uint32_t id);
/* Takes bytes, as one step. since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_accept_bytes(tokrail_matcher* matcher,
                                                        const char* bytes, size_t length);
/* Takes back the last `steps`; TOKRAIL_INVALID_ARGUMENT if there are fewer. since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_rollback(tokrail_matcher* matcher, size_t steps);
TOKRAIL_API void tokrail_matcher_reset(tokrail_matcher* matcher);
TOKRAIL_API size_t tokrail_matcher_steps(const tokrail_matcher* matcher);

/* Fills the first `width` bits (0: the vocabulary's size) of `word_count` words. The mask is all 0
   unless TOKRAIL_OK; TOKRAIL_DEAD_END, TOKRAIL_BUDGET_EXHAUSTED and TOKRAIL_CANCELLED say why.
   `cancel` may be NULL. since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_fill_mask(const tokrail_matcher* matcher,
                                                     uint32_t* words, size_t word_count,
                                                     size_t width, const tokrail_cancel* cancel);
/* Masks of many matchers on `threads` threads (0: all there are): row i, of `row_words` words, is
   that of matcher i, and statuses[i] what fill_mask would return. since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_fill_masks(const tokrail_matcher* const* matchers,
                                                      size_t matcher_count, uint32_t* words,
                                                      size_t row_words, size_t width,
                                                      int32_t threads, tokrail_status* statuses,
                                                      tokrail_error** error);
/* Whether accept would take it; false for ids out of range. since 0.1 */
TOKRAIL_API bool tokrail_matcher_allows(const tokrail_matcher* matcher, uint32_t id);
/* How many of the ids can be taken one after the other. since 0.1 */
TOKRAIL_API size_t tokrail_matcher_validate(const tokrail_matcher* matcher, const uint32_t* ids,
                                            size_t count);
/* The text so far is one of the language. since 0.1 */
TOKRAIL_API bool tokrail_matcher_is_complete(const tokrail_matcher* matcher);
/* It is, and nothing but an end can follow. since 0.1 */
TOKRAIL_API bool tokrail_matcher_is_finished(const tokrail_matcher* matcher);
/* An end id was taken. since 0.1 */
TOKRAIL_API bool tokrail_matcher_is_ended(const tokrail_matcher* matcher);
/* The text is not complete, and no token of the vocabulary continues it. since 0.1 */
TOKRAIL_API bool tokrail_matcher_is_stuck(const tokrail_matcher* matcher);
/* Bytes that every continuation begins with, at most `limit` (0: 4096). since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_forced_bytes(const tokrail_matcher* matcher,
                                                        size_t limit, char* bytes, size_t capacity,
                                                        size_t* length, tokrail_error** error);
/* The ids that the tokenizer writes for them, as far as those are certain; at most `limit`
   (0: 256). since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_forced_tokens(const tokrail_matcher* matcher,
                                                         size_t limit, uint32_t* ids,
                                                         size_t capacity, size_t* count,
                                                         tokrail_error** error);

/* What may stand at a place. Immutable; its strings live as long as it does. since 0.1 */
typedef struct tokrail_explanation tokrail_explanation;
/* Tries bytes from here: where they leave the language, and what was expected. transfers.
   since 0.1 */
TOKRAIL_API tokrail_status tokrail_matcher_explain(const tokrail_matcher* matcher,
                                                   const char* bytes, size_t length,
                                                   tokrail_explanation** out,
                                                   tokrail_error** error);
/* The first byte that cannot be taken; the length if all can. since 0.1 */
TOKRAIL_API size_t tokrail_explanation_offset(const tokrail_explanation* explanation);
/* All bytes were taken and the text is complete. since 0.1 */
TOKRAIL_API bool tokrail_explanation_is_complete(const tokrail_explanation* explanation);
TOKRAIL_API size_t tokrail_explanation_count(const tokrail_explanation* explanation);
/* Expectation `index`: the terminal, and the rule with its place. since 0.1 */
TOKRAIL_API const char* tokrail_explanation_what(const tokrail_explanation* explanation,
                                                 size_t index, size_t* length);
TOKRAIL_API const char* tokrail_explanation_where(const tokrail_explanation* explanation,
                                                  size_t index, size_t* length);
TOKRAIL_API void tokrail_explanation_free(tokrail_explanation* explanation);

/* ---- sources of logits --------------------------------------------------------------------- */

/* A language model: ids in, rows of logits out. One thread at a time. since 0.1 */
typedef struct tokrail_source tokrail_source;

/* Fills one row of `vocab` natural-log scores for each context (all ids of a sequence, oldest
   first): row i begins at rows + i * vocab. Contexts are valid during the call. Returns 0, or
   another number, with which the outputs end as TOKRAIL_GENERATION_ERROR and which their error
   names; it is not asked again in that call. It is called by the thread that generates.
   since 0.1 */
typedef int32_t (*tokrail_logits_function)(void* user, const tokrail_ids* contexts,
                                           size_t context_count, float* rows, size_t vocab);
typedef struct tokrail_function_options {
  uint32_t struct_size;
  size_t context_limit; /* most ids of a sequence; 0: any number */
  size_t order;         /* how many last ids matter; 0: all. Contexts are then those alone */
} tokrail_function_options;
#define TOKRAIL_FUNCTION_OPTIONS_INIT {sizeof(tokrail_function_options), 0, 0}
/* `vocab`: ids in a row, at least those of the tokenizer. borrows `user`, transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_source_from_function(size_t vocab,
                                                        tokrail_logits_function function,
                                                        void* user,
                                                        const tokrail_function_options* options,
                                                        tokrail_source** out,
                                                        tokrail_error** error);
/* An n-gram model (tokrail model train-ngram). copies, transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_source_load_ngram(const char* path, size_t path_length,
                                                     tokrail_source** out, tokrail_error** error);
/* The tokenizer in the file of an n-gram model; TOKRAIL_NOT_FOUND if there is none.
   transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_source_tokenizer(const tokrail_source* source,
                                                    tokrail_tokenizer** out,
                                                    tokrail_error** error);
TOKRAIL_API size_t tokrail_source_vocab(const tokrail_source* source);
TOKRAIL_API void tokrail_source_free(tokrail_source* source);

/* ---- sampling ------------------------------------------------------------------------------ */

typedef struct tokrail_logit_bias {
  uint32_t id;
  float bias;
} tokrail_logit_bias;

enum { /* order of the samplers: that of a known system */
  TOKRAIL_ORDER_LLAMACPP = 0, /* top-k, top-p, min-p, temperature */
  TOKRAIL_ORDER_VLLM = 1,     /* temperature, min-p, top-k, top-p */
  TOKRAIL_ORDER_HF = 2        /* temperature, top-k, top-p, min-p */
};
/* A chain of samplers. What is 0 does nothing, unless another default is named. */
typedef struct tokrail_sampling_options {
  uint32_t struct_size;
  float temperature; /* 1 by INIT and with NULL options; 0: greedy */
  int32_t order;
  uint32_t top_k;
  float top_p;
  float min_p;
  float typical_p;
  float epsilon_cutoff;
  float eta_cutoff;
  float top_n_sigma;
  float top_h;
  float xtc_probability;
  float xtc_threshold;                /* 0: 0.1 */
  float dynamic_temperature_range;    /* temperature +- range by entropy */
  float dynamic_temperature_exponent; /* 0: 1 */
  float repetition_penalty;           /* 0: 1 */
  float frequency_penalty;
  float presence_penalty;
  int32_t penalty_window; /* ids that penalties look at, TOKRAIL_ORDER_LLAMACPP; 0: 64, -1: all */
  float dry_multiplier;
  float dry_base;              /* 0: 1.75 */
  uint32_t dry_allowed_length; /* 0: 2 */
  int32_t dry_window;          /* 0 and -1: all */
  uint32_t no_repeat_ngram;
  int32_t mirostat; /* 1 or 2: in place of all truncation */
  float mirostat_tau; /* 0: 5 */
  float mirostat_eta; /* 0: 0.1 */
  uint32_t min_tokens; /* no end id before so many */
  const tokrail_ids* dry_breakers;
  size_t dry_breaker_count;
  const tokrail_logit_bias* logit_bias;
  size_t logit_bias_count;
  const tokrail_ids* banned; /* sequences that must not be completed */
  size_t banned_count;
} tokrail_sampling_options;
#define TOKRAIL_SAMPLING_OPTIONS_INIT                                                        \
  {                                                                                          \
    sizeof(tokrail_sampling_options), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0                                          \
  }

/* ---- generating text ----------------------------------------------------------------------- */

enum { /* mode: how the grammar and the model come together in a step */
  TOKRAIL_MODE_ADAPTIVE = 0,        /* rejection until a mask is the cheaper way to finish */
  TOKRAIL_MODE_MASK = 1,            /* a mask, then one draw */
  TOKRAIL_MODE_REJECT = 2,          /* draws without replacement, the first that is allowed */
  TOKRAIL_MODE_REJECT_WEIGHTED = 3, /* the same, with a proper weight */
  TOKRAIL_MODE_EXACT = 4            /* whole sequences from the exact posterior */
};
enum { /* estimator of the weight in TOKRAIL_MODE_REJECT_WEIGHTED and _ADAPTIVE */
  TOKRAIL_ESTIMATOR_DES_RAJ = 0,
  TOKRAIL_ESTIMATOR_THOROUGH = 1, /* Des Raj with more tests and less variance */
  TOKRAIL_ESTIMATOR_RECURSIVE = 2,
  TOKRAIL_ESTIMATOR_GEOMETRIC = 3,
  TOKRAIL_ESTIMATOR_TWO_LOOP = 4
};
enum { /* constraint_order, TOKRAIL_MODE_MASK */
  TOKRAIL_CONSTRAINT_LAST = 0, /* on what the filters leave */
  TOKRAIL_CONSTRAINT_FIRST = 1 /* before the filters */
};
enum { /* forced: where the text can only go on in one way */
  TOKRAIL_FORCED_ASK_MODEL = 0,
  TOKRAIL_FORCED_SKIP_MODEL = 1, /* the only token allowed is taken without a call */
  TOKRAIL_FORCED_CANONICAL = 2   /* forced bytes as the tokenizer writes them; changes the law */
};
enum { /* resampling of particles */
  TOKRAIL_RESAMPLING_STRATIFIED = 0,
  TOKRAIL_RESAMPLING_MULTINOMIAL = 1,
  TOKRAIL_RESAMPLING_RESIDUAL = 2,
  TOKRAIL_RESAMPLING_SYSTEMATIC = 3,
  TOKRAIL_RESAMPLING_STEER = 4
};

/* A piece of text that is certain, valid during the call; called by the thread that generates. To
   stop, set the request's cancel flag. */
typedef void (*tokrail_text_function)(void* user, const char* text, size_t length);
/* Judges texts under way (complete[i]: text i is ended): scores[i] becomes the logarithm of a
   factor, -INFINITY ends the particle. Returns 0, or another number, with which they end as
   TOKRAIL_GENERATION_ERROR. */
typedef int32_t (*tokrail_critic_function)(void* user, const tokrail_bytes* texts,
                                           const uint8_t* complete, size_t count, double* scores);

typedef struct tokrail_generate_options {
  uint32_t struct_size;
  int32_t mode;
  const tokrail_grammar* grammar;           /* NULL: any text. borrowed for the call */
  const tokrail_sampling_options* sampling; /* NULL: the model's own distribution */
  const tokrail_bytes* stop;                /* texts that end an output, and are left out of it */
  size_t stop_count;
  uint64_t seed;
  uint64_t stream;         /* run i draws on stream + i */
  uint32_t count;          /* outputs, independent of each other; 0: 1. tokrail_generate */
  uint32_t max_tokens;     /* 0: 256 */
  uint32_t min_tokens;
  int32_t forced;
  int32_t threads;         /* 0: as many as the machine has; never changes an output */
  int32_t estimator;
  int32_t constraint_order;
  uint32_t particles;      /* 0: 16. tokrail_generate_posterior, as the next four */
  int32_t resampling;
  double ess_threshold;    /* resample when fewer than this part count; 0: 0.5, < 0: never */
  tokrail_critic_function critic; /* may be NULL */
  void* critic_user;
  double deadline_seconds; /* 0: none */
  uint64_t exact_budget;   /* ids of all attempts in TOKRAIL_MODE_EXACT; 0: a million */
  double mask_cost;        /* what a mask costs in tests of one token; 0: 8 */
  tokrail_text_function on_text; /* with count 1; in TOKRAIL_MODE_EXACT once, at the end */
  void* on_text_user;
  const tokrail_cancel* cancel; /* borrowed for the call */
} tokrail_generate_options;
#define TOKRAIL_GENERATE_OPTIONS_INIT                                                        \
  {                                                                                          \
    sizeof(tokrail_generate_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  \
        0, 0, 0, 0, 0, 0, 0                                                                  \
  }

enum { /* how an output ended */
  TOKRAIL_GENERATION_COMPLETE = 0,         /* an end came, or nothing could follow, or a stop */
  TOKRAIL_GENERATION_LENGTH = 1,           /* max_tokens, or the context, was full before that */
  TOKRAIL_GENERATION_STOPPED = 2,          /* a stop came where the grammar was not complete */
  TOKRAIL_GENERATION_DEAD_END = 3,         /* grammar and samplers left nothing */
  TOKRAIL_GENERATION_BUDGET_EXHAUSTED = 4,
  TOKRAIL_GENERATION_CANCELLED = 5,        /* by the flag or the deadline */
  TOKRAIL_GENERATION_ERROR = 6             /* see its error */
};
/* "complete", ...; static, "unknown" for other numbers. since 0.1 */
TOKRAIL_API const char* tokrail_generation_status_name(int32_t status);

/* What generating gave. Immutable; arrays and strings live as long as it does. since 0.1 */
typedef struct tokrail_outputs tokrail_outputs;

/* From a prompt, as text or as ids, to options->count outputs. TOKRAIL_OK as soon as there are
   outputs: each has a status of its own, and keeps what it has where something went wrong on the
   way. transfers. since 0.1 */
TOKRAIL_API tokrail_status tokrail_generate(tokrail_source* source,
                                            const tokrail_tokenizer* tokenizer, const char* prompt,
                                            size_t length, const tokrail_generate_options* options,
                                            tokrail_outputs** out, tokrail_error** error);
TOKRAIL_API tokrail_status tokrail_generate_from_ids(tokrail_source* source,
                                                     const tokrail_tokenizer* tokenizer,
                                                     const uint32_t* prompt, size_t count,
                                                     const tokrail_generate_options* options,
                                                     tokrail_outputs** out, tokrail_error** error);
TOKRAIL_API size_t tokrail_outputs_count(const tokrail_outputs* outputs);
/* Of output `index`; an index out of range gives -1, NULL or NaN. since 0.1 */
TOKRAIL_API int32_t tokrail_outputs_status(const tokrail_outputs* outputs, size_t index);
TOKRAIL_API const char* tokrail_outputs_text(const tokrail_outputs* outputs, size_t index,
                                             size_t* length);
/* What was generated, the end id included. since 0.1 */
TOKRAIL_API const uint32_t* tokrail_outputs_ids(const tokrail_outputs* outputs, size_t index,
                                                size_t* count);
/* The stop that came; "" if none did. since 0.1 */
TOKRAIL_API const char* tokrail_outputs_stop(const tokrail_outputs* outputs, size_t index,
                                             size_t* length);
TOKRAIL_API const char* tokrail_outputs_error(const tokrail_outputs* outputs, size_t index,
                                              size_t* length);
/* log of the weight, in modes that have weights; of the ids under samplers and model. since 0.1 */
TOKRAIL_API double tokrail_outputs_log_weight(const tokrail_outputs* outputs, size_t index);
TOKRAIL_API double tokrail_outputs_log_prob(const tokrail_outputs* outputs, size_t index);

typedef struct tokrail_statistics {
  uint32_t struct_size;
  uint32_t model_calls;   /* evaluations of the source that this output waited for */
  uint32_t skipped_calls; /* tokens that needed none */
  uint32_t masks;         /* steps that made a mask */
  uint64_t tests;         /* tokens that the grammar was asked about one by one */
  uint32_t attempts;      /* whole sequences tried, TOKRAIL_MODE_EXACT */
  double explored;        /* sum over steps of the mass tested */
  double seconds;
  double model_seconds;
} tokrail_statistics;
#define TOKRAIL_STATISTICS_INIT {sizeof(tokrail_statistics), 0, 0, 0, 0, 0, 0, 0, 0}
/* Writes the struct_size bytes that *statistics has. since 0.1 */
TOKRAIL_API tokrail_status tokrail_outputs_statistics(const tokrail_outputs* outputs, size_t index,
                                                      tokrail_statistics* statistics,
                                                      tokrail_error** error);
TOKRAIL_API void tokrail_outputs_free(tokrail_outputs* outputs);

/* log p of each id of a prompt given those before it, in the model's own distribution; `out` has
   `count` elements. since 0.1 */
TOKRAIL_API tokrail_status tokrail_prompt_log_probs(tokrail_source* source,
                                                    const tokrail_tokenizer* tokenizer,
                                                    const uint32_t* prompt, size_t count,
                                                    double* out, tokrail_error** error);

/* ==== unstable: what follows may still change before version 1 ================================ */

/* ---- particles: several outputs with weights, resampled on the way ------------------------- */

/* Distinct outputs by falling probability. Immutable; what it returns lives as long as it does.
   since 0.1, unstable */
typedef struct tokrail_posterior tokrail_posterior;
/* Sequential Monte Carlo with options->particles particles. Modes MASK, REJECT_WEIGHTED and
   ADAPTIVE. transfers. since 0.1, unstable */
TOKRAIL_API tokrail_status tokrail_generate_posterior(tokrail_source* source,
                                                      const tokrail_tokenizer* tokenizer,
                                                      const char* prompt, size_t length,
                                                      const tokrail_generate_options* options,
                                                      tokrail_posterior** out,
                                                      tokrail_error** error);
TOKRAIL_API tokrail_status tokrail_generate_posterior_from_ids(
    tokrail_source* source, const tokrail_tokenizer* tokenizer, const uint32_t* prompt,
    size_t count, const tokrail_generate_options* options, tokrail_posterior** out,
    tokrail_error** error);
/* Distinct outputs, and of output `index`. since 0.1, unstable */
TOKRAIL_API size_t tokrail_posterior_count(const tokrail_posterior* posterior);
TOKRAIL_API double tokrail_posterior_probability(const tokrail_posterior* posterior, size_t index);
TOKRAIL_API int32_t tokrail_posterior_status(const tokrail_posterior* posterior, size_t index);
TOKRAIL_API uint32_t tokrail_posterior_particle_count(const tokrail_posterior* posterior,
                                                      size_t index);
TOKRAIL_API const char* tokrail_posterior_text(const tokrail_posterior* posterior, size_t index,
                                               size_t* length);
TOKRAIL_API const uint32_t* tokrail_posterior_ids(const tokrail_posterior* posterior, size_t index,
                                                  size_t* count);
/* Of the whole: log of the estimate of the mass, effective particles, resamplings; the particles,
   borrowed, and their log-weights. since 0.1, unstable */
TOKRAIL_API double tokrail_posterior_log_evidence(const tokrail_posterior* posterior);
TOKRAIL_API double tokrail_posterior_effective_particles(const tokrail_posterior* posterior);
TOKRAIL_API uint32_t tokrail_posterior_resamplings(const tokrail_posterior* posterior);
TOKRAIL_API const tokrail_outputs* tokrail_posterior_particles(const tokrail_posterior* posterior);
TOKRAIL_API const double* tokrail_posterior_log_weights(const tokrail_posterior* posterior,
                                                        size_t* count);
TOKRAIL_API void tokrail_posterior_free(tokrail_posterior* posterior);

/* ---- sampling by hand: for programs with a loop of their own -------------------------------- */

enum { TOKRAIL_LOGITS_F32 = 0, TOKRAIL_LOGITS_BF16 = 1, TOKRAIL_LOGITS_F16 = 2 };
enum { /* flags of a row's result */
  TOKRAIL_ROW_NOTHING_ALLOWED = 1,
  TOKRAIL_ROW_NAN = 2,
  TOKRAIL_ROW_INFINITE = 4,
  TOKRAIL_ROW_BAD_PARAMETERS = 8
};
enum { /* outputs: what is not asked for is NaN or 0 */
  TOKRAIL_OUTPUT_LOG_SUM_ALL = 1,
  TOKRAIL_OUTPUT_ENTROPY = 2,
  TOKRAIL_OUTPUT_RAW_LOG_PROB = 4,
  TOKRAIL_OUTPUT_COUNTS = 8,
  TOKRAIL_OUTPUT_TOKEN_ONLY = 16
};

/* One row's distribution and its draw. Not an options structure: an array has one per row.
   since 0.1, unstable */
typedef struct tokrail_row_parameters {
  float temperature; /* 1 by INIT; 0: greedy */
  uint32_t top_k;
  float top_p;       /* 0 and 1: off */
  float min_p;
  float repetition_penalty; /* 0: 1 */
  float frequency_penalty;
  float presence_penalty;
  int32_t order;
  uint32_t position; /* in the sequence */
  uint32_t draw;     /* of several at this position */
  uint64_t seed;
  uint64_t stream; /* the request, never a row of the batch */
} tokrail_row_parameters;
#define TOKRAIL_ROW_PARAMETERS_INIT {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/* An id whose logit is not taken as it stands. */
typedef struct tokrail_adjustment {
  uint32_t id;
  float bias;       /* -INFINITY bans it */
  uint32_t context; /* occurrences that the repetition penalty counts */
  uint32_t output;  /* occurrences that the frequency and presence penalties count */
} tokrail_adjustment;

typedef struct tokrail_row_result {
  uint32_t id; /* TOKRAIL_NO_TOKEN if nothing was drawn */
  uint32_t flags;
  uint32_t allowed;   /* ids of probability above 0 before truncation */
  uint32_t kept;      /* and after it */
  float log_prob;     /* among the allowed: adjusted, tempered, masked, not truncated */
  float log_prob_all; /* in the unmasked row */
  float raw_log_prob; /* the model's own */
  float log_sum;      /* log of the sum over the allowed, and over all */
  float log_sum_all;
  float max_logit;
  float entropy; /* nats */
} tokrail_row_result;

typedef struct tokrail_sample_batch {
  uint32_t struct_size;
  int32_t logits_type;
  const void* logits;  /* row r begins at element r * row_stride */
  size_t rows;
  size_t vocab;
  size_t row_stride;   /* 0: vocab */
  const uint32_t* masks; /* NULL: everything is allowed */
  size_t mask_rows;    /* 0: rows */
  size_t mask_row_words; /* 0: tokrail_mask_words(vocab) */
  const int32_t* mask_index; /* mask row of each row, -1: none. NULL: row r has mask r */
  const tokrail_row_parameters* parameters; /* one per row; NULL: INIT for all */
  const tokrail_adjustment* adjustments; /* rising ids in each row, none twice */
  const uint32_t* adjustment_offsets;    /* rows + 1: row r has [offsets[r], offsets[r + 1]) */
  uint32_t outputs;    /* TOKRAIL_OUTPUT_... */
  uint32_t top_n;      /* also the most probable ids of each row: rows x top_n */
  uint32_t* top_ids;
  float* top_log_probs;
  int32_t threads;
} tokrail_sample_batch;
#define TOKRAIL_SAMPLE_BATCH_INIT \
  {sizeof(tokrail_sample_batch), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
/* One id per row, in one read of the logits. Any thread. since 0.1, unstable */
TOKRAIL_API tokrail_status tokrail_sample_masked(const tokrail_sample_batch* batch,
                                                 tokrail_row_result* results,
                                                 tokrail_error** error);

/* A chain of samplers for one sequence. One thread at a time. since 0.1, unstable */
typedef struct tokrail_sampler tokrail_sampler;
/* copies, transfers. since 0.1, unstable */
TOKRAIL_API tokrail_status tokrail_sampler_new(const tokrail_sampling_options* options,
                                               tokrail_sampler** out, tokrail_error** error);
TOKRAIL_API tokrail_status tokrail_sampler_fork(const tokrail_sampler* sampler,
                                                tokrail_sampler** out, tokrail_error** error);
typedef struct tokrail_sampler_row {
  uint32_t struct_size;
  uint32_t outputs;    /* TOKRAIL_OUTPUT_... */
  const float* logits;
  size_t vocab;
  const uint32_t* mask; /* tokrail_mask_words(vocab) words; NULL: everything is allowed */
  tokrail_ids prompt;
  tokrail_ids output;   /* ids after the prompt; their count is the position of the draw */
  tokrail_ids end_ids;  /* for min_tokens */
  uint64_t seed;
  uint64_t stream;
} tokrail_sampler_row;
#define TOKRAIL_SAMPLER_ROW_INIT \
  {sizeof(tokrail_sampler_row), 0, 0, 0, 0, {0, 0}, {0, 0}, {0, 0}, 0, 0}
/* One draw. The logits stay as they are. since 0.1, unstable */
TOKRAIL_API tokrail_status tokrail_sampler_sample(tokrail_sampler* sampler,
                                                  const tokrail_sampler_row* row,
                                                  tokrail_row_result* result,
                                                  tokrail_error** error);
/* The id that was taken, for samplers that remember. since 0.1, unstable */
TOKRAIL_API void tokrail_sampler_accept(tokrail_sampler* sampler, uint32_t id);
TOKRAIL_API void tokrail_sampler_reset(tokrail_sampler* sampler);
TOKRAIL_API void tokrail_sampler_free(tokrail_sampler* sampler);

#ifdef __cplusplus
}
#endif
#endif /* TOKRAIL_H */
