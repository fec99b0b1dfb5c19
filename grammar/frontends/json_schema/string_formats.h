// The registry of `format`: the standard formats for strings, and others in common use.
//
// Each is a set of strings, written as ECMA-262 patterns after the standards that JSON Schema
// (2020-12 Validation, section 7.3) names. Complexity: O(pattern). Errors: none.
#pragma once

#include <optional>
#include <string_view>

#include "grammar/frontends/json_schema/text_language.h"

namespace tokrail {

/// The strings of a format; nothing if the name is not known.
std::optional<TextId> string_format(TextLanguages& texts, std::string_view name);

/// Formats that speak of numbers (int32, double, ...) and say nothing about strings.
bool is_number_format(std::string_view name);

}  // namespace tokrail
