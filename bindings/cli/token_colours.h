// A text with its tokens made visible, for people.
#pragma once

#include <string>
#include <string_view>

#include "tokenizers/encoding.h"

namespace tokrail::cli {

/// Appends the text, token by token in turning background colours, or with a bar between tokens
/// where there is no colour. Tokens that part a character are shown together. Offsets count bytes.
void append_coloured(std::string_view text, const Encoding& encoding, bool colour,
                     std::string& out);

}  // namespace tokrail::cli
