#include "tokenizers/training/split_pattern.h"

#include "base/error.h"

namespace tokrail {
namespace {

struct NamedPattern {
  std::string_view name;
  std::string_view regex;
};

constexpr NamedPattern kNamedPatterns[] = {
    {"gpt2", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
    {"cl100k",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    {"o200k",
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
};

/// Ways to write the alternative for numbers, with the bars around it.
constexpr std::string_view kNumbers[] = {R"(|\p{N}{1,3}|)", R"(| ?\p{N}+|)", R"(|\p{N}+|)",
                                         R"(|\p{N}|)"};

}  // namespace

std::string split_pattern(std::string_view name_or_regex, DigitPolicy digits) {
  std::string regex(name_or_regex);
  for (const NamedPattern& pattern : kNamedPatterns) {
    if (pattern.name == name_or_regex) regex = pattern.regex;
  }
  if (digits == DigitPolicy::kAsPattern) return regex;
  for (const std::string_view numbers : kNumbers) {
    const size_t at = regex.find(numbers);
    if (at == std::string::npos) continue;
    const char* other = digits == DigitPolicy::kSingle ? R"(|\p{N}|)" : R"(|\p{N}{1,3}|)";
    return regex.replace(at, numbers.size(), other);
  }
  throw Error(ErrorCode::kInvalidArgument,
              "expected a pattern with an alternative for numbers (\\p{N}) that the digit policy "
              "can replace, found " +
                  regex);
}

}  // namespace tokrail
