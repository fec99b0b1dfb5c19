#include "base/normalization.h"

#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uvernum.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <span>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"

static_assert(U_ICU_VERSION_MAJOR_NUM >= 72, "the table below starts after Unicode 15.0");

namespace tokrail {
namespace {

// Canonical decompositions new in Unicode 16.0, one step, by composite.
struct NewComposite {
  char32_t composite;
  char32_t first;
  char32_t second;
};
constexpr NewComposite kNewComposites[] = {
    {0x105C9, 0x105D2, 0x0307},  {0x105E4, 0x105DA, 0x0307},  {0x11383, 0x11382, 0x113C9},
    {0x11385, 0x11384, 0x113BB}, {0x1138E, 0x1138B, 0x113C2}, {0x11391, 0x11390, 0x113C9},
    {0x113C5, 0x113C2, 0x113C2}, {0x113C7, 0x113C2, 0x113B8}, {0x113C8, 0x113C2, 0x113C9},
    {0x16121, 0x1611E, 0x1611E}, {0x16122, 0x1611E, 0x16129}, {0x16123, 0x1611E, 0x1611F},
    {0x16124, 0x16129, 0x1611F}, {0x16125, 0x1611E, 0x16120}, {0x16126, 0x16121, 0x1611F},
    {0x16127, 0x16122, 0x1611F}, {0x16128, 0x16121, 0x16120}, {0x16D68, 0x16D67, 0x16D67},
    {0x16D69, 0x16D63, 0x16D67}, {0x16D6A, 0x16D69, 0x16D67},
};

// Combining marks new in Unicode 16.0.
struct NewMark {
  char32_t code_point;
  uint8_t combining_class;
};
constexpr NewMark kNewMarks[] = {
    {0x0897, 230}, {0x10D69, 230}, {0x10D6A, 230}, {0x10D6B, 230}, {0x10D6C, 230}, {0x10D6D, 230},
    {0x113CE, 9},  {0x113CF, 9},   {0x113D0, 9},   {0x1612F, 9},   {0x1E5EE, 230}, {0x1E5EF, 220},
};

// Outlined letters and digits, new in 16.0: compatibility decompositions to A to Z and 0 to 9.
constexpr char32_t kOutlinedA = 0x1CCD6;
constexpr char32_t kOutlinedZero = 0x1CCF0;
constexpr char32_t kOutlinedNine = 0x1CCF9;

const NewComposite* find_new_composite(char32_t code_point) noexcept {
  const auto found =
      std::ranges::lower_bound(kNewComposites, code_point, {}, &NewComposite::composite);
  const bool is_equal = found != std::end(kNewComposites) && found->composite == code_point;
  return is_equal ? found : nullptr;
}

// New in 16.0 with a combining class, a decomposition, or a part in one.
bool is_new(char32_t code_point) noexcept {
  if (code_point < 0x105C9) return code_point == 0x0897;
  if (code_point >= kOutlinedA && code_point <= kOutlinedNine) return true;
  if (std::ranges::find(kNewMarks, code_point, &NewMark::code_point) != std::end(kNewMarks)) {
    return true;
  }
  return std::ranges::any_of(kNewComposites, [code_point](const NewComposite& entry) {
    return entry.composite == code_point || entry.first == code_point || entry.second == code_point;
  });
}

// The blocks that the new characters are in, as a first look.
bool may_be_new(char32_t code_point) noexcept {
  switch (code_point >> 8) {
    case 0x08:
    case 0x105:
    case 0x10D:
    case 0x113:
    case 0x161:
    case 0x16D:
    case 0x1CC:
    case 0x1E5: return true;
    default: return false;
  }
}

bool is_assigned(char32_t code_point) noexcept {
  return general_category(code_point) != GeneralCategory::kUnassigned;
}

// What ICU must not see, because its answer would depend on its version.
bool needs_own_table(char32_t code_point) noexcept {
  if (code_point < 0x378) return false;
  return (may_be_new(code_point) && is_new(code_point)) || !is_assigned(code_point);
}

bool is_compatibility(NormalizationForm form) noexcept {
  return form == NormalizationForm::kNfkc || form == NormalizationForm::kNfkd;
}

bool is_composed(NormalizationForm form) noexcept {
  return form == NormalizationForm::kNfc || form == NormalizationForm::kNfkc;
}

UChar32 to_icu(char32_t code_point) noexcept {
  return static_cast<UChar32>(code_point);
}

void check_icu(UErrorCode status) {
  if (U_FAILURE(status)) {
    throw Error(ErrorCode::kInternal,
                std::string("Unicode normalisation data of ICU: ") + u_errorName(status));
  }
}

const icu::Normalizer2& icu_normalizer(NormalizationForm form) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = nullptr;
  switch (form) {
    case NormalizationForm::kNfc: instance = icu::Normalizer2::getNFCInstance(status); break;
    case NormalizationForm::kNfd: instance = icu::Normalizer2::getNFDInstance(status); break;
    case NormalizationForm::kNfkc: instance = icu::Normalizer2::getNFKCInstance(status); break;
    case NormalizationForm::kNfkd: instance = icu::Normalizer2::getNFKDInstance(status); break;
  }
  check_icu(status);
  if (instance == nullptr) throw Error(ErrorCode::kInternal, "no such normalisation form");
  return *instance;
}

// The algorithm of UAX #15 over a buffer of code points.
class DirectNormalizer {
 public:
  explicit DirectNormalizer(NormalizationForm form)
      : form_(form),
        decompositions_(icu_normalizer(is_compatibility(form) ? NormalizationForm::kNfkd
                                                              : NormalizationForm::kNfd)),
        compositions_(icu_normalizer(NormalizationForm::kNfc)) {}

  void run(std::u32string_view source, std::vector<NormalizedCodePoint>& out) const {
    const size_t begin = out.size();
    for (char32_t code_point : source) decompose(code_point, out);
    order(std::span(out).subspan(begin));
    if (is_composed(form_)) compose(out, begin);
  }

 private:
  void decompose(char32_t code_point, std::vector<NormalizedCodePoint>& out) const {
    const size_t begin = out.size();
    const auto add = [&](char32_t part) { out.push_back({part, out.size() == begin ? 0 : 1}); };
    if (const NewComposite* entry = find_new_composite(code_point)) {
      // The first part may be a composite again; three parts are the most there are.
      if (const NewComposite* inner = find_new_composite(entry->first)) {
        add(inner->first);
        add(inner->second);
      } else {
        add(entry->first);
      }
      add(entry->second);
      return;
    }
    if (code_point >= kOutlinedA && code_point <= kOutlinedNine) {
      if (!is_compatibility(form_)) return add(code_point);
      return add(code_point < kOutlinedZero ? U'A' + (code_point - kOutlinedA)
                                            : U'0' + (code_point - kOutlinedZero));
    }
    icu::UnicodeString parts;
    if (!is_assigned(code_point) ||
        decompositions_.getDecomposition(to_icu(code_point), parts) == 0) {
      return add(code_point);
    }
    for (int32_t i = 0; i < parts.length(); i = parts.moveIndex32(i, 1)) {
      add(static_cast<char32_t>(parts.char32At(i)));
    }
  }

  static void order(std::span<NormalizedCodePoint> buffer) {
    for (size_t begin = 0; begin < buffer.size();) {
      size_t end = begin;
      while (end < buffer.size() && combining_class(buffer[end].code_point) != 0) ++end;
      if (end - begin > 1) order_marks(buffer.subspan(begin, end - begin));
      begin = end + 1;
    }
  }

  // A stable sort by class: by counting, so that a long run of marks takes linear time.
  static void order_marks(std::span<NormalizedCodePoint> run) {
    const auto in_order = [](const NormalizedCodePoint& a, const NormalizedCodePoint& b) {
      return combining_class(a.code_point) < combining_class(b.code_point);
    };
    if (std::ranges::is_sorted(run, in_order)) return;
    std::array<size_t, 257> first = {};  // where each class starts
    for (const NormalizedCodePoint& mark : run) ++first[combining_class(mark.code_point) + 1u];
    std::partial_sum(first.begin(), first.end(), first.begin());
    const std::vector<NormalizedCodePoint> before(run.begin(), run.end());
    for (const NormalizedCodePoint& mark : before) {
      run[first[combining_class(mark.code_point)]++] = mark;
    }
  }

  // The composite of two code points, or 0.
  char32_t composite(char32_t first, char32_t second) const {
    for (const NewComposite& entry : kNewComposites) {
      if (entry.first == first && entry.second == second) return entry.composite;
    }
    if (!is_assigned(first) || !is_assigned(second)) return 0;
    const UChar32 found = compositions_.composePair(to_icu(first), to_icu(second));
    return found < 0 ? 0 : static_cast<char32_t>(found);
  }

  void compose(std::vector<NormalizedCodePoint>& out, size_t begin) const {
    constexpr size_t kNone = static_cast<size_t>(-1);
    size_t starter = kNone;
    int last_class = -1;  // of the marks between the starter and here, -1 where there are none
    size_t kept = begin;
    for (size_t i = begin; i < out.size(); ++i) {
      const NormalizedCodePoint current = out[i];
      const int current_class = combining_class(current.code_point);
      if (starter != kNone && last_class < current_class) {
        const char32_t joined = composite(out[starter].code_point, current.code_point);
        if (joined != 0) {
          out[starter] = {joined, out[starter].change + current.change - 1};
          continue;
        }
      }
      if (current_class == 0) {
        starter = kept;
        last_class = -1;
      } else {
        last_class = current_class;
      }
      out[kept++] = current;
    }
    out.resize(kept);
  }

  NormalizationForm form_;
  const icu::Normalizer2& decompositions_;
  const icu::Normalizer2& compositions_;
};

bool has_boundary_before(const icu::Normalizer2& icu_form, char32_t code_point) {
  if (code_point < 0x80) return true;
  if (may_be_new(code_point) && is_new(code_point)) {
    // The outlined characters become ASCII; of the rest, some combine backwards.
    return code_point >= kOutlinedA && code_point <= kOutlinedNine;
  }
  return !is_assigned(code_point) || icu_form.hasBoundaryBefore(to_icu(code_point)) != 0;
}

// The last boundary in [begin, p], where begin is one and p the start of a unit before end.
const char* boundary_at_or_before(const icu::Normalizer2& icu_form, const char* begin,
                                  const char* p, const char* end) {
  Utf8Unit unit = decode_utf8(p, end);
  while (p > begin && !has_boundary_before(icu_form, unit.code_point)) {
    unit = decode_utf8_before(begin, p);
    p -= unit.length;
  }
  return p;
}

UProperty quick_check_property(NormalizationForm form) noexcept {
  switch (form) {
    case NormalizationForm::kNfc: return UCHAR_NFC_QUICK_CHECK;
    case NormalizationForm::kNfd: return UCHAR_NFD_QUICK_CHECK;
    case NormalizationForm::kNfkc: return UCHAR_NFKC_QUICK_CHECK;
    case NormalizationForm::kNfkd: return UCHAR_NFKD_QUICK_CHECK;
  }
  return UCHAR_NFKD_QUICK_CHECK;
}

// Below this every code point is its own normal form and a starter.
char32_t first_of_interest(NormalizationForm form) noexcept {
  return form == NormalizationForm::kNfc ? 0x300 : is_compatibility(form) ? 0xA0 : 0xC0;
}

// Longest stretch given to ICU at once: its lengths are 32-bit, and edits cost memory.
constexpr std::ptrdiff_t kLongestStretch = std::ptrdiff_t{1} << 24;
// Longest run of combining marks given to ICU, which orders marks by insertion: quadratic.
constexpr int kLongestMarkRun = 64;

bool counts_as_mark(char32_t code_point) noexcept {
  // The half-width voiced sound marks are letters that decompose to combining marks.
  return is_mark(code_point) || code_point == 0xFF9E || code_point == 0xFF9F;
}

// Cuts a text into stretches for ICU, stretches for the direct algorithm, and ill-formed bytes.
class TextNormalizer {
 public:
  TextNormalizer(NormalizationForm form, std::string& out, std::vector<NormalizationEdit>* edits)
      : icu_form_(icu_normalizer(form)), direct_(form), out_(out), edits_(edits) {}

  void run(std::string_view text) {
    done_ = text.data();
    end_ = text.data() + text.size();
    const char* p = done_;
    int marks = 0;
    while (p < end_) {
      if (static_cast<unsigned char>(*p) < 0x80) {
        if (p - done_ > kLongestStretch) give_to_icu(p);
        const std::ptrdiff_t most = std::min<std::ptrdiff_t>(end_ - p, kLongestStretch);
        p += ascii_prefix_length({p, static_cast<size_t>(most)});
        marks = 0;
        continue;
      }
      const Utf8Unit unit = decode_utf8(p, end_);
      if (!unit.valid) {
        give_to_icu(p);
        copy(unit.length);
        p = done_;
        marks = 0;
        continue;
      }
      marks = counts_as_mark(unit.code_point) ? marks + 1 : 0;
      const bool too_long = p - done_ > kLongestStretch;
      if (too_long && boundary_before(unit.code_point)) {
        give_to_icu(p);
      } else if (too_long || marks > kLongestMarkRun || needs_own_table(unit.code_point)) {
        normalize_directly_around(p);
        p = done_;
        marks = 0;
        continue;
      }
      p += unit.length;
    }
    give_to_icu(end_);
  }

 private:
  bool boundary_before(char32_t code_point) const {
    return has_boundary_before(icu_form_, code_point);
  }

  void add_edit(size_t source, size_t target, bool changed) {
    if (edits_ == nullptr || source + target == 0) return;
    if (!changed && !edits_->empty() && !edits_->back().changed) {
      edits_->back().source_length += source;
      edits_->back().target_length += target;
    } else {
      edits_->push_back({source, target, changed});
    }
  }

  void copy(size_t length) {
    out_.append(done_, length);
    add_edit(length, length, false);
    done_ += length;
  }

  void give_to_icu(const char* until) {
    if (until == done_) return;
    const auto length = static_cast<size_t>(until - done_);
    if (ascii_prefix_length({done_, length}) == length) return copy(length);
    UErrorCode status = U_ZERO_ERROR;
    icu::Edits changes;
    icu::StringByteSink<std::string> sink(&out_);
    icu_form_.normalizeUTF8(0, icu::StringPiece(done_, static_cast<int32_t>(length)), sink,
                            edits_ != nullptr ? &changes : nullptr, status);
    check_icu(status);
    if (edits_ != nullptr) {
      icu::Edits::Iterator each = changes.getCoarseIterator();
      while (each.next(status) != 0) {
        add_edit(static_cast<size_t>(each.oldLength()), static_cast<size_t>(each.newLength()),
                 each.hasChange() != 0);
      }
      check_icu(status);
    }
    done_ = until;
  }

  // Normalises the stretch between the boundaries around the code point at p.
  void normalize_directly_around(const char* p) {
    const char* const begin = boundary_at_or_before(icu_form_, done_, p, end_);
    give_to_icu(begin);

    source_.clear();
    const char* q = begin;
    while (q < end_) {
      const Utf8Unit unit = decode_utf8(q, end_);
      if (!unit.valid || (q > p && boundary_before(unit.code_point))) break;
      source_ += unit.code_point;
      q += unit.length;
    }
    normalized_.clear();
    direct_.run(source_, normalized_);
    const size_t before = out_.size();
    for (const NormalizedCodePoint& c : normalized_) append_utf8(c.code_point, out_);
    const std::string_view source(begin, static_cast<size_t>(q - begin));
    const std::string_view target = std::string_view(out_).substr(before);
    add_edit(source.size(), target.size(), source != target);
    done_ = q;
  }

  const icu::Normalizer2& icu_form_;
  DirectNormalizer direct_;
  std::string& out_;
  std::vector<NormalizationEdit>* edits_;
  const char* done_ = nullptr;
  const char* end_ = nullptr;
  std::u32string source_;
  std::vector<NormalizedCodePoint> normalized_;
};

}  // namespace

void normalize_into(NormalizationForm form, std::string_view text, std::string& out,
                    std::vector<NormalizationEdit>* edits) {
  out.reserve(out.size() + text.size());
  TextNormalizer(form, out, edits).run(text);
}

std::string normalize(NormalizationForm form, std::string_view text) {
  std::string out;
  normalize_into(form, text, out);
  return out;
}

void normalize_code_points(NormalizationForm form, std::u32string_view source,
                           std::vector<NormalizedCodePoint>& out) {
  DirectNormalizer(form).run(source, out);
}

size_t normalized_prefix_length(NormalizationForm form, std::string_view text) {
  const icu::Normalizer2& icu_form = icu_normalizer(form);
  const UProperty quick_check = quick_check_property(form);
  const char32_t interesting = first_of_interest(form);
  const char* const end = text.data() + text.size();
  const char* p = text.data();
  const char* boundary = p;  // a boundary at or before p, moved on now and then
  int last_class = 0;
  while (p < end) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      p += ascii_prefix_length({p, static_cast<size_t>(end - p)});
      boundary = p - 1;
      last_class = 0;
      continue;
    }
    const Utf8Unit unit = decode_utf8(p, end);
    int current_class = 0;
    if (!unit.valid) {
      boundary = p;
    } else if (unit.code_point >= interesting && is_assigned(unit.code_point)) {
      current_class = combining_class(unit.code_point);
      const bool is_stable =
          !needs_own_table(unit.code_point) &&
          u_getIntPropertyValue(to_icu(unit.code_point), quick_check) == UNORM_YES &&
          (current_class == 0 || last_class <= current_class);
      if (!is_stable) {
        const char* const at = boundary_at_or_before(icu_form, boundary, p, end);
        return static_cast<size_t>(at - text.data());
      }
    }
    last_class = current_class;
    p += unit.length;
  }
  return text.size();
}

bool is_normalized(NormalizationForm form, std::string_view text) {
  const std::string_view rest = text.substr(normalized_prefix_length(form, text));
  return rest.empty() || normalize(form, rest) == rest;
}

uint8_t combining_class(char32_t code_point) noexcept {
  if (code_point < 0x300) return 0;
  if (may_be_new(code_point)) {
    const auto found = std::ranges::find(kNewMarks, code_point, &NewMark::code_point);
    if (found != std::end(kNewMarks)) return found->combining_class;
  }
  return is_assigned(code_point) ? u_getCombiningClass(to_icu(code_point)) : 0;
}

bool has_normalization_boundary_before(NormalizationForm form, char32_t code_point) {
  return has_boundary_before(icu_normalizer(form), code_point);
}

}  // namespace tokrail
