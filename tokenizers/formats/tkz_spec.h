// The fields of a TokenizerSpec as bytes and back, all but the long arrays of the vocabulary and
// the merges, which a .tkz file keeps as sections of their own. Internal to .tkz files.
//
// Errors: read_fields throws Error(kInvalidFile) for bytes that write_fields does not write;
// check_spec for specs whose parts do not fit together.
#pragma once

#include <string>
#include <string_view>

#include "tokenizers/spec.h"

namespace tokrail::tkz {

std::string write_fields(const TokenizerSpec& spec);
void read_fields(std::string_view bytes, TokenizerSpec& spec);

/// What everything that is built from a spec takes for granted: ids that are below the vocabulary's
/// size, arrays of equal length, added tokens in order.
void check_spec(const TokenizerSpec& spec);

}  // namespace tokrail::tkz
