// LoadOptions: what a caller may say about a tokenizer file that the file does not say itself.
//
// Plain data.
#pragma once

#include <optional>
#include <string>

namespace tokrail {

struct LoadOptions {
  /// For .tiktoken files: a pattern by name ("cl100k", "o200k", ...) or as a regular expression.
  std::optional<std::string> pattern;
};

}  // namespace tokrail
