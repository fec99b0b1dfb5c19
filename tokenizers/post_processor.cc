#include "tokenizers/post_processor.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

using Kind = PostProcessorStep::Kind;

constexpr char32_t kByteLevelSpace = 0x120;  // "Ġ", the space of the byte-level alphabet

bool trims(const PostProcessorStep& step) {
  return (step.kind == Kind::kByteLevel || step.kind == Kind::kRoberta) && step.trim_offsets;
}

size_t special_tokens_of(const std::vector<TemplatePiece>& pieces) {
  size_t count = 0;
  for (const TemplatePiece& piece : pieces) {
    if (piece.kind == TemplatePiece::Kind::kSpecialToken) count += piece.ids.size();
  }
  return count;
}

bool uses(const std::vector<TemplatePiece>& pieces, TemplatePiece::Kind kind) {
  return std::any_of(pieces.begin(), pieces.end(),
                     [kind](const TemplatePiece& piece) { return piece.kind == kind; });
}

void check_template(const PostProcessorStep& step) {
  for (const std::vector<TemplatePiece>* pieces : {&step.single, &step.pair}) {
    for (const TemplatePiece& piece : *pieces) {
      if (piece.kind == TemplatePiece::Kind::kSpecialToken && piece.ids.empty()) {
        throw Error(ErrorCode::kInvalidArgument, "the template names the special token \"" +
                                                     piece.token + "\", which has no ids");
      }
    }
  }
  if (uses(step.single, TemplatePiece::Kind::kSequenceB)) {
    throw Error(ErrorCode::kInvalidArgument,
                "the template for one sequence must not use sequence B");
  }
}

/// A lone special token as an encoding of its own.
void push_special(Encoding& encoding, TokenId id, uint32_t type_id) {
  encoding.push_back(id, {}, kNoWord, type_id, /*special=*/true);
}

/// before + part + after, also for the overflowing pieces of the part.
Encoding wrapped(const Encoding& part, std::optional<TokenId> before, TokenId after,
                 std::optional<uint32_t> all_types, uint32_t type_id, uint32_t sequence) {
  Encoding result;
  result.reserve(part.size() + 2);
  if (before) push_special(result, *before, type_id);
  const size_t begin = result.size();
  Encoding middle = part;
  middle.overflowing.clear();
  middle.sequence_ranges.clear();
  // What these processors wrap counts as text and as attended to, whatever it was before.
  std::fill(middle.special_tokens_mask.begin(), middle.special_tokens_mask.end(), uint8_t{0});
  std::fill(middle.attention_mask.begin(), middle.attention_mask.end(), uint8_t{1});
  if (all_types) middle.set_type_id(*all_types);
  result.append(middle);
  const size_t end = result.size();
  push_special(result, after, type_id);
  result.sequence_ranges = {{sequence, begin, end}};
  for (const Encoding& piece : part.overflowing) {
    result.overflowing.push_back(wrapped(piece, before, after, all_types, type_id, sequence));
  }
  return result;
}

}  // namespace

PostProcessor PostProcessor::compile(const TokenizerSpec& spec) {
  PostProcessor result;
  result.steps_ = spec.post_processors;
  bool joined = false;
  bool any_trims = false;
  for (const PostProcessorStep& step : result.steps_) {
    any_trims |= trims(step);
    if (step.kind != Kind::kTemplate) continue;
    if (joined) {
      throw Error(ErrorCode::kUnsupported,
                  "a template post-processor behind another template: the pair is joined already");
    }
    check_template(step);
    joined = true;
  }
  if (!any_trims) return result;

  const ByteStrings& texts = spec.vocabulary.texts;
  result.margins_.resize(texts.size());
  for (size_t id = 0; id < texts.size(); ++id) {
    const std::string_view text = texts[id];
    const auto is_space = [](char32_t c) { return c == kByteLevelSpace || is_white_space(c); };
    uint16_t leading = 0;
    for (auto [position, unit] : utf8_units(text)) {
      if (!is_space(unit.code_point) || leading == UINT16_MAX) break;
      ++leading;
    }
    uint16_t trailing = 0;
    for (const char* p = text.data() + text.size(); p > text.data();) {
      const Utf8Unit unit = decode_utf8_before(text.data(), p);
      if (!is_space(unit.code_point) || trailing == UINT16_MAX) break;
      ++trailing;
      p -= unit.length;
    }
    result.margins_[id] = {leading, trailing};
  }
  result.measured_in_text_.resize(texts.size());
  for (const AddedToken& token : spec.added_tokens) {
    if (token.id < texts.size() && (token.lstrip || token.rstrip)) {
      result.measured_in_text_[token.id] = true;
    }
  }
  return result;
}

size_t PostProcessor::added_tokens(bool is_pair) const noexcept {
  size_t count = 0;
  for (const PostProcessorStep& step : steps_) {
    switch (step.kind) {
      case Kind::kByteLevel: break;
      case Kind::kTemplate: count += special_tokens_of(is_pair ? step.pair : step.single); break;
      case Kind::kBert: count += is_pair ? 3 : 2; break;
      case Kind::kRoberta: count += is_pair ? 4 : 2; break;
    }
  }
  return count;
}

void PostProcessor::trim_offsets(Encoding& encoding, bool add_prefix_space,
                                 std::string_view text) const {
  for (size_t i = 0; i < encoding.size(); ++i) {
    const TokenId id = encoding.ids[i];
    if (id >= margins_.size()) continue;
    Span& span = encoding.offsets[i];
    size_t leading = margins_[id].leading;
    size_t trailing = margins_[id].trailing;
    size_t leading_bytes = leading;
    size_t trailing_bytes = trailing;
    if (measured_in_text_[id] && span.end <= text.size() && span.begin <= span.end) {
      const std::string_view covered = text.substr(span.begin, span.end - span.begin);
      const char* p = covered.data();
      const char* const end = p + covered.size();
      for (leading = 0; p < end; ++leading) {
        const Utf8Unit unit = decode_utf8(p, end);
        if (!is_white_space(unit.code_point)) break;
        p += unit.length;
      }
      leading_bytes = static_cast<size_t>(p - covered.data());
      p = end;
      for (trailing = 0; p > covered.data(); ++trailing) {
        const Utf8Unit unit = decode_utf8_before(covered.data(), p);
        if (!is_white_space(unit.code_point)) break;
        p -= unit.length;
      }
      trailing_bytes = static_cast<size_t>(end - p);
    }
    if (leading > 0) {
      // The prefix space was added, it is not in the text: with it alone there is nothing to trim.
      const bool is_first = i == 0 || span.begin == 0;
      if (is_first && add_prefix_space && leading == 1) leading_bytes = 0;
      span.begin = std::min(span.begin + leading_bytes, span.end);
    }
    if (trailing > 0 && span.end >= trailing_bytes) {
      span.end = std::max(span.end - trailing_bytes, span.begin);
    }
  }
  for (Encoding& piece : encoding.overflowing) trim_offsets(piece, add_prefix_space, text);
}

std::vector<Encoding> PostProcessor::apply_template(const PostProcessorStep& step,
                                                    std::vector<Encoding> parts,
                                                    bool add_special) const {
  const std::vector<TemplatePiece>& pieces = parts.size() == 2 ? step.pair : step.single;
  if (parts.size() == 2 && (!uses(pieces, TemplatePiece::Kind::kSequenceA) ||
                            !uses(pieces, TemplatePiece::Kind::kSequenceB))) {
    throw Error(ErrorCode::kUnsupported,
                "the tokenizer's template for pairs does not use both sequences");
  }
  std::vector<Encoding> result;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const TemplatePiece& piece = pieces[i];
    if (piece.kind == TemplatePiece::Kind::kSpecialToken) {
      if (!add_special) continue;
      Encoding special;
      for (const TokenId id : piece.ids) push_special(special, id, piece.type_id);
      result.push_back(std::move(special));
      continue;
    }
    const uint32_t sequence = piece.kind == TemplatePiece::Kind::kSequenceA ? 0 : 1;
    Encoding& part = parts[sequence];
    part.set_type_id(piece.type_id);
    part.set_sequence(sequence);
    const bool is_last =
        std::none_of(pieces.begin() + static_cast<std::ptrdiff_t>(i) + 1, pieces.end(),
                     [&piece](const TemplatePiece& later) { return later.kind == piece.kind; });
    if (is_last) {
      result.push_back(std::move(part));
    } else {
      result.push_back(part);
    }
  }
  return result;
}

Encoding PostProcessor::process(Encoding a, std::optional<Encoding> b, bool add_special,
                                std::string_view text_a, std::string_view text_b) const {
  std::vector<Encoding> parts;
  parts.push_back(std::move(a));
  if (b) parts.push_back(std::move(*b));
  for (uint32_t i = 0; i < parts.size(); ++i) {
    if (steps_.empty() && parts.size() == 1) return std::move(parts[0]);
    parts[i].set_sequence(i);
    for (Encoding& piece : parts[i].overflowing) piece.set_sequence(i);
    if (!steps_.empty()) parts[i].set_type_id(i);
  }
  for (const PostProcessorStep& step : steps_) {
    if (trims(step)) {
      // Behind a template the parts are no longer the sequences; special tokens have empty spans.
      for (size_t i = 0; i < parts.size(); ++i) {
        const bool is_b = parts[i].range_of(1).has_value() && !parts[i].range_of(0).has_value();
        trim_offsets(parts[i], step.add_prefix_space, is_b ? text_b : text_a);
      }
    }
    if (step.kind == Kind::kByteLevel) {
      for (uint32_t i = 0; i < parts.size(); ++i) parts[i].set_sequence(i);
    } else if (step.kind == Kind::kTemplate) {
      parts = apply_template(step, std::move(parts), add_special);
    } else {
      const bool roberta = step.kind == Kind::kRoberta;
      if (roberta) {
        for (Encoding& part : parts) part.set_type_id(0);
      }
      if (!add_special) continue;
      const auto all_types = roberta ? std::optional<uint32_t>(0) : std::nullopt;
      for (size_t i = 0; i < parts.size(); ++i) {
        std::optional<TokenId> before;
        if (i == 0) {
          before = step.cls.second;
        } else if (roberta) {
          before = step.sep.second;
        }
        const uint32_t type_id = roberta || i == 0 ? 0 : 1;
        parts[i] = wrapped(parts[i], before, step.sep.second, all_types, type_id, i == 0 ? 0 : 1);
      }
    }
  }
  size_t size = 0;
  for (const Encoding& part : parts) size += part.size();
  Encoding joined;
  joined.reserve(size);
  for (const Encoding& part : parts) joined.append(part);
  return joined;
}

}  // namespace tokrail
