// How JSON spells things: characters inside strings, whole strings, white space, numbers of any
// value. The RegexIds are made once for each RegexSet and are the same for every schema, so that
// tables built for one grammar serve the next.
//
// RFC 8259. A string is a sequence of Unicode characters: halves of surrogate pairs stand only in
// pairs. Complexity: O(ranges). Thread safety: that of the RegexSet.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/regex/regex_set.h"

namespace tokrail {

class JsonSpelling {
 public:
  /// `printable_escapes`: \uXXXX also for characters that need no escape. `allowed_escapes`: the
  /// letters that may stand behind a backslash; a character that needs another has no spelling.
  JsonSpelling(RegexSet& set, bool printable_escapes, std::string_view allowed_escapes);

  /// One character of the set, as it may stand between quotes; ranges are sorted and disjoint.
  RegexId character(std::span<const CodePointRange> ranges);
  RegexId any_character() const noexcept { return any_character_; }
  /// The text between the quotes of the string `text`, which is UTF-8.
  RegexId characters_of(std::string_view text);
  RegexId quoted(RegexId characters);

 private:
  RegexId escaped(std::span<const CodePointRange> ranges);
  RegexId hex_range(uint32_t first, uint32_t last, unsigned digits);
  RegexId surrogate_pairs(uint32_t first, uint32_t last);

  RegexSet& set_;
  bool printable_escapes_;
  std::string allowed_escapes_;
  RegexId quote_, any_character_;
  std::vector<RegexId> ascii_;  // spellings of single characters, made when asked for
};

}  // namespace tokrail
