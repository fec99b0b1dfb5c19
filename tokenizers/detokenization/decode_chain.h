// DecodeChain: decoding as a pipeline of stages, for rules that no table of spellings can express.
//
// CTC drops repeated tokens, llama.cpp cleans up spaces across token borders, and a tokenizer.json
// may edit the joined text. Every stage takes tokens one at a time and passes on what is certain,
// so that decoding a whole text and decoding a stream are the same code.
//
//   DecodeChainState state(chain, /*raw_bytes=*/false);
//   for (TokenId id : ids) state.push(id, out);
//   state.finish(out);
//
// The chain is immutable and shared; a state belongs to one sequence and can be copied.
// Complexity: O(bytes of the token) amortised. Stages that need the whole joined text keep it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/spec.h"

namespace tokrail {

class DecodeChainState;

/// A stage of one sequence. Tokens are whole, except behind a stage that joins them: then the one
/// token of the text comes in chunks.
class DecodeStage {
 public:
  virtual ~DecodeStage() = default;
  virtual std::unique_ptr<DecodeStage> clone() const = 0;
  virtual void token(std::string_view text, DecodeChainState& chain, size_t next) = 0;
  virtual void chunk(std::string_view text, DecodeChainState& chain, size_t next) = 0;
  /// The text ends: pass on what is held. The state is not used again.
  virtual void end(DecodeChainState& chain, size_t next) = 0;
};

class DecodeChain {
 public:
  /// The decoders of tokenizer.json over these token texts.
  DecodeChain(const std::vector<DecoderStep>& steps, ByteStrings tokens);
  /// llama.cpp's clean-up of spaces over the joined text of these token texts.
  static std::shared_ptr<const DecodeChain> clean_spaces(ByteStrings tokens, bool drop_first_space);

  std::string_view token(TokenId id) const noexcept { return tokens_[id]; }
  /// Fresh stages. With raw_bytes nothing is replaced by U+FFFD.
  std::vector<std::unique_ptr<DecodeStage>> stages(bool raw_bytes) const;

 private:
  DecodeChain(ByteStrings tokens, bool drop_first_space)
      : tokens_(std::move(tokens)), cleans_spaces_(true), drops_first_space_(drop_first_space) {}

  ByteStrings tokens_;
  bool cleans_spaces_ = false;
  bool drops_first_space_ = false;
  std::vector<std::unique_ptr<DecodeStage>> replacing_;
  std::vector<std::unique_ptr<DecodeStage>> raw_;
};

class DecodeChainState {
 public:
  DecodeChainState(std::shared_ptr<const DecodeChain> chain, bool raw_bytes);
  DecodeChainState(const DecodeChainState& other);
  DecodeChainState(DecodeChainState&&) noexcept = default;
  DecodeChainState& operator=(DecodeChainState&&) noexcept = default;

  /// Appends the text that this id makes certain.
  void push(TokenId id, std::string& out);
  /// Appends the rest and starts over.
  void finish(std::string& out);
  void reset();

  // For stages.
  void pass_token(size_t stage, std::string_view text);
  void pass_chunk(size_t stage, std::string_view text);
  void pass_end(size_t stage);

 private:
  std::shared_ptr<const DecodeChain> chain_;
  bool raw_bytes_;
  std::vector<std::unique_ptr<DecodeStage>> stages_;
  std::string* out_ = nullptr;
};

}  // namespace tokrail
