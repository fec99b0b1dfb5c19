// The special tokens of a trained tokenizer: those that were asked for, reserved ones that fill up
// a vocabulary, and the roles that some of them have.
//
// Internal to training. Errors: Error(kInvalidArgument).
#pragma once

#include <string>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

/// Names of tokens; empty: no token has the role.
struct SpecialRoleNames {
  std::string bos, eos, pad;
};

/// Special tokens must be UTF-8, not empty, each given once, and have those with roles among them.
void check_special_tokens(const std::vector<std::string>& tokens, const SpecialRoleNames& roles);

/// The tokens, then `reserved` more that are spelled like none of them: "<|reserved_0|>" ...
std::vector<std::string> with_reserved_tokens(std::vector<std::string> tokens, size_t reserved);

/// Gives the token the next id of the vocabulary.
void add_special_token(const std::string& token, TokenizerSpec& spec);

/// Roles of tokens that were added before.
void set_special_roles(const SpecialRoleNames& roles, TokenizerSpec& spec);

}  // namespace tokrail
