#include "tokenizers/engine/text_pipeline.h"

#include <utility>

#include "base/utf8.h"

namespace tokrail {
namespace {

void replace_invalid_utf8(AlignedText& text) {
  const std::string_view bytes = text.text();
  if (valid_utf8(bytes)) return;
  AlignedText::Rewrite rewrite(text);
  const char* const end = bytes.data() + bytes.size();
  for (const char* p = bytes.data(); p < end;) {
    const Utf8Unit unit = decode_utf8(p, end);
    rewrite.emit(unit.valid ? std::string_view(p, unit.length) : "\xEF\xBF\xBD", 0);
    p += unit.length;
  }
  rewrite.commit();
}

}  // namespace

void TextPipeline::encode(std::string_view text, const SpecialText& policy,
                          std::vector<PipelineToken>& out) const {
  uint32_t word = 0;
  size_t at = 0;
  // The parts between added tokens are texts of their own: each has a beginning and an end.
  const auto plain = [&](size_t begin, size_t end) {
    if (begin < end) encode_part(text.substr(begin, end - begin), begin, {}, policy, word, out);
  };
  if (!stages_->raw_matcher.empty()) {
    AddedTokenScanner scanner(stages_->raw_matcher, text, policy);
    while (const auto match = scanner.next()) {
      plain(at, match->begin);
      out.push_back({match->id, word++, match->begin, match->end});
      at = match->end;
    }
  }
  plain(at, text.size());
}

void TextPipeline::encode_part(std::string_view part, size_t original_begin, TextEnds ends,
                               const SpecialText& policy, uint32_t& word,
                               std::vector<PipelineToken>& out) const {
  const auto plain = [&](AlignedText text) { encode_normalized(std::move(text), word, out); };
  const auto added = [&](PipelineToken token) {
    token.word = word++;
    out.push_back(token);
  };
  for_each_plain(part, original_begin, ends, policy, plain, added);
}

AlignedText TextPipeline::normalized(std::string_view part, size_t original_begin,
                                     TextEnds ends) const {
  AlignedText text(part, original_begin);
  if (stages_->replace_invalid_utf8) replace_invalid_utf8(text);
  stages_->normalizer.apply(text, ends);
  return text;
}

void TextPipeline::encode_normalized(AlignedText text, uint32_t& word,
                                     std::vector<PipelineToken>& out) const {
  if (text.empty()) return;
  if (stages_->prefix_space && !text.text().starts_with(' ')) text.prepend(" ");
  std::vector<AlignedText> pieces;
  pieces.push_back(std::move(text));
  stages_->pre_tokenizer.split(pieces);
  std::vector<ModelToken> tokens;
  for (const AlignedText& piece : pieces) {
    tokens.clear();
    stages_->model->tokenize(piece.text(), tokens);
    for (const ModelToken& token : tokens) {
      const OriginalRange range = piece.original_range(token.begin, token.end);
      out.push_back({token.id, word, range.begin, range.end});
    }
    ++word;
  }
}

}  // namespace tokrail
