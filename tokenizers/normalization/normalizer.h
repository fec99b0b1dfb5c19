// Normalizer: the text-to-text steps of a tokenizer before its text is cut, compiled.
//
// Each step does exactly what the system that owns the file format does (HF tokenizers for
// tokenizer.json, sentencepiece for .model, llama.cpp for GGUF). One normalizer has two forms that
// give the same text: with alignment (for offsets) and without (for ids).
//
//   auto normalizer = Normalizer::compile(spec.normalizers);
//   std::string out;
//   normalizer.apply("Caf\u00C9", out);         // ids only: out is replaced
//   AlignedText text(input);
//   normalizer.apply(text);                     // with offsets
//
// Ill-formed UTF-8: the tokenizer.json steps, which are defined on well-formed text only, keep
// ill-formed units as they are; sentencepiece and llama.cpp put U+FFFD as those systems do.
//
// Cutting. A long text may be normalised in parts when the parts meet at a *seam*: between a code
// point c with is_stable_before_space(c) and a following U+0020. Then
//
//   whole == part(p1, {true, false}) + part(p2, {false, false}) + ... + part(pn, {false, true})
//
// where TextEnds says whether the part's ends are ends of the whole text (only there dummy
// prefixes are put and white space is stripped). Every part but the last ends, after
// normalisation, with a code point that is neither White_Space nor "▁", and every part but the
// first begins with the normalisation of a space. Answers are conservative: false where unsure.
// The same holds for alignment where aligns_in_parts says so.
//
// Complexity: O(bytes) for every step (a regular expression costs what ICU needs for it; a match
// that needs too much memory throws). Thread safety: immutable; copies share state.
// Errors: compile throws Error(kInvalidFile) for a damaged charsmap and Error(kInvalidArgument)
// for a regular expression that does not compile; apply throws Error(kBudgetExhausted) for a
// regular expression that backtracks without end on this text.
// Standards: Unicode 16.0 properties; UAX #15 forms through ICU, see base/normalization.h.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tokenizers/normalization/aligned_text.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// Which ends of a part are ends of the whole text.
struct TextEnds {
  bool begin = true;
  bool end = true;
};

class Normalizer {
 public:
  /// Without steps: changes nothing.
  Normalizer();

  /// `user_defined_symbols` are kept as they are by kSentencePiece and kLlamaUgm.
  static Normalizer compile(std::span<const NormalizerStep> steps,
                            std::span<const std::string_view> user_defined_symbols = {});

  void apply(AlignedText& text, TextEnds ends = {}) const;
  /// Replaces `out`. `in` must not be part of `out`.
  void apply(std::string_view in, std::string& out, TextEnds ends = {}) const;

  /// No text is ever changed.
  bool always_identity() const noexcept;
  /// True only if apply() would not change this text; a quick check that may answer false for a
  /// text that would stay the same.
  bool is_identity_on(std::string_view text, TextEnds ends = {}) const;

  /// Whether the code point becomes the same, with the same alignment, in every text of code points
  /// of which this is true.
  bool is_local(char32_t code_point) const;

  /// Whether alignment may be local to a part, too: true unless a step that does not keep it so
  /// removes characters at the beginning of the text. `first_part` is the text up to its first
  /// seam.
  bool aligns_in_parts(std::string_view first_part) const;

  /// Whether there are seams at all: some code point is stable before a space.
  bool local_at_spaces() const noexcept;
  /// Whether a text may be cut between `code_point` and a following U+0020.
  bool is_stable_before_space(char32_t code_point) const noexcept;

 private:
  struct State;
  explicit Normalizer(std::shared_ptr<const State> state) noexcept;
  std::shared_ptr<const State> state_;
};

}  // namespace tokrail
