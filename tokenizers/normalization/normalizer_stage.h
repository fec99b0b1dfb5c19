// Private to the normalizer_*.cc files: one compiled step, and how steps are written once for both
// forms of a normalizer.
//
// A step walks over its text and tells a *sink* what becomes of each unit, in the terms of
// AlignedText::Rewrite; one sink rewrites an AlignedText, the other appends to a string.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/normalization/aligned_text.h"
#include "tokenizers/normalization/normalizer.h"

namespace tokrail::detail {

inline constexpr char32_t kEscapedSpace = 0x2581;
inline constexpr std::string_view kEscapedSpaceUtf8 = "\xE2\x96\x81";

/// A seam's code point that is not known, but is neither White_Space nor "▁".
inline constexpr char32_t kSomeWordEnd = kMaxCodePoint + 1;

inline bool is_space_like(char32_t code_point) noexcept {
  return code_point == kEscapedSpace || is_white_space(code_point);
}

inline Utf8Unit unit_at(std::string_view text, size_t position) noexcept {
  return decode_utf8(text.data() + position, text.data() + text.size());
}

/// The code points on both sides of a place where a text is cut.
struct Seam {
  char32_t left;
  char32_t right;
};

class NormalizerStage {
 public:
  virtual ~NormalizerStage() = default;

  /// Appends the normalised text to `out`.
  virtual void run(std::string_view in, TextEnds ends, std::string& out) const = 0;
  virtual void run(AlignedText& text, TextEnds ends) const = 0;
  /// True only if the text stays the same; may answer false for such a text.
  virtual bool is_identity_on(std::string_view text, TextEnds ends) const = 0;

  /// Whether a text cut at this seam gives the same in parts. If so, the seam becomes what the two
  /// sides of the cut are after the step, whatever stands before left and after right; if that is
  /// not the same for all texts, the answer is no.
  virtual bool carry(Seam& seam) const = 0;

  /// Whether what is removed at the beginning of a text may move the alignment of all that follows.
  virtual bool may_shift_alignment() const { return false; }

  /// Whether an ASCII character that another one or the end follows becomes the same everywhere.
  virtual bool is_local_in_ascii() const { return false; }
  /// Whether the code point becomes the same, with the same alignment, in every text of which this
  /// is true for all code points.
  virtual bool is_local(char32_t /*code_point*/) const { return false; }
};

using StagePointer = std::unique_ptr<const NormalizerStage>;

class PlainSink {
 public:
  PlainSink(std::string_view in, std::string& out) : in_(in), out_(out) {}
  void emit(std::string_view unit, ptrdiff_t change) {
    out_.append(unit);
    if (change <= 0) remove(1 + static_cast<size_t>(-change));
  }
  void substitute(std::string_view unit, size_t old_bytes) {
    out_.append(unit);
    position_ += old_bytes;
  }
  void keep(size_t bytes) {
    out_.append(in_, position_, bytes);
    position_ += bytes;
  }
  void remove(size_t units) {
    while (units-- > 0 && position_ < in_.size()) {
      position_ += decode_utf8(in_.data() + position_, in_.data() + in_.size()).length;
    }
  }

 private:
  std::string_view in_;
  std::string& out_;
  size_t position_ = 0;
};

/// Base of steps that are a function template `walk(in, ends, sink)`.
template <typename Step>
class WalkingStage : public NormalizerStage {
 public:
  void run(std::string_view in, TextEnds ends, std::string& out) const override {
    PlainSink sink(in, out);
    step().walk(in, ends, sink);
  }
  void run(AlignedText& text, TextEnds ends) const override {
    AlignedText::Rewrite rewrite(text);
    step().walk(text.text(), ends, rewrite);
    rewrite.commit();
  }

 private:
  const Step& step() const { return static_cast<const Step&>(*this); }
};

/// The bytes at which a step has to look: some ASCII characters, and all of what is not ASCII.
class BytesToLookAt {
 public:
  template <typename Predicate>
  explicit BytesToLookAt(Predicate is_affected) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      is_one_[byte] = byte >= 128 || is_affected(static_cast<char32_t>(byte));
    }
  }
  /// The position of the next one, or text.size().
  size_t find(std::string_view text, size_t position) const noexcept {
    while (position < text.size() && !is_one_[static_cast<unsigned char>(text[position])]) {
      ++position;
    }
    return position;
  }

 private:
  std::array<bool, 256> is_one_{};
};

/// Calls visit(position, unit) for every unit that starts with a byte to look at, until it answers
/// false; answers whether it never did.
template <typename Visit>
bool for_each_unit_to_look_at(std::string_view text, const BytesToLookAt& bytes, Visit&& visit) {
  for (size_t at = bytes.find(text, 0); at < text.size();) {
    const Utf8Unit unit = unit_at(text, at);
    if (!visit(at, unit)) return false;
    at = bytes.find(text, at + unit.length);
  }
  return true;
}

/// Appends the stages of one step; most are one stage.
void add_unicode_stages(const NormalizerStep& step, std::vector<StagePointer>& stages);
void add_literal_stages(const NormalizerStep& step, std::vector<StagePointer>& stages);
void add_replace_stage(const NormalizerStep& step, std::vector<StagePointer>& stages);
void add_precompiled_stage(const NormalizerStep& step, std::vector<StagePointer>& stages);
void add_sentencepiece_stage(const NormalizerStep& step,
                             std::span<const std::string_view> user_defined_symbols,
                             std::vector<StagePointer>& stages);

}  // namespace tokrail::detail
