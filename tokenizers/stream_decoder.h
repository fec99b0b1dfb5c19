// StreamDecoder: ids in one by one, text out as soon as it is certain.
//
// Language models produce ids one at a time and users want to see text at once. A token may end in
// the middle of a character, or be a raw byte that only later bytes explain; those bytes are held
// back. The pieces put together are exactly Detokenizer::decode_text of all ids.
//
//   StreamDecoder stream(detokenizer);
//   for (TokenId id : ids) std::cout << stream.push(id);
//   std::cout << stream.finish();
//
// With kReplace and kError every piece is whole UTF-8 characters; with kKeep ill-formed bytes pass
// through as soon as they cannot be the beginning of a character.
// What is held back: at most 3 bytes of an unfinished character; under tokenizer.json's
// ByteFallback the whole current run of byte tokens, because one bad byte changes all of it; where
// the decoder works over token borders, what it needs: CTC nothing more, clean-up of spaces
// (llama.cpp) up to 4 bytes, a chain that edits the joined text everything until finish().
//
// Complexity: O(1) amortised per token, no allocation once the buffer has grown. Owns a share of
// the decode table. Copy it to fork a stream. One thread at a time. Errors: push is noexcept; an id
// that is not below size() and, with kError, ill-formed text set failed() and print nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tokenizers/detokenization/detokenizer.h"
#include "tokenizers/spec.h"

namespace tokrail {

class DecodeChainState;

class StreamDecoder {
 public:
  explicit StreamDecoder(const Detokenizer& detokenizer, DecodeOptions options = {});
  StreamDecoder(const StreamDecoder& other);
  StreamDecoder& operator=(const StreamDecoder& other);
  StreamDecoder(StreamDecoder&&) noexcept;
  StreamDecoder& operator=(StreamDecoder&&) noexcept;
  ~StreamDecoder();

  /// The text that this id makes certain; often empty. Valid until the next call.
  std::string_view push(TokenId id) noexcept;

  /// What is left at the end of the text. The decoder is then ready for a new text.
  std::string_view finish() noexcept;

  /// Bytes that are decoded but held back. (Bytes a context or chain still holds are not shown.)
  std::string_view pending() const noexcept { return std::string_view(buffer_).substr(emitted_); }
  /// Where decoding stands, for tables with several contexts.
  DecodeContext context() const noexcept { return context_; }

  /// An id was out of range, or the text was ill-formed under kError. Stays until reset().
  bool failed() const noexcept { return failed_; }
  void reset() noexcept;

 private:
  /// Which bytes may be given out when, and what replaces ill-formed ones.
  enum class Mode : uint8_t { kPlain, kWholeRun, kEachByte };

  void drop_given_out() noexcept;
  void step(TokenId id, bool left_out);
  void append_final();
  std::string_view give_out(size_t certain);
  std::string replaced(std::string_view bytes) const;
  std::string_view strip(std::string_view text) noexcept;

  std::shared_ptr<const DecodeTable> table_;
  std::unique_ptr<DecodeChainState> chain_;
  DecodeOptions options_;
  Mode mode_ = Mode::kPlain;
  DecodeContext context_ = 0;
  bool failed_ = false;
  std::string buffer_;       ///< text given out by the last call, then bytes held back
  size_t emitted_ = 0;       ///< end of the text given out
  size_t run_begin_ = 0;     ///< bytes of buffer_ from here on come from byte tokens
  uint32_t strip_left_ = 0;  ///< leading characters still to be stripped off the text
  std::string replaced_;     ///< text of the last call where bytes had to be replaced
};

}  // namespace tokrail
