// The steps with rules of their own: scripts, fixed lengths, and llama.cpp's words for BERT.
#include <unicode/uchar.h>

#include <string>
#include <utility>

#include "base/error.h"
#include "base/normalization.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/pretokenization/pretokenizer_stage.h"

namespace tokrail::detail {
namespace {

// ---------------------------------------------------------------- scripts

/// The script tokenizer.json's reference system sees: a table of Unicode 9.0 made for it, in which
/// what came later has no script (kUnknown, "any"), and the few code points that moved since.
Script script_of_unicode_9(char32_t c) {
  if (c < 0x500) return script(c);
  switch (c) {
    case 0x589:
    case 0x61C: return Script::kCommon;
    case 0x953:
    case 0x954: return Script::kDevanagari;
    default: break;
  }
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] == 0 || age[0] > 9 ? Script::kUnknown : script(c);
}

/// kUnknown: goes with any script.
Script cutting_script(Utf8Unit unit) {
  if (unit.code_point == U' ') return Script::kUnknown;  // ill-formed parts are like U+FFFD
  if (unit.code_point == 0x30FC) return Script::kHan;
  const Script raw = script_of_unicode_9(unit.code_point);
  return raw == Script::kHiragana || raw == Script::kKatakana ? Script::kHan : raw;
}

/// Cuts where the script changes. What stands before the first character that has a script belongs
/// to no piece: so it is in the reference system, for leading spaces too.
class UnicodeScriptsStage final : public PreTokenizerStage {
 public:
  void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const override {
    for (const AlignedText& piece : pieces) {
      constexpr size_t kNone = ~size_t{0};
      size_t begin = kNone;
      Script last = Script::kUnknown;
      for (const auto& [position, unit] : utf8_units(piece.text())) {
        const Script here = cutting_script(unit);
        if (here == Script::kUnknown) continue;
        if (begin != kNone && here != last) out.push_back(piece.slice(begin, position));
        if (begin == kNone || here != last) begin = position;
        last = here;
      }
      if (begin != kNone) out.push_back(piece.slice(begin, piece.text().size()));
    }
  }
};

// ---------------------------------------------------------------- fixed length

class FixedLengthStage final : public PreTokenizerStage {
 public:
  explicit FixedLengthStage(uint32_t length) : length_(length) {
    if (length == 0) {
      throw Error(ErrorCode::kInvalidArgument, "FixedLength: expected a length of at least 1");
    }
  }

  void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const override {
    for (const AlignedText& piece : pieces) {
      size_t begin = 0;
      uint32_t units = 0;
      for (const auto& [position, unit] : utf8_units(piece.text())) {
        if (units == length_) {
          out.push_back(piece.slice(begin, position));
          begin = position;
          units = 0;
        }
        ++units;
      }
      if (units > 0) out.push_back(piece.slice(begin, piece.text().size()));
    }
  }

 private:
  uint32_t length_;
};

// ---------------------------------------------------------------- llama.cpp's words

/// CJK ideographs as llama.cpp counts them; 2B920 for 2B820 is its reading too.
bool is_wpm_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

/// llm_tokenizer_wpm: normalises character by character and cuts into words at once.
class LlamaWpmStage final : public PreTokenizerStage {
 public:
  LlamaWpmStage(bool lowercase, bool strip_accents)
      : lowercase_(lowercase), strip_accents_(strip_accents) {}

  void split(std::span<AlignedText> pieces, std::vector<AlignedText>& out) const override {
    for (AlignedText& piece : pieces) split_piece(piece, out);
  }

 private:
  /// The text of all words without what is between them, and where each word ends.
  struct Words {
    std::string text;
    std::vector<uint32_t> starts, ends;
    std::vector<size_t> cuts;

    void cut() {
      if (text.size() > (cuts.empty() ? 0 : cuts.back())) cuts.push_back(text.size());
    }
  };

  void split_piece(AlignedText& piece, std::vector<AlignedText>& out) const {
    Words words;
    words.text.reserve(piece.text().size());
    words.starts.reserve(piece.text().size());
    words.ends.reserve(piece.text().size());
    for (const auto& [position, unit] : utf8_units(piece.text())) {
      add(position, unit, words);
    }
    words.cut();
    if (words.cuts.empty()) return;
    piece.assign(std::move(words.text), std::move(words.starts), std::move(words.ends));
    size_t begin = 0;
    for (const size_t end : words.cuts) {
      out.push_back(piece.slice(begin, end));
      begin = end;
    }
  }

  void add(size_t position, Utf8Unit unit, Words& words) const {
    const char32_t c = strip_accents_ ? base_of(unit.code_point) : unit.code_point;
    if (is_white_space(c)) {
      words.cut();
      return;
    }
    if (!unit.valid || is_dropped(c)) return;
    if (strip_accents_ && is_mark(c)) return;
    const bool alone = is_punctuation(c) || (c < 0x7F && is_symbol(c)) || is_wpm_ideograph(c);
    if (alone) words.cut();
    append_utf8(lowercase_ ? simple_lowercase(c) : c, words.text);
    words.starts.resize(words.text.size(), static_cast<uint32_t>(position));
    words.ends.resize(words.text.size(), static_cast<uint32_t>(position + unit.length));
    if (alone) words.cut();
  }

  // llama.cpp calls control what is Cc, Cf, Cs or Co; what is unassigned stays.
  static bool is_dropped(char32_t c) {
    return c == 0 || c == kReplacementCharacter ||
           is_in(c, kOtherCategories & ~category_bit(GeneralCategory::kUnassigned));
  }

  /// The first character of the canonical decomposition: llama.cpp keeps no more of it, so a
  /// Hangul syllable becomes its leading consonant.
  static char32_t base_of(char32_t c) {
    if (c < 0xC0 || (c >= 0x3400 && c <= 0x9FFF)) return c;
    if (c >= 0xAC00 && c <= 0xD7A3) return 0x1100 + (c - 0xAC00) / 588;
    std::vector<NormalizedCodePoint> decomposed;
    normalize_code_points(NormalizationForm::kNfd, std::u32string_view(&c, 1), decomposed);
    return decomposed.empty() ? c : decomposed[0].code_point;
  }

  bool lowercase_;
  bool strip_accents_;
};

}  // namespace

StagePtr make_unicode_scripts_stage() {
  return std::make_unique<UnicodeScriptsStage>();
}

StagePtr make_fixed_length_stage(const PreTokenizerStep& step) {
  return std::make_unique<FixedLengthStage>(step.length);
}

StagePtr make_llama_wpm_stage(const PreTokenizerStep& step) {
  return std::make_unique<LlamaWpmStage>(step.lowercase, step.strip_accents);
}

}  // namespace tokrail::detail
