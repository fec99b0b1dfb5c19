// Puts further added tokens into a TokenizerSpec that a file was read into.
//
// Errors: Error(kInvalidFile) for an id that stands for another text. Complexity: O(vocabulary).
#pragma once

#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

/// Each token gets its id: one that has this text already, a free one, or one beyond the last. Rank
/// files and sentencepiece models may have a control token of another name there, which is renamed;
/// what tokenizer.json and GGUF files say of an id stays.
void put_added_tokens(TokenizerSpec& spec, const std::vector<AddedToken>& tokens,
                      std::string_view where);

/// The added token with this id, or nullptr.
const AddedToken* find_added_token(const TokenizerSpec& spec, TokenId id);

/// The id with this text, added tokens first.
TokenId find_token(const TokenizerSpec& spec, std::string_view text);

}  // namespace tokrail
