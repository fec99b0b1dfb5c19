// Encodings whose vocabulary files hold tokens only: their patterns and special tokens by name.
//
// A .tiktoken file is a list of tokens; how text is cut and which ids are special is written in
// the program that ships it. This table is what those programs say (openai/tiktoken, Meta's
// llama-models, Qwen, Moonshot).
//
//   if (const KnownEncoding* encoding = find_known_encoding("o200k")) {
//     encoding->pattern;                          // the regular expression
//     known_special_tokens(*encoding);            // {"<|endoftext|>", 199999}, ...
//   }
//
// Pure functions over constant tables; thread safe; no errors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/spec.h"

namespace tokrail {

struct KnownEncoding {
  std::string_view name;
  std::string_view alias;      ///< another name people use
  std::string_view pattern;    ///< matches are the pieces; nothing lies between them
  uint32_t token_count;        ///< tokens in its file
  std::string_view file_name;  ///< what its file is called, if that says more than the name
  uint64_t fingerprint;        ///< of its tokens (fingerprint_tokens); 0: not known
};

std::span<const KnownEncoding> known_encodings() noexcept;

/// By name or alias; nullptr if there is none.
const KnownEncoding* find_known_encoding(std::string_view name) noexcept;

/// Its special tokens, ascending by id.
std::vector<std::pair<std::string, TokenId>> known_special_tokens(const KnownEncoding& encoding);

/// Tells vocabularies apart: a 64-bit hash of all tokens by id (not for use against an adversary).
uint64_t fingerprint_tokens(const ByteStrings& tokens) noexcept;

}  // namespace tokrail
