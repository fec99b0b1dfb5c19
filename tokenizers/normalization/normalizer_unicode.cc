// Normalizer steps that are properties of code points: forms, case, marks, Nmt and BERT clean-up.
//
// The reference's tables are of different age: its normalisation forms and StripAccents are those
// of Unicode 9.0, BERT's categories those of 8.0, white space and case those of its compiler. A
// character that is newer than a table is an ordinary character to it.
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/normalization.h"
#include "tokenizers/normalization/normalizer_stage.h"

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

// Mn of Unicode 8.0. Since then U+1734 and U+1171E have become Mc, the ones left out below Mn.
bool is_nonspacing_mark_in_unicode_8(char32_t c) noexcept {
  if (c < 0x300) return false;
  if (c == 0x1734 || c == 0x1171E) return true;
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
    for_each_unit_to_look_at(in, bytes_, [&](size_t position, const Utf8Unit& unit) {
      if (!unit.valid || !is_removed(unit.code_point)) return true;
      sink.keep(position - kept);
      sink.substitute({}, unit.length);
      kept = position + unit.length;
      return true;
    });
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return for_each_unit_to_look_at(text, bytes_, [](size_t, const Utf8Unit& unit) {
      return !unit.valid || !is_removed(unit.code_point);
    });
  }
  bool carry(Seam& seam) const override {
    return seam.left <= kMaxCodePoint && !is_removed(seam.left) && !is_removed(seam.right);
  }
  bool is_local(char32_t /*code_point*/) const override { return true; }
  bool is_local_in_ascii() const override { return true; }

 private:
  BytesToLookAt bytes_{is_removed};
};

/// Replaces single code points.
template <char32_t (*map)(char32_t) noexcept>
class MapStage final : public WalkingStage<MapStage<map>> {
 public:
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    size_t kept = 0;
    for_each_unit_to_look_at(in, bytes_, [&](size_t position, const Utf8Unit& unit) {
      if (!is_changed(unit)) return true;
      sink.keep(position - kept);
      char bytes[4] = {};
      sink.substitute({bytes, encode_utf8(map(unit.code_point), bytes)}, unit.length);
      kept = position + unit.length;
      return true;
    });
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return for_each_unit_to_look_at(text, bytes_,
                                    [](size_t, const Utf8Unit& unit) { return !is_changed(unit); });
  }
  bool carry(Seam& seam) const override {
    if (seam.left > kMaxCodePoint) return false;
    seam = {map(seam.left), map(seam.right)};
    return true;
  }
  bool is_local(char32_t /*code_point*/) const override { return true; }
  bool is_local_in_ascii() const override { return true; }

 private:
  static bool is_changed(const Utf8Unit& unit) noexcept {
    return unit.valid && map(unit.code_point) != unit.code_point;
  }
  BytesToLookAt bytes_{[](char32_t c) { return map(c) != c; }};
};

/// Puts a space on both sides of ideographs.
class ChineseStage final : public WalkingStage<ChineseStage> {
 public:
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    size_t kept = 0;
    for_each_unit_to_look_at(in, bytes_, [&](size_t position, const Utf8Unit& unit) {
      if (!is_chinese_to_bert(unit.code_point)) return true;
      sink.keep(position - kept);
      sink.substitute(" ", unit.length);
      sink.emit(in.substr(position, unit.length), 1);
      sink.emit(" ", 1);
      kept = position + unit.length;
      return true;
    });
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return for_each_unit_to_look_at(text, bytes_, [](size_t, const Utf8Unit& unit) {
      return !is_chinese_to_bert(unit.code_point);
    });
  }
  bool carry(Seam& seam) const override {
    return seam.left <= kMaxCodePoint && !is_chinese_to_bert(seam.left) &&
           !is_chinese_to_bert(seam.right);
  }
  bool is_local(char32_t /*code_point*/) const override { return true; }
  bool is_local_in_ascii() const override { return true; }

 private:
  BytesToLookAt bytes_{[](char32_t) { return false; }};
};

class LowercaseStage final : public WalkingStage<LowercaseStage> {
 public:
  template <typename Sink>
  void walk(std::string_view in, TextEnds /*ends*/, Sink& sink) const {
    size_t kept = 0;
    std::string lower;
    for_each_unit_to_look_at(in, bytes_, [&](size_t position, const Utf8Unit& unit) {
      if (!is_changed(unit)) return true;
      sink.keep(position - kept);
      kept = position + unit.length;
      lower.clear();
      append_lowercase(unit.code_point, lower);
      const std::string_view text = lower;
      const uint32_t first = unit_at(text, 0).length;
      sink.substitute(text.substr(0, first), unit.length);
      for (const auto [at, part] : utf8_units(text.substr(first))) {
        sink.emit(text.substr(first + at, part.length), 1);
      }
      return true;
    });
    sink.keep(in.size() - kept);
  }
  bool is_identity_on(std::string_view text, TextEnds /*ends*/) const override {
    return for_each_unit_to_look_at(text, bytes_,
                                    [](size_t, const Utf8Unit& unit) { return !is_changed(unit); });
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
  bool is_local(char32_t /*code_point*/) const override { return true; }
  bool is_local_in_ascii() const override { return true; }

 private:
  // What has a full mapping has a simple one too, which differs from the character.
  static bool is_changed(const Utf8Unit& unit) noexcept {
    return unit.valid && simple_lowercase(unit.code_point) != unit.code_point;
  }
  BytesToLookAt bytes_{[](char32_t c) { return c >= 'A' && c <= 'Z'; }};
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
      position = last_ascii_of_run(in, position);
      const size_t end = stretch_end(in, position);
      const std::string_view stretch = in.substr(position, end - position);
      if (!stays(stretch, scratch)) {
        sink.keep(position - kept);
        emit_normalized(stretch, scratch, sink);
        kept = end;
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
  // Then nothing is composed with what stands before or reordered with it.
  bool is_local(char32_t code_point) const override {
    return code_point < 0x80 ||
           (is_assigned_in(9, code_point) && has_normalization_boundary_before(form_, code_point));
  }
  bool is_local_in_ascii() const override { return true; }

  using WalkingStage<FormStage>::run;

 private:
  /// Results for single code points, a small cache for one walk.
  struct Known {
    static constexpr size_t kMostParts = 4;
    char32_t code_point = 0;
    uint32_t parts = 0;
    std::array<NormalizedCodePoint, kMostParts> result = {};
  };
  struct Scratch {
    std::u32string source;
    std::vector<NormalizedCodePoint> result;
    std::vector<Known> known;  // by the low bits of the code point, made when first needed
  };

  // Ill-formed units and characters the reference's tables do not know stand alone.
  static bool stands_alone(const Utf8Unit& unit) noexcept {
    return !unit.valid || (unit.code_point >= 0x300 && !is_assigned_in(9, unit.code_point));
  }

  static bool is_ascii_byte(char byte) noexcept { return static_cast<unsigned char>(byte) < 0x80; }

  static size_t last_ascii_of_run(std::string_view in, size_t position) noexcept {
    if (!is_ascii_byte(in[position])) return position;
    while (position + 1 < in.size() && is_ascii_byte(in[position + 1])) ++position;
    return position;
  }

  size_t stretch_end(std::string_view in, size_t position) const {
    Utf8Unit unit = unit_at(in, position);
    position += unit.length;
    while (position < in.size()) {
      if (is_ascii_byte(in[position])) break;
      const Utf8Unit next = unit_at(in, position);
      if (!next.valid || has_normalization_boundary_before(form_, next.code_point)) break;
      position += next.length;
    }
    return position;
  }

  bool stays(std::string_view stretch, Scratch& scratch) const {
    const Utf8Unit unit = unit_at(stretch, 0);
    if (unit.length != stretch.size()) return is_normalized(form_, stretch);
    if (unit.length == 1 || stands_alone(unit)) return true;
    const auto result = normalize_one(unit.code_point, scratch);
    return result.size() == 1 && result[0].code_point == unit.code_point;
  }

  std::span<const NormalizedCodePoint> normalize_one(char32_t c, Scratch& scratch) const {
    constexpr size_t kSlots = 128;
    if (scratch.known.empty()) scratch.known.resize(kSlots);
    Known& known = scratch.known[(c ^ c >> 7) % kSlots];
    if (known.code_point != c) {
      scratch.result.clear();
      normalize_code_points(form_, {&c, 1}, scratch.result);
      if (scratch.result.size() > Known::kMostParts) return scratch.result;
      known.code_point = c;
      known.parts = static_cast<uint32_t>(scratch.result.size());
      std::ranges::copy(scratch.result, known.result.begin());
    }
    return std::span(known.result).first(known.parts);
  }

  template <typename Sink>
  static void emit_all(std::span<const NormalizedCodePoint> points, Sink& sink) {
    for (const NormalizedCodePoint& point : points) {
      char bytes[4] = {};
      sink.emit({bytes, encode_utf8(point.code_point, bytes)}, point.change);
    }
  }

  template <typename Sink>
  void emit_normalized(std::string_view stretch, Scratch& scratch, Sink& sink) const {
    const Utf8Unit first = unit_at(stretch, 0);
    if (first.length == stretch.size()) {
      emit_all(normalize_one(first.code_point, scratch), sink);
      return;
    }
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
    emit_all(scratch.result, sink);
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
