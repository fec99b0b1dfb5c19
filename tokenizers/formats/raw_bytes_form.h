// A byte-level model in the notation of tokenizer.json, as a rank file would hold it.
//
// tokenizer.json writes bytes in the byte-level alphabet and lets a ByteLevel step turn text into
// it; rank files hold the bytes themselves and one pattern. For models that are nothing but that
// (a pattern, the alphabet, merges) the two say the same, and the ids are equal.
//
//   if (auto raw = raw_bytes_form(spec)) write(raw->vocabulary.texts);   // bytes by id
//
// Complexity: O(bytes of all tokens). Pure function. Errors: none.
#pragma once

#include <optional>
#include <string_view>

#include "tokenizers/spec.h"

namespace tokrail {

/// Why other formats than .tkz cannot hold a hybrid tokenizer.
inline constexpr std::string_view kHybridReason =
    "a hybrid tokenizer: suffix ids are spelled by what stands to their left, and stems and "
    "suffixes do not come from merges (.tkz holds it)";

/// The spec with raw bytes and at most one Split step; a spec that has raw bytes already as it is;
/// nothing where there is no such form.
std::optional<TokenizerSpec> raw_bytes_form(const TokenizerSpec& spec);

}  // namespace tokrail
