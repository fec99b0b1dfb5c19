// Roles (bos, eos, unk, pad, mask, cls, sep) of a model whose file names tokens but no roles.
//
// Only special tokens with names that every model family uses for one thing are taken; roles that
// are set already stay. Pure function, O(added tokens).
#pragma once

#include "tokenizers/spec.h"

namespace tokrail {

void infer_roles(TokenizerSpec& spec);

/// Adds an end token unless it is there already.
void add_eos_role(SpecialRoles& roles, TokenId id);

}  // namespace tokrail
