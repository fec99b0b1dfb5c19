// The sets of characters that regular expressions name, per dialect. Internal to the front ends.
#pragma once

#include <optional>
#include <string_view>

#include "base/code_point_set.h"
#include "grammar/frontends/regex_notation.h"

namespace tokrail {

class RegexCharacters {
 public:
  using Set = detail::CodePointSet;

  /// \d \s \w by their letter, in lower case.
  Set perl_class(char letter, PatternDialect dialect, bool case_insensitive);
  /// \p{name}; nothing if there is no such property.
  std::optional<Set> property(std::string_view name);
  /// [:name:], ASCII; nothing if there is no such class.
  static std::optional<Set> posix_class(std::string_view name);
  static Set dot(PatternDialect dialect, bool dot_all);
  /// Adds what is the same but for case, by simple case folding.
  void close_over_case(Set& set);

 private:
  detail::UnicodeSets& unicode();

  std::optional<detail::UnicodeSets> unicode_;  // made when first needed: it walks large tables
};

}  // namespace tokrail
