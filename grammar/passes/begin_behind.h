// begin_behind: a grammar that holds only for what comes after a marker.
//
// For models that think aloud first: everything is allowed until the marker has come, from then on
// the grammar. The marker has to come: a text without it is not complete.
//
//   Grammar grammar = read_json_schema(schema).grammar;
//   begin_behind(grammar, "</think>");                  // text
//   begin_behind_token(grammar, "<|channel|>");          // one special token
//
// A token may hold the end of the marker and the beginning of what follows it. The grammar begins
// behind the first occurrence. Complexity: O(1) more rules. Errors: Error(kInvalidArgument) for an
// empty marker or a grammar without a start; a token that the vocabulary does not have is an error
// of compiling.
#pragma once

#include <string>
#include <string_view>

#include "grammar/grammar.h"

namespace tokrail {

void begin_behind(Grammar& grammar, std::string_view marker);
void begin_behind_token(Grammar& grammar, std::string name);

}  // namespace tokrail
