// .tiktoken rank files (one "base64 rank" per line) and Mistral's tekken.json.
//
// A rank file holds tokens only. Its pattern and special tokens come from, in this order: what the
// caller names; the tokens themselves, if they are those of a known encoding; the file's name. Of
// encodings with the same tokens (o200k_base, o200k_harmony) the file's name chooses.
//
//   TokenizerSpec spec = read_tiktoken(bytes, "vocab/cl100k_base.tiktoken");
//   TokenizerSpec ours = read_tiktoken(bytes, "mine.tiktoken", {.pattern = "o200k"});
//   TokenizerSpec mistral = read_tekken(bytes, "tekken.json");
//
// Complexity: O(bytes); 200,000 tokens take about 10 ms. Pure functions.
// Errors: Error(kInvalidFile) with the line or byte: what is not base64 and a rank, a rank or token
// given twice, a byte without a token. Error(kInvalidArgument) where the pattern is not known.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

struct TiktokenOptions {
  /// A known encoding ("cl100k", "o200k_harmony", ... see tokenizers/known_encodings.h) or a
  /// regular expression whose matches are the pieces.
  std::optional<std::string> pattern;
};

/// Whether the text begins like a rank file.
bool looks_like_tiktoken(std::string_view bytes);

TokenizerSpec read_tiktoken(std::string_view bytes, std::string_view name = {},
                            const TiktokenOptions& options = {});

/// Why a rank file cannot hold this tokenizer; empty if it can. The pattern must be that of a known
/// encoding, and the special tokens none or those of the known encoding spec.name.
std::vector<std::string> tiktoken_cannot_express(const TokenizerSpec& spec);

/// Throws Error(kUnsupported) with the reasons of tiktoken_cannot_express.
std::string write_tiktoken(const TokenizerSpec& spec);

TokenizerSpec read_tekken(std::string_view bytes, std::string_view name = {});

}  // namespace tokrail
