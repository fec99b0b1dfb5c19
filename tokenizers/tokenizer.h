// Tokenizer: text to ids and back, exactly as the system that owns the file format does it.
//
// One object for every format and model family. Encoding has two paths with equal results: a fast
// one (SIMD splitters, word caches, linear BPE) that is used wherever the pipeline allows it, and
// the pipeline as the file describes it, step by step, which also produces offsets.
//
//   auto tokenizer = Tokenizer::load("o200k_base.tiktoken");
//   std::vector<TokenId> ids = tokenizer.encode("Hello world");
//   std::string text = tokenizer.decode_text(ids);
//   Encoding encoding = tokenizer.encode_with_offsets("Hello world", {.offset_unit = kCodePoint});
//
// Text is any byte string. Where a model is defined on well-formed text only, each maximal
// ill-formed part counts as one character that is neither letter nor space: byte-complete models
// keep its bytes, the others read U+FFFD (properties().replaces_invalid_utf8).
//
// Complexity: O(bytes) time; memory beside input and ids is bounded (word caches of about 1 MiB per
// thread that encodes at the same time) for all byte-level models; models that normalise whole
// texts hold one normalised part at a time. Thread safety: immutable; every method is const and may
// be called from any number of threads. Copies share state. Errors: load and from_spec throw Error
// for files and specs that are damaged or unsupported; encode throws Error(kTextRefused) for text
// that the special-token policy forbids or the model cannot spell; decode throws for ids that are
// not below size().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/added_tokens.h"
#include "tokenizers/detokenization/detokenizer.h"
#include "tokenizers/encoding.h"
#include "tokenizers/load_options.h"
#include "tokenizers/spec.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {

class TokenizerEngine;
struct PrecompiledTables;

struct EncodeOptions {
  /// Put the special tokens of the file's template (or BOS and EOS) around the text.
  bool add_special_tokens = true;
  /// What to do where the text spells a special token; unset: what the format's own system does
  /// (tokenizer.json matches them, tiktoken, sentencepiece and llama.cpp read text).
  std::optional<SpecialText> special_text;
  /// The unit of offsets in an Encoding.
  OffsetUnit offset_unit = OffsetUnit::kByte;
  /// Truncation and padding of this call; unset: those of the file, unless ignored.
  std::optional<TruncationSpec> truncation = std::nullopt;
  std::optional<PaddingSpec> padding = std::nullopt;
  bool ignore_file_limits = false;
};

/// A segmentation with its log-probability (unigram models) or its score.
struct ScoredIds {
  std::vector<TokenId> ids;
  double score = 0;
};

/// What a user should know before relying on byte-exact round trips.
struct TokenizerProperties {
  bool byte_complete = false;          ///< every byte string has an encoding without unknowns
  bool normalizes = false;             ///< text may be changed before it is encoded
  bool lossless = false;               ///< decode(encode(x)) == x for every byte string x
  bool replaces_invalid_utf8 = false;  ///< ill-formed parts are read as U+FFFD
  bool fast_path = false;              ///< encode runs without the step-by-step pipeline
  std::string splitter;                ///< how text is cut on the fast path, for people
};

class Tokenizer {
 public:
  /// Reads a file of any supported format (found by content) or a model directory.
  static Tokenizer load(const std::string& path, const LoadOptions& options = {});
  static Tokenizer from_spec(TokenizerSpec spec);
  /// For a spec whose tables are ready (tokenizers/engine/precompiled_tables.h), as in a .tkz file.
  static Tokenizer from_precompiled(TokenizerSpec spec, PrecompiledTables tables);

  const TokenizerSpec& spec() const noexcept;
  const Vocabulary& vocabulary() const noexcept;
  std::shared_ptr<const Vocabulary> shared_vocabulary() const noexcept;
  const Detokenizer& detokenizer() const noexcept;
  const TokenizerProperties& properties() const noexcept;
  size_t size() const noexcept { return vocabulary().size(); }

  // ---- text to ids
  std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options = {}) const;
  /// Appends to `out`.
  void encode_into(std::string_view text, const EncodeOptions& options,
                   std::vector<TokenId>& out) const;
  Encoding encode_with_offsets(std::string_view text, const EncodeOptions& options = {}) const;
  Encoding encode_pair(std::string_view a, std::string_view b,
                       const EncodeOptions& options = {}) const;
  /// One result per text, in order; the same for any number of threads (0: all there are).
  std::vector<std::vector<TokenId>> encode_batch(std::span<const std::string_view> texts,
                                                 const EncodeOptions& options = {},
                                                 int threads = 0) const;
  std::vector<Encoding> encode_batch_with_offsets(std::span<const std::string_view> texts,
                                                  const EncodeOptions& options = {},
                                                  int threads = 0) const;
  /// encode(...).size() without keeping the ids.
  size_t count(std::string_view text, const EncodeOptions& options = {}) const;
  /// The count if it is at most `limit`; stops reading soon after the limit is passed.
  std::optional<size_t> count_up_to(std::string_view text, size_t limit,
                                    const EncodeOptions& options = {}) const;

  /// BPE-dropout (BPE models) or sampling from the segmentation lattice with smoothing `alpha`
  /// (unigram models); reproducible by seed. No special tokens. Error(kUnsupported) for others.
  std::vector<TokenId> encode_sampled(std::string_view text, double alpha, uint64_t seed) const;
  /// The n best segmentations of a unigram model, best first.
  std::vector<ScoredIds> encode_nbest(std::string_view text, size_t n) const;

  // ---- ids to text
  std::string decode_bytes(std::span<const TokenId> ids, bool skip_special = false) const {
    return detokenizer().decode_bytes(ids, skip_special);
  }
  std::string decode_text(std::span<const TokenId> ids, DecodeOptions options = {}) const {
    return detokenizer().decode_text(ids, options);
  }

  /// The compiled engine, for the classes of this module that build on it.
  const TokenizerEngine& engine() const noexcept { return *engine_; }
  std::shared_ptr<const TokenizerEngine> shared_engine() const noexcept { return engine_; }

 private:
  explicit Tokenizer(std::shared_ptr<const TokenizerEngine> engine) : engine_(std::move(engine)) {}
  std::shared_ptr<const TokenizerEngine> engine_;
};

}  // namespace tokrail
