#include "tokenizers/engine/hybrid_reading.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/utf8.h"
#include "tokenizers/engine/hybrid_segments.h"

namespace tokrail::detail {
void HybridReading::read(std::string_view segment) {
  text_ = segment;
  space_ = segment.size() > 1 && segment[0] == ' ' ? 1 : 0;
  parts_.clear();
  const char* const begin = segment.data() + space_;
  const char* const end = segment.data() + segment.size();
  const bool is_word = begin < end && segment_character(begin, end).kind == SegmentKind::kWord &&
                       word_end(begin, end, end) == end;
  cuts_digits_ = false;
  HybridPart whole;
  whole.end = static_cast<uint32_t>(segment.size());
  if (is_word) {
    cut_numbers();
    lower_case();
    if (lower_.size() <= kMaxReadBytes) take_morphs();
  }
  if (parts_.empty()) parts_.push_back(whole);
}

// Points between digits are left out: the end of a number is read as if they were not there.
void HybridReading::lower_case() {
  lower_.clear();
  places_.clear();
  const Language& language = tables_.language();
  for (size_t at = space_; at < text_.size();) {
    const char byte = text_[at];
    if ((byte == '.' || byte == ',') && at > space_) {
      ++at;
      continue;
    }
    const Utf8Unit unit = decode_utf8(text_.data() + at, text_.data() + text_.size());
    if (unit.valid) {
      append_utf8(language.to_lower(unit.code_point), lower_);
    } else {
      lower_.append(text_, at, unit.length);
    }
    places_.resize(lower_.size(), static_cast<uint32_t>(at));
    at += unit.length;
  }
  places_.push_back(static_cast<uint32_t>(text_.size()));
}

bool HybridReading::has_stem_ids(FormId form) const noexcept {
  if (!tables_.stems_of(form).empty()) return true;
  const auto forms = tables_.language().forms_with_text(tables_.language().form(form).text);
  return std::any_of(forms.begin(), forms.end(),
                     [this](FormId other) { return !tables_.stems_of(other).empty(); });
}

void HybridReading::take_morphs() {
  const Language& language = tables_.language();
  morphs_.clear();
  tables_.analyser().best(lower_, scratch_, morphs_);
  uint32_t begin = 0;
  for (const Morph& morph : morphs_) {
    if (morph.begin != begin || morph.end < begin || morph.end > lower_.size()) break;
    HybridPart part;
    part.begin = parts_.empty() ? 0 : places_[begin];
    part.end = places_[morph.end];
    switch (morph.kind) {
      case Morph::Kind::kLexeme: {
        part.kind = HybridPart::Kind::kStem;
        part.form = language.lexeme(morph.index).form;
        const auto word = text_.substr(std::max(part.begin, space_));
        part.is_lower = word.starts_with(std::string_view(lower_).substr(begin, morph.end - begin));
        part.has_ids = has_stem_ids(part.form);
        break;
      }
      case Morph::Kind::kSuffix:
        part.kind = HybridPart::Kind::kSuffix;
        part.suffix = static_cast<SuffixId>(morph.index);
        break;
      case Morph::Kind::kNumber: part.kind = HybridPart::Kind::kNumber; break;
      case Morph::Kind::kUnknown: break;
    }
    parts_.push_back(part);
    begin = morph.end;
  }
  if (begin != lower_.size()) parts_.clear();
}

void HybridReading::cut_numbers() {
  if (!tables_.chunks_numbers()) return;
  for (uint32_t at = space_; at < text_.size();) {
    if (!is_ascii_digit(text_[at])) {
      ++at;
      continue;
    }
    uint32_t end = at;
    while (end < text_.size() && is_ascii_digit(text_[end])) ++end;
    if (!cuts_digits_) chunk_ends_.assign(text_.size(), 0);
    cuts_digits_ = true;
    cut_number(at, end);
    at = end;
  }
}

void HybridReading::cut_number(uint32_t begin, uint32_t end) {
  const NumberChunks numbers = tables_.hybrid().numbers;
  const uint32_t chunk = numbers == NumberChunks::kSingle ? 1 : 3;
  uint32_t first = (end - begin) % chunk;
  if (first == 0 || numbers == NumberChunks::kThreeFromLeft) first = chunk;
  for (uint32_t at = begin; at < end;) {
    const uint32_t next = std::min(at == begin ? begin + first : at + chunk, end);
    chunk_ends_[at] = next;
    at = next;
  }
}

}  // namespace tokrail::detail
