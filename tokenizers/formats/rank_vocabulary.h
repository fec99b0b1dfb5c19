// What readers of rank vocabularies share: from tokens as raw bytes by id to a TokenizerSpec.
//
// Errors: Error(kInvalidFile) for a byte without a token, a token given twice, a special token on
// the id of another token. Internal to the readers.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tokenizers/spec.h"

namespace tokrail {

/// `texts` by id; empty ones are unused. Known ones have been found to be as they should by their
/// fingerprint and are not checked again.
TokenizerSpec rank_spec(ByteStrings texts, std::string_view pattern, std::string_view name,
                        bool known = false);

/// Puts special tokens on ids that are unused or beyond the last.
void add_special_tokens(TokenizerSpec& spec,
                        std::span<const std::pair<std::string, TokenId>> specials,
                        std::string_view name);

}  // namespace tokrail
