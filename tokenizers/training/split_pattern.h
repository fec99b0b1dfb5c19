// Pre-tokenizer patterns by name, and what a vocabulary is to do with digits.
//
//   split_pattern("cl100k", DigitPolicy::kSingle)   // as Qwen 2 cuts
//
// Names: "gpt2", "cl100k", "o200k". Anything else is taken as a regular expression (in the notation
// of tokenizer.json) that cuts text into its matches and what lies between them; a digit policy
// other than kAsPattern then needs one of the alternatives below in it to put another in its place.
// How digits are grouped is what arithmetic of a model depends on most (Singh, Strouse 2024).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tokrail {

enum class DigitPolicy : uint8_t {
  kAsPattern,  ///< gpt2: " ?\p{N}+", cl100k and o200k: "\p{N}{1,3}"
  kSingle,     ///< "\p{N}"
  kUpToThree,  ///< "\p{N}{1,3}", groups counted from the left
};

/// The regular expression. Throws Error(kInvalidArgument) for a pattern without an alternative for
/// numbers that a policy could replace.
std::string split_pattern(std::string_view name_or_regex, DigitPolicy digits);

}  // namespace tokrail
