// Reads what stands for characters in a regular expression: [classes] and escapes.
//
// Private to the regular expressions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/code_point_set.h"
#include "tokenizers/pretokenization/regex_finder.h"

namespace tokrail::detail {

/// The pattern and the place that is read. Requires peek and take where !at_end().
class RegexInput {
 public:
  /// Throws Error(kInvalidArgument) where the pattern is not well-formed UTF-8.
  explicit RegexInput(std::string_view pattern);

  bool at_end() const noexcept { return at_ == pattern_.size(); }
  size_t position() const noexcept { return at_; }
  void rewind(size_t position) noexcept { at_ = position; }
  char peek() const noexcept { return pattern_[at_]; }
  /// The byte after the next one; NUL where there is none.
  char peek_after() const noexcept { return at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0'; }
  std::string_view rest() const noexcept { return pattern_.substr(at_); }
  char take() noexcept { return pattern_[at_++]; }
  void skip(size_t bytes = 1) noexcept { at_ += bytes; }
  bool take(char c) noexcept;
  bool take(std::string_view text) noexcept;
  char32_t take_code_point() noexcept;

  [[noreturn]] void fail(std::string_view what) const { fail_at(at_, what); }
  [[noreturn]] void fail_at(size_t place, std::string_view what) const;
  /// Understood, but not done.
  [[noreturn]] void refuse_at(size_t place, std::string_view what) const;

 private:
  std::string_view pattern_;
  size_t at_ = 0;
};

struct RegexFlags {
  bool ignore_case = false;
  bool dot_all = false;
  bool multi_line = false;
  bool extended = false;
};

/// One character, or a set of them.
struct ClassItem {
  std::optional<char32_t> code_point;
  CodePointSet set;
};

class ClassParser {
 public:
  ClassParser(RegexInput& input, RegexDialect dialect, UnicodeSets& unicode)
      : in_(input), dialect_(dialect), unicode_(unicode) {}

  RegexFlags& flags() noexcept { return flags_; }

  /// Reads to the ']' that closes the class; the '[' has been read.
  CodePointSet parse_class();

  /// Reads an escape that stands for characters, from its backslash on.
  ClassItem parse_escape(bool in_class);

  /// What \w stands for, in a class or by itself; \b goes by the latter.
  CodePointSet word_set(bool in_class) const;

 private:
  bool rust() const { return dialect_ == RegexDialect::kRust; }
  bool parse_posix(CodePointSet& out);
  void parse_item(CodePointSet& out);
  void fold(CodePointSet& set);
  CodePointSet parse_property(bool negated);
  char32_t parse_hex(size_t place, int least, int most);
  std::optional<CodePointSet> named_set(char letter, bool in_class) const;

  RegexInput& in_;
  RegexDialect dialect_;
  UnicodeSets& unicode_;
  RegexFlags flags_;
  int depth_ = 0;
};

}  // namespace tokrail::detail
