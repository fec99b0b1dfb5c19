// What the form of an expression tells without searching its automaton. Answers are one-sided:
// false may mean that the form does not show it. Internal to the module. O(size of the expression).
#pragma once

#include "grammar/regex/regex_set.h"

namespace tokrail::recogniser {

/// The expression has finitely many strings.
bool is_finite(const RegexSet& regexes, RegexId id);

/// Every beginning of a key goes on to infinitely many keys: a literal, then (X* without a finite
/// language), then a literal, as the strings of JSON are.
bool has_many_keys(const RegexSet& regexes, RegexId key);

}  // namespace tokrail::recogniser
