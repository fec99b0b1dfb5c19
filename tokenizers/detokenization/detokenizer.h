// Detokenizer: ids to bytes and text, by the rules of the system that owns the file format.
//
//   tiktoken       the bytes of the tokens, one after the other
//   tokenizer.json the decoder chain of the file; without one, tokens joined by a space
//   sentencepiece  "▁" is a space, the dummy prefix is dropped, control symbols print nothing
//   GGUF           llama.cpp's detokenizer (special tokens printed, space clean-up where it has it)
//
//   Detokenizer detokenizer = Detokenizer::compile(spec);
//   std::string text = detokenizer.decode_text(ids);             // ill-formed UTF-8 is U+FFFD
//   std::string bytes = detokenizer.decode_bytes(ids);           // nothing is replaced
//
// <0xNN> tokens are raw bytes in decode_bytes. In decode_text with kReplace they become what their
// own system makes of them: tokenizer.json replaces every byte of a run of byte tokens that is not
// valid as a whole, sentencepiece replaces each byte that is not part of a character, the others
// replace each maximal ill-formed part.
//
// Ids that the file leaves unused print nothing. Complexity: O(output); byte-level decoding is one
// 16-byte copy per token. Immutable, thread safe, cheap to copy (shared tables). Errors: an id that
// is not below size() throws Error kInvalidArgument with its position; kError throws kTextRefused
// with the byte position of the first ill-formed part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tokenizers/detokenization/decode_table.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// What decode_text makes of bytes that are not UTF-8.
enum class InvalidUtf8 : uint8_t {
  kReplace,  ///< U+FFFD, as many as the format's own system writes
  kError,    ///< throws Error kTextRefused
  kKeep,     ///< the bytes as they are
};

struct DecodeOptions {
  bool skip_special = false;  ///< leave out special tokens
  InvalidUtf8 invalid_utf8 = InvalidUtf8::kReplace;
};

class Detokenizer {
 public:
  using Normalize = std::function<std::string(std::string_view)>;

  /// `normalize` is the tokenizer's own normaliser: tokenizer.json prints added tokens that are
  /// matched in normalised text in their normalised spelling. Without it: as written.
  /// Throws Error kInvalidFile or kUnsupported for a decoder that makes no sense.
  static Detokenizer compile(const TokenizerSpec& spec, const Normalize& normalize = {});

  /// Over a table that was compiled before.
  explicit Detokenizer(std::shared_ptr<const DecodeTable> table) : table_(std::move(table)) {}

  size_t size() const noexcept { return table_->size(); }

  std::string decode_bytes(std::span<const TokenId> ids, bool skip_special = false) const;
  std::string decode_text(std::span<const TokenId> ids, DecodeOptions options = {}) const;

  /// Appends to `out`, for callers that keep a buffer.
  void decode_bytes_into(std::span<const TokenId> ids, bool skip_special, std::string& out) const;

  /// Whether the output is the concatenation of table().bytes(context, id) along the ids. False
  /// for CTC, clean-up over token borders, and decoder chains that edit the joined text.
  bool exact() const noexcept { return table_->exact(); }

  const DecodeTable& table() const noexcept { return *table_; }
  std::shared_ptr<const DecodeTable> shared_table() const noexcept { return table_; }

 private:
  std::shared_ptr<const DecodeTable> table_;
};

}  // namespace tokrail
