#include "tokenizers/detokenization/decode_chain.h"

#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/detokenization/decode_steps.h"

namespace tokrail {
namespace {

using Kind = DecoderStep::Kind;

/// Stages that edit whole tokens: a joined text is one token, complete at the end.
class WholeTokenStage : public DecodeStage {
 public:
  void chunk(std::string_view text, DecodeChainState&, size_t) final {
    joined_.append(text);
    has_joined_ = true;
  }
  void end(DecodeChainState& chain, size_t next) final {
    if (has_joined_) token(joined_, chain, next);
    end_tokens(chain, next);
    chain.pass_end(next);
  }

 protected:
  virtual void end_tokens(DecodeChainState&, size_t) {}

 private:
  std::string joined_;
  bool has_joined_ = false;
};

class EditStage final : public WholeTokenStage {
 public:
  explicit EditStage(const DecoderStep& step) : edit_(step) {}
  std::unique_ptr<DecodeStage> clone() const override { return std::make_unique<EditStage>(*this); }
  void token(std::string_view text, DecodeChainState& chain, size_t next) override {
    chain.pass_token(next, edit_.apply(text, first_));
    first_ = false;
  }

 private:
  TokenEdit edit_;
  bool first_ = true;
};

/// Word ends become spaces, but for the last token.
class BpeStage final : public WholeTokenStage {
 public:
  explicit BpeStage(std::string suffix) : suffix_(std::move(suffix)) {}
  std::unique_ptr<DecodeStage> clone() const override { return std::make_unique<BpeStage>(*this); }
  void token(std::string_view text, DecodeChainState& chain, size_t next) override {
    if (has_last_) chain.pass_token(next, replace_all(last_, suffix_, " "));
    last_ = text;
    has_last_ = true;
  }

 private:
  void end_tokens(DecodeChainState& chain, size_t next) override {
    if (has_last_) chain.pass_token(next, replace_all(last_, suffix_, ""));
  }
  std::string suffix_;
  std::string last_;
  bool has_last_ = false;
};

/// Repeated tokens count once, padding goes, the word delimiter is a space.
class CtcStage final : public WholeTokenStage {
 public:
  explicit CtcStage(const DecoderStep& step) : step_(step) {}
  std::unique_ptr<DecodeStage> clone() const override { return std::make_unique<CtcStage>(*this); }
  void token(std::string_view text, DecodeChainState& chain, size_t next) override {
    if (has_last_ && last_ == text) return;
    last_ = text;
    has_last_ = true;
    std::string out = replace_all(text, step_.pad_token, "");
    if (step_.cleanup) out = replace_all(clean_up_english(out), step_.word_delimiter_token, " ");
    if (!out.empty()) chain.pass_token(next, out);
  }

 private:
  DecoderStep step_;
  std::string last_;
  bool has_last_ = false;
};

class ByteFallbackStage final : public WholeTokenStage {
 public:
  explicit ByteFallbackStage(bool raw_bytes) : raw_bytes_(raw_bytes) {}
  std::unique_ptr<DecodeStage> clone() const override {
    return std::make_unique<ByteFallbackStage>(*this);
  }
  void token(std::string_view text, DecodeChainState& chain, size_t next) override {
    if (const auto byte = byte_of_token(text)) {
      run_.push_back(static_cast<char>(*byte));
      return;
    }
    end_tokens(chain, next);
    chain.pass_token(next, text);
  }

 private:
  void end_tokens(DecodeChainState& chain, size_t next) override {
    if (run_.empty()) return;
    if (raw_bytes_ || valid_utf8(run_)) {
      chain.pass_token(next, run_);
    } else {
      for (size_t i = 0; i < run_.size(); ++i) chain.pass_token(next, "\xEF\xBF\xBD");
    }
    run_.clear();
  }
  bool raw_bytes_;
  std::string run_;
};

class FuseStage final : public DecodeStage {
 public:
  std::unique_ptr<DecodeStage> clone() const override { return std::make_unique<FuseStage>(*this); }
  void token(std::string_view text, DecodeChainState& chain, size_t next) override {
    chain.pass_chunk(next, text);
  }
  void chunk(std::string_view text, DecodeChainState& chain, size_t next) override {
    chain.pass_chunk(next, text);
  }
  void end(DecodeChainState& chain, size_t next) override { chain.pass_end(next); }
};

/// Letters of the byte-level alphabet to bytes, joined, ill-formed parts replaced.
class ByteLevelStage final : public DecodeStage {
 public:
  explicit ByteLevelStage(bool raw_bytes) : raw_bytes_(raw_bytes) {}
  std::unique_ptr<DecodeStage> clone() const override {
    return std::make_unique<ByteLevelStage>(*this);
  }
  void token(std::string_view text, DecodeChainState& chain, size_t next) override {
    if (!append_alphabet_bytes(text, bytes_)) bytes_.append(text);
    const size_t held = raw_bytes_ ? 0 : incomplete_utf8_suffix(bytes_);
    pass(bytes_.size() - held, chain, next);
  }
  void chunk(std::string_view text, DecodeChainState&, size_t) override {
    joined_.append(text);
    has_joined_ = true;
  }
  void end(DecodeChainState& chain, size_t next) override {
    if (has_joined_) token(joined_, chain, next);
    pass(bytes_.size(), chain, next);
    chain.pass_end(next);
  }

 private:
  void pass(size_t count, DecodeChainState& chain, size_t next) {
    const std::string_view certain = std::string_view(bytes_).substr(0, count);
    if (raw_bytes_ || valid_utf8(certain)) {
      chain.pass_chunk(next, certain);
    } else {
      chain.pass_chunk(next, replace_invalid_utf8(certain));
    }
    bytes_.erase(0, count);
  }
  bool raw_bytes_;
  std::string bytes_;
  std::string joined_;
  bool has_joined_ = false;
};

/// llama.cpp's clean-up, its three passes over the text made into three small automata. Each holds
/// back the few characters that may still turn out to be part of a pattern.
class CleanSpacesStage final : public DecodeStage {
 public:
  explicit CleanSpacesStage(bool drop_first_space) : drop_first_space_(drop_first_space) {}
  std::unique_ptr<DecodeStage> clone() const override {
    return std::make_unique<CleanSpacesStage>(*this);
  }
  void token(std::string_view text, DecodeChainState& chain, size_t next) override {
    if (std::exchange(drop_first_space_, false) && text.starts_with(' ')) text.remove_prefix(1);
    chunk(text, chain, next);
  }
  void chunk(std::string_view text, DecodeChainState& chain, size_t next) override {
    for (const char c : text) punctuation(c);
    flush(chain, next);
  }
  void end(DecodeChainState& chain, size_t next) override {
    if (space_) lone_apostrophe(' ');
    for (const char c : std::exchange(apostrophe_, {})) contraction(c);
    out_.append(contraction_);
    flush(chain, next);
    chain.pass_end(next);
  }

 private:
  void flush(DecodeChainState& chain, size_t next) {
    chain.pass_chunk(next, out_);
    out_.clear();
  }

  /// " ?" " !" " ." " ," lose the space.
  void punctuation(char c) {
    if (space_ && c != '?' && c != '!' && c != '.' && c != ',') lone_apostrophe(' ');
    space_ = c == ' ';
    if (!space_) lone_apostrophe(c);
  }

  /// " ' " loses both spaces.
  void lone_apostrophe(char c) {
    if (apostrophe_ == " '" && c == ' ') {
      apostrophe_.clear();
      contraction('\'');
      return;
    }
    if (apostrophe_ == " " && c == '\'') {
      apostrophe_.push_back(c);
      return;
    }
    for (const char held : std::exchange(apostrophe_, {})) contraction(held);
    if (c == ' ') {
      apostrophe_.assign(1, c);
    } else {
      contraction(c);
    }
  }

  /// " 's" " 'm" " 're" " 've" lose the space.
  void contraction(char c) {
    std::string& held = contraction_;
    if (held == " " && c == '\'') {
      held.push_back(c);
      return;
    }
    if (held == " '") {
      if (c == 's' || c == 'm') held.erase(0, 1);
      if (c == 'r' || c == 'v') {
        held.push_back(c);
        return;
      }
    } else if (held.size() == 3 && c == 'e') {
      held.erase(0, 1);
    }
    out_.append(held);
    held.clear();
    if (c == ' ') {
      held.assign(1, c);
    } else {
      out_.push_back(c);
    }
  }

  bool drop_first_space_;
  bool space_ = false;
  std::string apostrophe_;
  std::string contraction_;
  std::string out_;
};

std::unique_ptr<DecodeStage> make_stage(const DecoderStep& step, bool raw_bytes) {
  switch (step.kind) {
    case Kind::kByteLevel: return std::make_unique<ByteLevelStage>(raw_bytes);
    case Kind::kBpe: return std::make_unique<BpeStage>(step.suffix);
    case Kind::kCtc: return std::make_unique<CtcStage>(step);
    case Kind::kFuse: return std::make_unique<FuseStage>();
    case Kind::kByteFallback: return std::make_unique<ByteFallbackStage>(raw_bytes);
    default: return std::make_unique<EditStage>(step);
  }
}

std::vector<std::unique_ptr<DecodeStage>> copies(
    const std::vector<std::unique_ptr<DecodeStage>>& stages) {
  std::vector<std::unique_ptr<DecodeStage>> result;
  for (const auto& stage : stages) result.push_back(stage->clone());
  return result;
}

}  // namespace

DecodeChain::DecodeChain(const std::vector<DecoderStep>& steps, ByteStrings tokens)
    : tokens_(std::move(tokens)) {
  for (const DecoderStep& step : steps) {
    replacing_.push_back(make_stage(step, false));
    raw_.push_back(make_stage(step, true));
  }
}

std::shared_ptr<const DecodeChain> DecodeChain::clean_spaces(ByteStrings tokens,
                                                             bool drop_first_space) {
  return std::shared_ptr<const DecodeChain>(new DecodeChain(std::move(tokens), drop_first_space));
}

std::vector<std::unique_ptr<DecodeStage>> DecodeChain::stages(bool raw_bytes) const {
  if (!cleans_spaces_) return copies(raw_bytes ? raw_ : replacing_);
  std::vector<std::unique_ptr<DecodeStage>> result;
  result.push_back(std::make_unique<CleanSpacesStage>(drops_first_space_));
  return result;
}

DecodeChainState::DecodeChainState(std::shared_ptr<const DecodeChain> chain, bool raw_bytes)
    : chain_(std::move(chain)), raw_bytes_(raw_bytes), stages_(chain_->stages(raw_bytes)) {}

DecodeChainState::DecodeChainState(const DecodeChainState& other)
    : chain_(other.chain_), raw_bytes_(other.raw_bytes_), stages_(copies(other.stages_)) {}

void DecodeChainState::reset() {
  stages_ = chain_->stages(raw_bytes_);
}

void DecodeChainState::push(TokenId id, std::string& out) {
  out_ = &out;
  pass_token(0, chain_->token(id));
  out_ = nullptr;
}

void DecodeChainState::finish(std::string& out) {
  out_ = &out;
  pass_end(0);
  out_ = nullptr;
  reset();
}

void DecodeChainState::pass_token(size_t stage, std::string_view text) {
  if (stage == stages_.size()) {
    out_->append(text);
  } else {
    stages_[stage]->token(text, *this, stage + 1);
  }
}

void DecodeChainState::pass_chunk(size_t stage, std::string_view text) {
  if (stage == stages_.size()) {
    out_->append(text);
  } else if (!text.empty()) {
    stages_[stage]->chunk(text, *this, stage + 1);
  }
}

void DecodeChainState::pass_end(size_t stage) {
  if (stage < stages_.size()) stages_[stage]->end(*this, stage + 1);
}

}  // namespace tokrail
