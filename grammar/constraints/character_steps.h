// An expression over bytes, seen character by character: for notations whose smallest piece is a
// Unicode character. Internal to the module.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "grammar/regex/regex_set.h"

namespace tokrail {

/// Code points in ascending order, none of them next to each other.
using CodePointRanges = std::vector<CodePointRange>;

struct CharacterStep {
  CodePointRanges ranges;
  RegexId next;
};

class CharacterSteps {
 public:
  explicit CharacterSteps(RegexSet& set) : set_(set) {}

  /// Where each character leads; nothing if some string of the language does not begin with a
  /// well-formed character.
  std::optional<std::vector<CharacterStep>> steps(RegexId from);
  /// The characters, if the language is one character.
  std::optional<CodePointRanges> as_class(RegexId id);
  /// All states that characters lead to, `from` first; nothing if there are more than `limit`, or
  /// if some string is not well-formed UTF-8.
  std::optional<std::vector<RegexId>> states(RegexId from, size_t limit);

 private:
  using Targets = std::map<RegexId, CodePointRanges>;

  const Targets* continuation(RegexId from, int left);
  bool add_continuation(RegexId from, int left, uint8_t low, uint8_t high, char32_t base,
                        Targets& out);
  bool add_lead(uint8_t lead, RegexId next, Targets& out);

  RegexSet& set_;
  /// What 1, 2, 3 continuation bytes lead to, as offsets; nothing: not well-formed.
  std::unordered_map<RegexId, std::optional<Targets>> continuations_[3];
};

/// Everything but these.
CodePointRanges all_other_characters(const CodePointRanges& ranges);

}  // namespace tokrail
