// The verbs that work with languages, on the command line.
#pragma once

#include "bindings/cli/command_parts.h"

namespace tokrail::cli {

void add_morph(CLI::App& root, Chosen& chosen);

}  // namespace tokrail::cli
