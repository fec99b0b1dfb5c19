// Decoding of hybrid ids straight from the rules of morphology/hybrid_spec.h: one state with named
// fields, no contexts, no tables.
#pragma once

#include <span>
#include <string>

#include "tokenizers/spec.h"

namespace tokrail::test {

std::string slow_hybrid_decode(const TokenizerSpec& spec, std::span<const TokenId> ids,
                               bool skip_special = false);

}  // namespace tokrail::test
