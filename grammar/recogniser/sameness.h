// All spellings of the value that a text spells: what a second key or item must not be.
//
// Internal to the module. Pure functions; text that is no JSON counts as itself.
#pragma once

#include <string_view>

#include "grammar/grammar.h"
#include "grammar/regex/regex_set.h"

namespace tokrail::recogniser {

/// kJsonString: each character raw or as any of its escapes. kJsonScalar: numbers with any number
/// of zeros behind the decimal point (spellings with exponents only as they stand), strings as
/// above.
RegexId all_spellings(RegexSet& regexes, Sameness sameness, std::string_view text);

}  // namespace tokrail::recogniser
