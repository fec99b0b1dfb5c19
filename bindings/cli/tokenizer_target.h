// Writing a tokenizer in a format that the user names, or the file name tells.
#pragma once

#include <string>

#include "tokenizers/spec.h"

namespace tokrail::cli {

/// "tokenizer.json", "tiktoken" or "tkz", by --to or else by the end of the path. Throws
/// Error(kInvalidArgument) where neither says.
std::string target_format(const std::string& path, const std::string& to);

/// Writes the whole file or nothing. Throws Error(kUnsupported) with every reason why the format
/// cannot hold this tokenizer.
void write_tokenizer(const TokenizerSpec& spec, const std::string& path, const std::string& format);

}  // namespace tokrail::cli
