// Structural tags: free text in which triggers open tags with constrained content, for tool calls.
//
//   Grammar grammar = read_structural_tag(R"({"type": "structural_tag", "format": {
//       "type": "triggered_tags", "triggers": ["<tool>"], "tags": [{"begin": "<tool>get_time(",
//       "content": {"type": "json_schema", "json_schema": {"type": "object"}}, "end": ")"}]}})");
//
// Formats: const_string, json_schema, grammar (GBNF), regex, any_text, sequence, or, optional,
// plus, star, repeat, tag, triggered_tags, tags_with_separator; and the older flat form with
// "structures" and "triggers". Free text is everything that does not contain a trigger; a trigger
// may be cut by tokens anywhere.
//
// Thread safety: pure function. Errors: Error, where() = the JSON pointer.
#pragma once

#include <string_view>

#include "grammar/frontends/json_schema.h"
#include "grammar/grammar.h"

namespace tokrail {

Grammar read_structural_tag(std::string_view text, const JsonSchemaOptions& json = {});

}  // namespace tokrail
