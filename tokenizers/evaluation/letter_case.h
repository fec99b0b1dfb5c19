// How words are made comparable before they are compared: lower case, by the rules of a language.
//
//   lowered("İSTANBUL Irmağı", Casing::kTurkish)   // "istanbul ırmağı"
//
// One code point becomes one code point, so places in characters stay. Bytes that are not UTF-8
// stay as they are. Complexity: O(bytes). Thread safety: pure functions. Errors:
// Error(kInvalidArgument) of casing_of for a name that is none.
#pragma once

#include <string>
#include <string_view>

namespace tokrail {

enum class Casing {
  kPlain,    ///< simple case mappings of Unicode
  kTurkish,  ///< the same, but I -> ı and İ -> i
};

/// "tr", "az" (also with a region, "tr_TR"): kTurkish; any other language, or "": kPlain.
Casing casing_of(std::string_view locale);

std::string lowered(std::string_view text, Casing casing);

}  // namespace tokrail
