// Which tokenizer a verb works with, as given on the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tokenizers/tokenizer.h"

namespace tokrail::cli {

struct TokenizerChoice {
  std::string path;     ///< a file, or a folder of a model
  std::string pattern;  ///< for .tiktoken files; empty: found by the file
};

Tokenizer load_tokenizer(const TokenizerChoice& choice);

/// "o200k_base.tiktoken" of "/models/o200k_base.tiktoken".
std::string short_name(const std::string& path);

/// --special allow|forbid|text; empty: what the format's own system does.
std::optional<SpecialText> special_text_policy(std::string_view name);

std::string_view format_name(SourceFormat format) noexcept;
std::string_view model_name(ModelSpec::Kind kind) noexcept;

}  // namespace tokrail::cli
