// The normalisers of sentencepiece and of llama.cpp's "t5" vocabularies: rewriting rules, white
// space squeezed and escaped, a dummy prefix. Each is written once for a *writer* that is told the
// bytes of the new text and the place in the old one where each begins.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "tokenizers/normalization/normalizer_stage.h"
#include "tokenizers/normalization/rewrite_rules.h"

namespace tokrail::detail {
namespace {

class TextWriter {
 public:
  explicit TextWriter(std::string& out) : out_(out), begin_(out.size()) {}

  void add(std::string_view bytes, size_t /*from*/) { out_.append(bytes); }
  void add_same(std::string_view bytes, size_t /*from*/) { out_.append(bytes); }
  bool ends_with(std::string_view bytes) const {
    return out_.size() - begin_ >= bytes.size() && std::string_view(out_).ends_with(bytes);
  }
  size_t take_back(size_t bytes) {
    out_.resize(out_.size() - bytes);
    return 0;
  }
  void finish(size_t /*end*/) {}

 private:
  std::string& out_;
  size_t begin_;
};

/// Keeps the place in the old text where each byte begins; it ends where the next one begins, as
/// in sentencepiece.
class AlignedWriter {
 public:
  /// All bytes begin at `from`.
  void add(std::string_view bytes, size_t from) {
    text_.append(bytes);
    starts_.insert(starts_.end(), bytes.size(), static_cast<uint32_t>(from));
  }
  /// Each byte (they are ASCII) stands for itself.
  void add_same(std::string_view bytes, size_t from) {
    text_.append(bytes);
    for (size_t i = 0; i < bytes.size(); ++i) starts_.push_back(static_cast<uint32_t>(from + i));
  }
  bool ends_with(std::string_view bytes) const { return std::string_view(text_).ends_with(bytes); }
  /// Answers where the removed bytes began.
  size_t take_back(size_t bytes) {
    const size_t from = starts_[starts_.size() - bytes];
    text_.resize(text_.size() - bytes);
    starts_.resize(text_.size());
    return from;
  }
  void finish(size_t end) { end_ = static_cast<uint32_t>(end); }
  void install(AlignedText& text) && {
    std::vector<uint32_t> ends;
    if (!starts_.empty()) {
      ends.reserve(starts_.size());
      ends.assign(starts_.begin() + 1, starts_.end());
      ends.push_back(end_);
    }
    text.assign(std::move(text_), std::move(starts_), std::move(ends));
  }

 private:
  std::string text_;
  std::vector<uint32_t> starts_;
  uint32_t end_ = 0;
};

template <typename Step>
class RulesStage : public NormalizerStage {
 public:
  RulesStage(const NormalizerStep& step, std::span<const std::string_view> symbols,
             Utf8Reading reading)
      : rules_(Charsmap::parse(step.charsmap), symbols, reading),
        space_(step.escape_whitespaces ? kEscapedSpaceUtf8 : " "),
        squeeze_(step.remove_extra_whitespaces),
        prefix_(step.add_dummy_prefix && !step.treat_whitespace_as_suffix),
        suffix_(step.add_dummy_prefix && step.treat_whitespace_as_suffix) {}

  void run(std::string_view in, TextEnds ends, std::string& out) const override {
    TextWriter writer(out);
    static_cast<const Step&>(*this).write(in, ends, writer);
  }
  void run(AlignedText& text, TextEnds ends) const override {
    if (text.text().size() > std::numeric_limits<uint32_t>::max()) {
      throw Error(ErrorCode::kUnsupported, "a text of 4 GiB or more cannot be aligned; cut it");
    }
    AlignedWriter writer;
    static_cast<const Step&>(*this).write(text.text(), ends, writer);
    std::move(writer).install(text);
  }
  bool is_identity_on(std::string_view text, TextEnds ends) const override {
    if (text.empty()) return Step::kNothingForEmptyText || !suffix_ || !ends.end;
    if ((prefix_ && ends.begin) || (suffix_ && ends.end)) return false;
    if (!Step::kNothingForEmptyText && squeeze_) return false;
    // Spaces are left to the real thing.
    return rules_.plain_prefix_length(text) == text.size() ||
           (rules_.is_trivial() && valid_utf8(text) && text.find(' ') == std::string_view::npos &&
            text.find(kEscapedSpaceUtf8) == std::string_view::npos);
  }
  bool carry(Seam& seam) const override {
    if (seam.right != U' ' || seam.left > kMaxCodePoint) return false;
    if (!rules_.is_stable_before_space(seam.left)) return false;
    seam = {kSomeWordEnd, kSomeWordEnd};
    return true;
  }

 protected:
  RewriteRules rules_;
  std::string_view space_;
  bool squeeze_, prefix_, suffix_;
};

class SentencePieceStage final : public RulesStage<SentencePieceStage> {
 public:
  static constexpr bool kNothingForEmptyText = true;

  SentencePieceStage(const NormalizerStep& step, std::span<const std::string_view> symbols)
      : RulesStage(step, symbols, Utf8Reading::kStrict) {}

  template <typename Writer>
  void write(std::string_view in, TextEnds ends, Writer& writer) const {
    size_t at = 0;
    while (squeeze_ && ends.begin && at < in.size()) {
      const RewriteRules::Step step = rules_.next(in.substr(at));
      if (step.replacement != " ") break;
      at += step.consumed;
    }
    if (at == in.size()) return;
    if (prefix_ && ends.begin) writer.add(space_, at);
    write_words(in, at, squeeze_ && ends.begin, writer);
    size_t end = in.size();
    if (squeeze_ && ends.end) {
      while (writer.ends_with(space_)) end = writer.take_back(space_.size());
    }
    if (suffix_ && ends.end) writer.add(space_, end);
    writer.finish(end);
  }

 private:
  template <typename Writer>
  void write_words(std::string_view in, size_t at, bool after_space, Writer& writer) const {
    while (at < in.size()) {
      if (const size_t plain = rules_.plain_prefix_length(in.substr(at)); plain != 0) {
        writer.add_same(in.substr(at, plain), at);
        at += plain;
        after_space = false;
        continue;
      }
      const RewriteRules::Step step = rules_.next(in.substr(at));
      std::string_view piece = step.replacement;
      while (after_space && piece.starts_with(' ')) piece.remove_prefix(1);
      if (!piece.empty()) {
        write_piece(piece, at, writer);
        after_space = piece.ends_with(' ');
      }
      at += step.consumed;
      if (!squeeze_) after_space = false;
    }
  }

  template <typename Writer>
  void write_piece(std::string_view piece, size_t from, Writer& writer) const {
    while (!piece.empty()) {
      const size_t length = std::min(piece.find(' '), piece.size());
      if (length == 0) {
        writer.add(space_, from);
        piece.remove_prefix(1);
      } else {
        writer.add(piece.substr(0, length), from);
        piece.remove_prefix(length);
      }
    }
  }
};

class LlamaUgmStage final : public RulesStage<LlamaUgmStage> {
 public:
  static constexpr bool kNothingForEmptyText = false;

  LlamaUgmStage(const NormalizerStep& step, std::span<const std::string_view> symbols)
      : RulesStage(step, symbols, Utf8Reading::kLlama) {}

  template <typename Writer>
  void write(std::string_view in, TextEnds ends, Writer& writer) const {
    bool is_prefixed = !ends.begin;
    bool in_word = !ends.begin;
    size_t spaces_begin = 0;
    for (size_t at = 0; at < in.size();) {
      const RewriteRules::Step step = rules_.next(in.substr(at));
      for (size_t i = 0; i < step.replacement.size(); ++i) {
        if (step.replacement[i] == ' ') {
          if (in_word) spaces_begin = at;
          in_word = false;
          if (!squeeze_) writer.add(space_, at);
          continue;
        }
        if (!in_word && ((prefix_ && !is_prefixed) || squeeze_)) {
          writer.add(space_, squeeze_ ? spaces_begin : at);
          is_prefixed = true;
        }
        in_word = true;
        writer.add(step.replacement.substr(i, 1), at);
      }
      at += step.consumed;
    }
    if (suffix_ && ends.end) writer.add(space_, in.size());
    writer.finish(in.size());
  }
};

}  // namespace

void add_sentencepiece_stage(const NormalizerStep& step,
                             std::span<const std::string_view> user_defined_symbols,
                             std::vector<StagePointer>& stages) {
  if (step.kind == NormalizerStep::Kind::kLlamaUgm) {
    stages.push_back(std::make_unique<LlamaUgmStage>(step, user_defined_symbols));
  } else {
    stages.push_back(std::make_unique<SentencePieceStage>(step, user_defined_symbols));
  }
}

}  // namespace tokrail::detail
