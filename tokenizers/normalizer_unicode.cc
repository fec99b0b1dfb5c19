// Normalizer steps that are properties of code points: forms, case, marks, Nmt and BERT clean-up.
//
// The reference's tables are of different age: its normalisation forms and StripAccents are those
// of Unicode 9.0, BERT's categories those of 8.0, white space and case those of its compiler. A
// character that is newer than a table is an ordinary character to it.
#include <unicode/uchar.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/normalization.h"
#include "tokenizers/normalizer_stage.h"

namespace tokrail::detail {
namespace {

/// Whether the code point was assigned in that version of Unicode.
bool is_assigned_in(int major, char32_t code_point) noexcept {
  if (code_point < 0x80) return true;
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(code_point), age);
  return age[0] != 0 && age[0] <= major;
}

// M of Unicode 9.0. Since then U+1CF2 and U+1CF3 have become letters, U+111C9 a mark.
bool is_mark_in_unicode_9(char32_t c) noexcept {
  if (c < 0x300) return false;
  if (c == 0x1CF2 || c == 0x1CF3) return true;
  return is_mark(c) && c != 0x111C9 && is_assigned_in(9, c);
}

// Mn of Unicode 8.0. Since then U+1734 has become Mc; the others have become Mn.
bool is_nonspacing_mark_in_unicode_8(char32_t c) noexcept {
  if (c < 0x300) return false;
  if (c == 0x1734) return true;
  if (general_category(c) != GeneralCategory::kNonspacingMark) return false;
  return c != 0x1885 && c != 0x1886 && c != 0xA9BD && c != 0x111C9 && is_assigned_in(8, c);
}

bool is_control_to_bert(char32_t c) noexcept {
  switch (general_category(c)) {
    case GeneralCategory::kControl: return c != '\t' && c != '\n' && c != '\r';
    case GeneralCategory::kFormat: return is_assigned_in(8, c);
    case GeneralCategory::kPrivateUse: return true;
    default: return false;
  }
}

bool is_removed_by_bert(char32_t c) noexcept {
  return c == 0 || c == kReplacementCharacter || is_control_to_bert(c);
}

char32_t bert_white_space(char32_t c) noexcept {
  return is_white_space(c) ? U' ' : c;
}

// The ranges of the reference, which leave out U+2B820 to U+2B91F.
bool is_chinese_to_bert(char32_t c) noexcept {
  const auto in = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return in(0x4E00, 0x9FFF) || in(0x3400, 0x4DBF) || in(0x20000, 0x2A6DF) || in(0x2A700, 0x2B73F) ||
         in(0x2B740, 0x2B81F) || in(0x2B920, 0x2CEAF) || in(0xF900, 0xFAFF) || in(0x2F800, 0x2FA1F);
}

bool is_removed_by_nmt(char32_t c) noexcept {
  const auto in = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return in(0x01, 0x08) || c == 0x0B || in(0x0E, 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
}

char32_t nmt_white_space(char32_t c) noexcept {
  switch (c) {
    case 0x09:
    case 0x0A:
    case 0x0C:
    case 0x0D:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x2581:
    case 0xFEFF:
    case 0xFFFD: return U' ';
    default: return c >= 0x200B && c <= 0x200F ? U' ' : c;
  }
}

// ---------------------------------------------------------------- stages of one code point

/// Removes the code points that the function selects.
template <bool (*is_removed)(char32_t) noexcept>
class RemoveStage final : public WalkingStage<RemoveStage<is_removed>> {
 public:
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    size_t kept = 0;
    for (const auto [position, unit] : utf8_units(in)) {
      if (!unit.valid || !is_removed(unit.code_point)) continue;
      sink.keep(position - kept);
      sink.remove(1);
      kept = position + unit.length;
    }
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return std::ranges::none_of(utf8_units(text), [](const Utf8Position& at) {
      return at.unit.valid && is_removed(at.unit.code_point);
    });
  }
  bool carry(Seam& seam) const override {
    return seam.left <= kMaxCodePoint && !is_removed(seam.left) && !is_removed(seam.right);
  }
  bool is_local_in_ascii() const override { return true; }
};

/// Replaces single code points.
template <char32_t (*map)(char32_t) noexcept>
class MapStage final : public WalkingStage<MapStage<map>> {
 public:
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    size_t kept = 0;
    for (const auto [position, unit] : utf8_units(in)) {
      const char32_t mapped = unit.valid ? map(unit.code_point) : unit.code_point;
      if (mapped == unit.code_point) continue;
      sink.keep(position - kept);
      char bytes[4] = {};
      sink.emit({bytes, encode_utf8(mapped, bytes)}, 0);
      kept = position + unit.length;
    }
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return std::ranges::all_of(utf8_units(text), [](const Utf8Position& at) {
      return !at.unit.valid || map(at.unit.code_point) == at.unit.code_point;
    });
  }
  bool carry(Seam& seam) const override {
    if (seam.left > kMaxCodePoint) return false;
    seam = {map(seam.left), map(seam.right)};
    return true;
  }
  bool is_local_in_ascii() const override { return true; }
};

/// Puts a space on both sides of ideographs.
class ChineseStage final : public WalkingStage<ChineseStage> {
 public:
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    size_t kept = 0;
    for (const auto [position, unit] : utf8_units(in)) {
      if (!is_chinese_to_bert(unit.code_point)) continue;
      sink.keep(position - kept);
      sink.emit(" ", 0);
      sink.emit(in.substr(position, unit.length), 1);
      sink.emit(" ", 1);
      kept = position + unit.length;
    }
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return std::ranges::none_of(utf8_units(text), [](const Utf8Position& at) {
      return is_chinese_to_bert(at.unit.code_point);
    });
  }
  bool carry(Seam& seam) const override {
    return seam.left <= kMaxCodePoint && !is_chinese_to_bert(seam.left) &&
           !is_chinese_to_bert(seam.right);
  }
  bool is_local_in_ascii() const override { return true; }
};

class LowercaseStage final : public WalkingStage<LowercaseStage> {
 public:
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    size_t kept = 0;
    std::string lower;
    for (const auto [position, unit] : utf8_units(in)) {
      if (!unit.valid || !may_change(unit.code_point)) continue;
      const std::string_view source = in.substr(position, unit.length);
      lower.clear();
      append_lowercase(unit.code_point, lower);
      if (lower == source) continue;
      sink.keep(position - kept);
      for (const auto [at, part] : utf8_units(lower)) {
        sink.emit(std::string_view(lower).substr(at, part.length), at == 0 ? 0 : 1);
      }
      kept = position + unit.length;
    }
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return std::ranges::none_of(utf8_units(text), [](const Utf8Position& at) {
      return at.unit.valid && simple_lowercase(at.unit.code_point) != at.unit.code_point;
    });
  }
  bool carry(Seam& seam) const override {
    if (seam.left > kMaxCodePoint) return false;
    std::string left, right;
    append_lowercase(seam.left, left);
    append_lowercase(seam.right, right);
    const char* const begin = left.data();
    seam.left = decode_utf8_before(begin, begin + left.size()).code_point;
    seam.right = unit_at(right, 0).code_point;
    return true;
  }
  bool is_local_in_ascii() const override { return true; }

 private:
  static bool may_change(char32_t c) noexcept {
    return c < 0x80 ? c >= 'A' && c <= 'Z' : simple_lowercase(c) != c;
  }
};

// ---------------------------------------------------------------- normalisation forms

class FormStage final : public WalkingStage<FormStage> {
 public:
  explicit FormStage(NormalizationForm form) : form_(form) {}

  // A stretch that begins where nothing before can combine and ends before the next such place is
  // normalised by itself; one code point that stays what it is needs no work.
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    Scratch scratch;
    size_t kept = 0;
    for (size_t position = normalized_prefix_length(form_, in); position < in.size();) {
      const size_t end = stretch_end(in, position);
      const std::string_view stretch = in.substr(position, end - position);
      if (static_cast<unsigned char>(stretch[0]) >= 0x80 || stretch.size() > 1) {
        if (!is_normalized(form_, stretch)) {
          sink.keep(position - kept);
          emit_normalized(stretch, scratch, sink);
          kept = end;
        }
      }
      position = end;
    }
    sink.keep(in.size() - kept);
  }

  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return is_normalized(form_, text);
  }

  bool carry(Seam& seam) const override {
    // Nothing is composed with or ordered past a space or "▁", whatever follows it.
    if (seam.right != U' ' && seam.right != kEscapedSpace) return false;
    if (seam.left > kMaxCodePoint || !has_normalization_boundary_before(form_, seam.left)) {
      return false;
    }
    std::string text, normalized;
    append_utf8(seam.left, text);
    run(text, {}, normalized);
    const char* const begin = normalized.data();
    seam.left = decode_utf8_before(begin, begin + normalized.size()).code_point;
    return true;
  }
  bool is_local_in_ascii() const override { return true; }

  using WalkingStage<FormStage>::run;

 private:
  struct Scratch {
    std::u32string source;
    std::vector<NormalizedCodePoint> result;
  };

  // Ill-formed units and characters the reference's tables do not know stand alone.
  static bool stands_alone(const Utf8Unit& unit) noexcept {
    return !unit.valid || (unit.code_point >= 0x300 && !is_assigned_in(9, unit.code_point));
  }

  size_t stretch_end(std::string_view in, size_t position) const {
    Utf8Unit unit = unit_at(in, position);
    position += unit.length;
    while (position < in.size()) {
      if (static_cast<unsigned char>(in[position]) < 0x80) break;
      const Utf8Unit next = unit_at(in, position);
      if (!next.valid || has_normalization_boundary_before(form_, next.code_point)) break;
      position += next.length;
    }
    return position;
  }

  template <typename Sink>
  void emit_normalized(std::string_view stretch, Scratch& scratch, Sink& sink) const {
    scratch.source.clear();
    for (const auto [position, unit] : utf8_units(stretch)) {
      if (!stands_alone(unit)) {
        scratch.source.push_back(unit.code_point);
        continue;
      }
      flush(scratch, sink);
      sink.emit(stretch.substr(position, unit.length), 0);
    }
    flush(scratch, sink);
  }

  template <typename Sink>
  void flush(Scratch& scratch, Sink& sink) const {
    if (scratch.source.empty()) return;
    scratch.result.clear();
    normalize_code_points(form_, scratch.source, scratch.result);
    for (const NormalizedCodePoint& point : scratch.result) {
      char bytes[4] = {};
      sink.emit({bytes, encode_utf8(point.code_point, bytes)}, point.change);
    }
    scratch.source.clear();
  }

  NormalizationForm form_;
};

void add_bert_stages(const NormalizerStep& step, std::vector<StagePointer>& stages) {
  if (step.clean_text) {
    stages.push_back(std::make_unique<RemoveStage<is_removed_by_bert>>());
    stages.push_back(std::make_unique<MapStage<bert_white_space>>());
  }
  if (step.handle_chinese_chars) stages.push_back(std::make_unique<ChineseStage>());
  if (step.strip_accents.value_or(step.lowercase)) {
    stages.push_back(std::make_unique<FormStage>(NormalizationForm::kNfd));
    stages.push_back(std::make_unique<RemoveStage<is_nonspacing_mark_in_unicode_8>>());
  }
  if (step.lowercase) stages.push_back(std::make_unique<LowercaseStage>());
}

}  // namespace

void add_unicode_stages(const NormalizerStep& step, std::vector<StagePointer>& stages) {
  using Kind = NormalizerStep::Kind;
  const auto add_form = [&](NormalizationForm form) {
    stages.push_back(std::make_unique<FormStage>(form));
  };
  switch (step.kind) {
    case Kind::kNfc: return add_form(NormalizationForm::kNfc);
    case Kind::kNfd: return add_form(NormalizationForm::kNfd);
    case Kind::kNfkc: return add_form(NormalizationForm::kNfkc);
    case Kind::kNfkd: return add_form(NormalizationForm::kNfkd);
    case Kind::kLowercase: stages.push_back(std::make_unique<LowercaseStage>()); return;
    case Kind::kStripAccents:
      stages.push_back(std::make_unique<RemoveStage<is_mark_in_unicode_9>>());
      return;
    case Kind::kNmt:
      stages.push_back(std::make_unique<RemoveStage<is_removed_by_nmt>>());
      stages.push_back(std::make_unique<MapStage<nmt_white_space>>());
      return;
    case Kind::kBert: return add_bert_stages(step, stages);
    default: return;
  }
}

}  // namespace tokrail::detail
