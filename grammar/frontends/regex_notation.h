// Regular expressions as text: ECMA-262 with the flag u, and the dialect of Lark grammars (the
// syntax of Rust's crate regex), read into a RegexSet.
//
//   RegexSet set;
//   RegexId date = parse_regex(set, R"(\d{4}-\d\d-\d\d)", {.search = true});
//
// The language is over whole strings: anchors are understood, and with `search` a pattern that is
// not anchored may have anything before and behind it. Anchors hold at the ends of the whole
// string, wherever they stand. Look-around, back-references, word boundaries and anchors at lines
// are refused. Non-greedy quantifiers mean the same strings as greedy ones.
//
// Complexity: O(pattern + ranges of its classes), where it is not the alternations that are large.
// Errors: Error(kInvalidArgument) for bad syntax and Error(kUnsupported) for what is refused,
// where() = "line:column", the message with the line and a caret. Thread safety: that of the
// RegexSet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "grammar/regex/regex_set.h"

namespace tokrail {

enum class PatternDialect : uint8_t {
  /// ECMA-262 /u, as JSON Schema's `pattern` has it: \d \w are ASCII, \s is Unicode white space,
  /// `.` is all but line terminators (LF, CR, U+2028, U+2029), [^] is any character. As in annex B,
  /// any punctuation may be escaped, and `]`, `{` and `}` stand for themselves where they can mean
  /// nothing else; (?ims-ims: ) is read. Names of properties are read loosely.
  kEcma,
  /// Lark terminals and llguidance: Rust's syntax; \d \w \s are Unicode, `.` is all but LF; && --
  /// ~~
  /// in classes; [:alpha:]; flags (?isx) and (?isx: ).
  kLark,
};

/// How one character out of a set is spelled in bytes; sets are sorted, disjoint, not empty and
/// without surrogates. Called once for each set.
using CharacterSpelling = std::function<RegexId(RegexSet&, std::span<const CodePointRange>)>;

struct RegexOptions {
  PatternDialect dialect = PatternDialect::kEcma;
  /// Match anywhere in the string unless anchored; else the whole string.
  bool search = false;
  bool case_insensitive = false;  ///< flag i
  bool dot_all = false;           ///< flag s
  bool extended = false;          ///< flag x, kLark only
  /// Empty: UTF-8.
  CharacterSpelling spelling = {};
};

RegexId parse_regex(RegexSet& set, std::string_view pattern, const RegexOptions& options = {});

/// parse_regex for many patterns in one set: the tables of Unicode properties, and the classes in
/// UTF-8, are made once. Refers to the set, which must outlive it.
class RegexReader {
 public:
  explicit RegexReader(RegexSet& set);
  ~RegexReader();
  RegexReader(RegexReader&&) noexcept;
  RegexReader& operator=(RegexReader&&) noexcept;

  RegexId read(std::string_view pattern, const RegexOptions& options = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokrail
