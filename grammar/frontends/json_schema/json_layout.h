// The punctuation of JSON texts with the white space of a style, as terminals of a grammar.
//
// Each gap belongs to one piece of punctuation, so that a text is cut in one way only: "[" and "{"
// have the gap behind them, "]" and "}" the one before, "," and ":" both. kPretty writes a line
// feed and steps of two spaces where a gap of that style is; how many steps is not held to the
// depth. Errors: Error(kInvalidArgument) for separators that are not JSON.
#pragma once

#include "grammar/frontends/json_schema.h"
#include "grammar/grammar.h"

namespace tokrail {

struct JsonLayout {
  JsonLayout(Grammar& grammar, const JsonSchemaOptions& options);

  ExprId open_object, close_object, empty_object;
  ExprId open_array, close_array, empty_array;
  ExprId colon;
  RegexId separator_regex;  ///< the comma between members or items
  ExprId separator;
};

}  // namespace tokrail
