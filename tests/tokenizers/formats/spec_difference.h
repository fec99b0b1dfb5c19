// Where two TokenizerSpecs differ first, in words; empty where they are equal.
#pragma once

#include <string>

#include "tokenizers/spec.h"

namespace tokrail::test {

std::string spec_difference(const TokenizerSpec& a, const TokenizerSpec& b);

}  // namespace tokrail::test
