// TokenizerSpec: what a tokenizer is, as plain data, before anything is compiled from it.
//
// Every file reader (tokenizers/formats) produces a TokenizerSpec, every writer consumes one, and
// Tokenizer is built from one. The spec keeps the notation of the file it came from (byte-level
// alphabet, "▁" for spaces, scores, merges), because the same model in another file format is
// defined by another reference system and may give other ids; `format` says which system that is.
//
//   file ──reader──► TokenizerSpec ──Tokenizer──► encode / decode
//                          └────────writer──► file
//
// Steps of a kind (normalizers, pre-tokenizers, decoders) are flat lists applied in order; nested
// sequences of a file are flattened by the reader, which does not change their meaning.
// Ids are 0 .. vocabulary.size()-1; ids the file does not use are kUnused with an empty text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/token_id.h"

namespace tokrail {

struct HybridSpec;

/// The system that owns the file format, and so defines the ids.
enum class SourceFormat : uint8_t {
  kTiktoken,       ///< .tiktoken rank file, and tekken.json
  kTokenizerJson,  ///< Hugging Face tokenizer.json, vocab.json + merges.txt, vocab.txt
  kSentencePiece,  ///< sentencepiece .model
  kGguf,           ///< llama.cpp vocabularies
  kHybrid,         ///< our own morphology-aware tokenizers
};

enum class TokenKind : uint8_t {
  kNormal,
  kUnknown,      ///< the unknown piece
  kControl,      ///< special: never produced from plain text (<s>, <|endoftext|>)
  kUserDefined,  ///< always matched in the text as a whole, printed as text
  kByte,         ///< <0xNN>: one raw byte
  kUnused,       ///< a hole, or a piece the model never produces
};

struct VocabularySpec {
  ByteStrings texts;             ///< by id, in the notation of the file
  std::vector<TokenKind> kinds;  ///< by id
  /// By id for unigram and score BPE, else empty. tokenizer.json computes in double; files that
  /// hold floats give the double of the float.
  std::vector<double> scores;
  /// tokenizer.json: ids from here on are added tokens that the model itself does not know, so it
  /// never produces them. Unset: the model knows all ids.
  std::optional<TokenId> first_added;

  size_t size() const noexcept { return texts.size(); }
  /// Ids below it are those the model knows.
  size_t model_size() const noexcept {
    return first_added && *first_added < size() ? *first_added : size();
  }
};

// ---------------------------------------------------------------- text before the model

/// A literal or a regular expression to look for.
struct Pattern {
  std::string text;
  bool is_regex = false;
  bool operator==(const Pattern&) const = default;
};

/// What becomes of the delimiters a pre-tokenizer finds.
enum class SplitBehavior : uint8_t {
  kRemoved,
  kIsolated,
  kMergedWithPrevious,
  kMergedWithNext,
  kContiguous,
};

enum class PrependScheme : uint8_t { kFirst, kNever, kAlways };

struct NormalizerStep {
  enum class Kind : uint8_t {
    kNfc, kNfd, kNfkc, kNfkd,
    kLowercase,
    kStrip,          ///< strip_left, strip_right: remove white space at the ends
    kStripAccents,   ///< remove combining marks
    kReplace,        ///< pattern -> text
    kPrepend,        ///< put text before a text that is not empty
    kNmt,            ///< the Nmt white-space and control clean-up
    kPrecompiled,    ///< sentencepiece charsmap applied by graphemes, as tokenizer.json defines it
    kBert,           ///< clean_text, handle_chinese_chars, strip_accents, lowercase
    kByteLevel,      ///< every byte becomes a character of the byte-level alphabet
    kSentencePiece,  ///< sentencepiece's own normaliser: charsmap, dummy prefix, white space
    kLlamaSpm,       ///< llama.cpp "llama": add_dummy_prefix, space -> "▁"
    kLlamaUgm,       ///< llama.cpp "t5": charsmap, dummy prefix, white space
  };
  Kind kind = Kind::kNfc;
  bool strip_left = true, strip_right = true;
  Pattern pattern;
  std::string text;
  std::string charsmap;  ///< binary, as in the file (decoded from base64)
  bool clean_text = true, handle_chinese_chars = true, lowercase = true;
  std::optional<bool> strip_accents;  ///< kBert: unset means "as lowercase"
  bool add_dummy_prefix = true, remove_extra_whitespaces = true, escape_whitespaces = true;
  bool treat_whitespace_as_suffix = false;
};

struct PreTokenizerStep {
  enum class Kind : uint8_t {
    kByteLevel,        ///< add_prefix_space, use_regex, trim_offsets
    kSplit,            ///< pattern, behavior, invert
    kWhitespace,       ///< \w+|[^\w\s]+
    kWhitespaceSplit,  ///< at white space, removed
    kPunctuation,      ///< behavior
    kDigits,           ///< individual_digits
    kMetaspace,        ///< replacement, prepend_scheme, split
    kBert,             ///< white space removed, punctuation isolated
    kCharDelimiter,    ///< delimiter, removed
    kUnicodeScripts,
    kFixedLength,      ///< length in code points
    kLlamaWpm,         ///< llama.cpp "bert": its own normalising word splitter
  };
  Kind kind = Kind::kByteLevel;
  bool add_prefix_space = true, use_regex = true, trim_offsets = true;
  Pattern pattern;
  SplitBehavior behavior = SplitBehavior::kRemoved;
  bool invert = false;
  bool individual_digits = false;
  std::string replacement = "\xE2\x96\x81";  ///< "▁"
  PrependScheme prepend_scheme = PrependScheme::kAlways;
  bool split = true;
  char32_t delimiter = U' ';
  uint32_t length = 5;
  bool lowercase = true, strip_accents = true;  ///< kLlamaWpm
};

// ---------------------------------------------------------------- the model

struct Merge {
  TokenId left, right, result;
};

struct ModelSpec {
  enum class Kind : uint8_t {
    kRankBpe,    ///< tiktoken: any two neighbours whose concatenation is a token; rank = id
    kMergeBpe,   ///< an explicit list of merges, first = strongest
    kScoreBpe,   ///< sentencepiece BPE: any two neighbours that form a piece; best score first
    kUnigram,    ///< most probable segmentation by scores
    kWordPiece,  ///< greedy longest match, continuation prefix
    kWordLevel,  ///< whole words only
    kSpmWord,    ///< sentencepiece "word" model
    kSpmChar,    ///< sentencepiece "char" model
    kHybrid,     ///< stems, suffixes and pieces: morphology/hybrid_spec.h
  };
  Kind kind = Kind::kRankBpe;
  std::vector<Merge> merges;           ///< kMergeBpe, in order of rank
  std::optional<float> dropout;        ///< BPE-dropout stored in the file
  std::optional<TokenId> unk_id;       ///< produced for text the model cannot spell
  std::string continuing_prefix;       ///< "##" (WordPiece), or BPE's continuing_subword_prefix
  std::string end_of_word_suffix;      ///< BPE "</w>"
  bool fuse_unk = false;               ///< neighbouring unknowns become one
  bool byte_fallback = false;          ///< unknown characters become <0xNN> pieces
  bool ignore_merges = false;          ///< a whole piece that is a token is that token
  uint32_t max_input_chars_per_word = 100;  ///< WordPiece: longer words are unknown
  /// kRankBpe and kMergeBpe: texts are raw bytes (tiktoken) rather than a byte-level alphabet.
  bool raw_bytes = false;
  /// How WordPiece reads a word: tokenizer.json (prefix "##") or llama.cpp ("▁" before words).
  bool llama_wordpiece = false;
};

// ---------------------------------------------------------------- after the model

/// A token matched in the text before the model sees it.
struct AddedToken {
  TokenId id = kNoToken;
  std::string content;
  bool single_word = false;
  bool lstrip = false;
  bool rstrip = false;
  bool normalized = true;
  bool special = false;
};

/// One element of a template: a special token or the place of sequence A or B.
struct TemplatePiece {
  enum class Kind : uint8_t { kSpecialToken, kSequenceA, kSequenceB };
  Kind kind = Kind::kSequenceA;
  std::string token;              ///< name in TokenizerSpec template special tokens
  std::vector<TokenId> ids;       ///< the ids the name stands for
  std::vector<std::string> texts; ///< their texts, as the file names them
  uint32_t type_id = 0;
};

struct PostProcessorStep {
  enum class Kind : uint8_t {
    kByteLevel,  ///< trim_offsets, add_prefix_space: offsets only
    kTemplate,   ///< single, pair
    kBert,       ///< cls A sep [B sep], offsets untouched
    kRoberta,    ///< cls A sep [sep B sep], may trim offsets
  };
  Kind kind = Kind::kTemplate;
  bool trim_offsets = true, add_prefix_space = true, use_regex = true;
  std::vector<TemplatePiece> single, pair;
  std::pair<std::string, TokenId> cls{"[CLS]", 0}, sep{"[SEP]", 0};
};

struct DecoderStep {
  enum class Kind : uint8_t {
    kByteLevel, kWordPiece, kMetaspace, kBpe, kCtc, kReplace, kStrip, kFuse, kByteFallback,
  };
  Kind kind = Kind::kByteLevel;
  std::string prefix = "##";                 ///< kWordPiece
  bool cleanup = true;                       ///< kWordPiece, kCtc
  std::string replacement = "\xE2\x96\x81";  ///< kMetaspace
  PrependScheme prepend_scheme = PrependScheme::kAlways;
  bool split = true;                         ///< kMetaspace, kept for the writer
  std::string suffix = "</w>";               ///< kBpe
  std::string pad_token = "<pad>", word_delimiter_token = "|";  ///< kCtc
  Pattern pattern;                           ///< kReplace
  std::string text;                          ///< kReplace: content; kStrip: the character
  uint32_t start = 0, stop = 0;              ///< kStrip
  bool add_prefix_space = true, trim_offsets = true, use_regex = true;  ///< kByteLevel, kept
};

struct TruncationSpec {
  enum class Strategy : uint8_t { kLongestFirst, kOnlyFirst, kOnlySecond };
  enum class Direction : uint8_t { kLeft, kRight };
  uint32_t max_length = 512;
  uint32_t stride = 0;
  Strategy strategy = Strategy::kLongestFirst;
  Direction direction = Direction::kRight;
};

struct PaddingSpec {
  enum class Direction : uint8_t { kLeft, kRight };
  std::optional<uint32_t> fixed_length;  ///< unset: pad to the longest of the batch
  Direction direction = Direction::kRight;
  std::optional<uint32_t> pad_to_multiple_of;
  TokenId pad_id = 0;
  uint32_t pad_type_id = 0;
  std::string pad_token = "[PAD]";
};

/// Ids by role. A model may end on several ids.
struct SpecialRoles {
  std::optional<TokenId> bos, pad, unk, mask, cls, sep;
  std::vector<TokenId> eos;
};

/// How text that spells a special or added token is read when the caller does not say.
enum class SpecialTextDefault : uint8_t {
  kMatch,   ///< tokenizer.json: added tokens are always matched
  kAsText,  ///< tiktoken encode_ordinary, llama.cpp parse_special=false, sentencepiece
};

struct TokenizerSpec {
  SourceFormat format = SourceFormat::kTokenizerJson;
  std::string name;  ///< what the file calls itself or what it was recognised as; may be empty
  VocabularySpec vocabulary;
  ModelSpec model;
  std::shared_ptr<const HybridSpec> hybrid;  ///< of ModelSpec::Kind::kHybrid, else null
  std::vector<NormalizerStep> normalizers;
  std::vector<PreTokenizerStep> pre_tokenizers;
  std::vector<PostProcessorStep> post_processors;
  std::vector<DecoderStep> decoders;
  std::vector<AddedToken> added_tokens;  ///< sorted by id; their ids are < vocabulary.size()
  SpecialRoles roles;
  std::optional<TruncationSpec> truncation;
  std::optional<PaddingSpec> padding;
  SpecialTextDefault special_text = SpecialTextDefault::kMatch;
  bool add_bos = false, add_eos = false;  ///< sentencepiece and GGUF, when special tokens are added
};

}  // namespace tokrail
