// A part of a JSON document as text again: keys in order, numbers as they were written.
// Internal to the front ends.
#pragma once

#include <string>

#include "grammar/frontends/json_schema/schema_document.h"

namespace tokrail {

std::string json_text(const SchemaDocument& document, JsonId id);

}  // namespace tokrail
