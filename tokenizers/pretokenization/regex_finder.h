// RegexFinder: all matches of a regular expression, in linear time and with pinned Unicode.
//
// Tokenizer files define their pieces by regular expressions, written for Oniguruma
// (tokenizer.json) or Rust's fancy-regex (tiktoken), with look-around and possessive quantifiers.
// This is a backtracking matcher of that semantics (first alternative that leads to a match, not
// the longest one) made for this one job: classes are Unicode 16.0 whatever ICU is installed, text
// is UTF-8 bytes without conversion, and positions from which a part of the pattern has failed are
// remembered, so that look-ahead over a long run or nested repetition does not become quadratic.
//
//   auto finder = RegexFinder::compile(R"(\p{L}+|\s+(?!\S)|\s+)");
//   std::vector<TextRange> matches;
//   finder.find_all("two  words", matches);     // {0,3} {3,4} {4,5} {5,10}
//
// Ill-formed UTF-8: each ill-formed unit (base/utf8.h) is one character that is unassigned: no
// letter, number, mark or space, but matched by `.`, [^a] and \P{L}.
// Empty matches are found too, except right behind the match before, as both engines do.
//
// Syntax: the common ground of the engines: classes with nesting, && and POSIX names, \p{...} with
// categories, scripts and a few binary properties, greedy, lazy and possessive quantifiers, atomic
// groups, look-ahead and look-behind, named groups, back references, flags i m s x.
// Dialects differ in `^ $ . \w \h {n,m}+ {n}? (?m) (?s) (?i)`, see RegexDialect.
// Refused with Error(kUnsupported): \K, \y, absent operators, conditionals, calls of groups.
// Known to differ: (?i) folds one character to one, so "ss" does not match "ß"; \X is Unicode 16's;
// binary properties other than Alphabetic, Lowercase, Uppercase and White_Space (\p{Emoji}) come
// from ICU and are as old as it is.
//
// Complexity: O(bytes * size of pattern) for patterns without back references and without nested
// repetition of what may be empty; typically 10 to 40 ns per byte. Memory: a few bytes per byte of
// text at worst. Thread safety: immutable, copies share state; a Scanner is used by one thread.
// Errors: compile throws Error(kInvalidArgument) with the position in the pattern; find throws
// Error(kBudgetExhausted), naming the pattern, where a text needs too many steps or too much
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/normalization/aligned_text.h"

namespace tokrail {

/// Bytes [begin, end) of a text.
struct TextRange {
  size_t begin;
  size_t end;
  bool operator==(const TextRange&) const = default;
};

/// Whose reading of the notation counts where engines differ.
enum class RegexDialect : uint8_t {
  /// Oniguruma, Ruby syntax (tokenizer.json): ^ and $ are about lines, (?m) lets . match line
  /// feeds,
  /// \h is a hex digit, {n,m}+ repeats {n,m}, \w has no joiners.
  kOniguruma,
  /// fancy-regex on Rust's regex (tiktoken): ^ and $ are the ends of the text unless (?m), (?s)
  /// lets
  /// . match line feeds, {n,m}+ is possessive.
  kRust,
};

class RegexFinder {
 public:
  class Scanner;

  static RegexFinder compile(std::string_view pattern,
                             RegexDialect dialect = RegexDialect::kOniguruma);
  /// Finds a text as it is. An empty one matches at every character.
  static RegexFinder literal(std::string_view text);

  /// Appends all matches, left to right, not overlapping.
  void find_all(std::string_view text, std::vector<TextRange>& out) const;

  const std::string& pattern() const noexcept;

 private:
  struct State;
  explicit RegexFinder(std::shared_ptr<const State> state) noexcept;
  std::shared_ptr<const State> state_;
};

/// Keeps working memory between texts; faster than RegexFinder::find_all for many short ones.
class RegexFinder::Scanner {
 public:
  explicit Scanner(const RegexFinder& finder);
  ~Scanner();
  Scanner(Scanner&&) noexcept;
  Scanner& operator=(Scanner&&) noexcept;

  /// Appends all matches.
  void find_all(std::string_view text, std::vector<TextRange>& out);
  /// Replaces `parts` by the matches and what is between them, which together cover the text. An
  /// empty text is one empty part that is no match.
  void find_parts(std::string_view text, std::vector<TextMatch>& parts);

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace tokrail
