#include "tests/oracle/slow_hybrid.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail::test {
namespace {

class SlowHybridDecoder {
 public:
  explicit SlowHybridDecoder(const TokenizerSpec& spec)
      : spec_(spec), hybrid_(*spec.hybrid), language_(*hybrid_.language) {}

  std::string decode(std::span<const TokenId> ids, bool skip_special) {
    for (const TokenId id : ids) {
      const bool skipped = skip_special && is_special(id);
      const size_t before = out_.size();
      push(id);
      if (skipped) out_.resize(before + released_by_last_);
    }
    release();
    return std::move(out_);
  }

 private:
  enum class Mark { kNone, kCapital, kUpper };
  enum class Number { kNone, kDigits, kPoint };

  bool is_special(TokenId id) const {
    if (spec_.vocabulary.kinds[id] == TokenKind::kControl) return true;
    for (const AddedToken& token : spec_.added_tokens) {
      if (token.id == id && token.special) return true;
    }
    return false;
  }

  std::string in_case(std::string_view text, bool capitals) const {
    if (!capitals) return std::string(text);
    std::string upper;
    language_.append_upper(text, upper);
    return upper;
  }

  /// What was held back comes out unchanged, and nothing stands to the left any more.
  void release() {
    const std::string tail(language_.ending(ending_).base_tail);
    released_by_last_ = tail.size();
    out_ += in_case(tail, capitals_);
    ending_ = kNoEnding;
    capitals_ = false;
  }

  void push(TokenId id) {
    if (hybrid_.suffixes.has(id)) {
      push_suffix(static_cast<SuffixId>(id - hybrid_.suffixes.begin));
    } else if (hybrid_.chains.has(id)) {
      for (const SuffixId suffix : hybrid_.chain_suffixes[id - hybrid_.chains.begin]) {
        push_suffix(suffix);
      }
    } else {
      release();
      push_other(id);
    }
  }

  void push_suffix(SuffixId suffix) {
    const EndingId left = number_ == Number::kDigits
                              ? without_tail(language_.ending_of_number(digits_), "")
                              : ending_;
    const Realised realised = language_.realise(left, suffix);
    const Ending ending = language_.ending(left);
    const std::string_view tail = realised.changes_left ? ending.changed_tail : ending.base_tail;
    out_ += in_case(std::string(tail) + std::string(realised.text), capitals_);
    leave_words();
    ending_ = realised.end;
  }

  /// Behind anything but marks: no mark waits, words have their space, and there is no number.
  void leave_words() {
    mark_ = Mark::kNone;
    bare_ = false;
    number_ = Number::kNone;
    digits_.clear();
  }
  void lead_bare() {
    leave_words();
    bare_ = true;
  }

  void push_other(TokenId id) {
    const std::string text(spec_.vocabulary.texts[id]);
    if (is_special(id)) {
      out_ += text;
      lead_bare();
    } else if (hybrid_.bytes.has(id)) {
      push_verbatim(std::string(1, static_cast<char>(id - hybrid_.bytes.begin)), true);
    } else if (hybrid_.marks.has(id)) {
      push_mark(id);
    } else if (hybrid_.numerals.has(id)) {
      push_numeral(text);
    } else if (hybrid_.stems.has(id)) {
      push_stem(hybrid_.stem_tokens[id - hybrid_.stems.begin]);
    } else {
      push_verbatim(text, false);
    }
  }

  void push_mark(TokenId id) {
    const bool was_bare = bare_;
    leave_words();
    bare_ = id == hybrid_.join_mark() || was_bare;
    if (id == hybrid_.capital_mark()) mark_ = Mark::kCapital;
    if (id == hybrid_.upper_mark()) mark_ = Mark::kUpper;
  }

  void push_numeral(const std::string& text) {
    const bool in_number = number_ != Number::kNone;
    const bool digits = text.find_first_not_of("0123456789") == std::string::npos;
    if (!bare_ && !in_number) out_ += ' ';
    out_ += text;
    const std::string before = digits_;
    leave_words();
    if (digits) {
      number_ = Number::kDigits;
      digits_ = before + text;
    } else if (in_number && (text == "." || text == ",")) {
      number_ = Number::kPoint;
      digits_ = before;
    }
  }

  void push_verbatim(const std::string& text, bool is_byte) {
    out_ += text;
    const bool was_bare = bare_, in_number = number_ != Number::kNone;
    const std::string digits = digits_;
    leave_words();
    if (is_byte && in_number && (text == "." || text == ",")) {
      number_ = Number::kPoint;
      digits_ = digits;
    } else if (is_byte && was_bare && (text == "\"" || text == "'")) {
      bare_ = true;
    } else if (opens_word(text)) {
      bare_ = true;
    } else {
      std::string letters;
      for (const auto [position, unit] : utf8_units(text)) {
        if (unit.valid && is_letter(unit.code_point)) {
          letters += text.substr(position, unit.length);
        } else {
          letters.clear();
        }
      }
      letters = language_.lower(letters);
      if (!letters.empty()) ending_ = without_tail(language_.ending_of(letters), letters);
    }
  }

  static bool opens_word(const std::string& text) {
    if (text == " \"" || text == " '") return true;
    for (const char* opener : {"(", "[", "{", "/", "-", "\u2010", "\u2011", "\u2012", "\u2013",
                               "\u2014", "\u2015", "\u201E", "\u201C", "\u2018", "\u00AB"}) {
      if (text.ends_with(opener)) return true;
    }
    bool is_space = false;
    for (const auto [position, unit] : utf8_units(text)) {
      is_space = unit.valid && is_white_space(unit.code_point);
    }
    return is_space;
  }

  void push_stem(const StemToken& token) {
    const StemForm form = language_.form(token.form);
    const std::string open(form.text.substr(0, form.prefix)), whole(form.text);
    if (!bare_) out_ += ' ';
    const Mark mark = std::exchange(mark_, Mark::kNone);
    leave_words();
    ending_ = form.ending;
    const bool lower = token.letter_case == StemCase::kLower;
    if (mark == Mark::kUpper) {
      out_ += in_case(open, true);
      capitals_ = true;
    } else if (!lower && mark == Mark::kCapital) {
      out_ += open;
    } else if (token.letter_case == StemCase::kUpper) {
      out_ += in_case(whole, true);
      ending_ = without_tail(form.ending, whole);
    } else if (lower && mark == Mark::kNone) {
      out_ += open;
    } else {
      const bool in_tail = open.empty();
      language_.append_capital(in_tail ? whole : open, out_);
      if (in_tail && !whole.empty()) ending_ = without_tail(form.ending, whole);
    }
  }

  EndingId without_tail(EndingId id, const std::string& text) const {
    const auto is_open = [this](EndingId ending) {
      const Ending e = language_.ending(ending);
      return e.changes || !e.base_tail.empty();
    };
    if (!is_open(id)) return id;
    for (size_t i = 1; i < language_.ending_count(); ++i) {
      const auto other = static_cast<EndingId>(i);
      if (!is_open(other) && language_.ending(other).base == language_.ending(id).base) {
        return other;
      }
    }
    const EndingId plain = language_.ending_of(text);
    return is_open(plain) ? kNoEnding : plain;
  }

  const TokenizerSpec& spec_;
  const HybridSpec& hybrid_;
  const Language& language_;

  std::string out_;
  size_t released_by_last_ = 0;
  EndingId ending_ = kNoEnding;
  bool capitals_ = false;  ///< suffixes are written in capitals
  Mark mark_ = Mark::kNone;
  bool bare_ = true;
  Number number_ = Number::kNone;
  std::string digits_;  ///< of the number so far, without its points
};

}  // namespace

std::string slow_hybrid_decode(const TokenizerSpec& spec, std::span<const TokenId> ids,
                               bool skip_special) {
  return SlowHybridDecoder(spec).decode(ids, skip_special);
}

}  // namespace tokrail::test
