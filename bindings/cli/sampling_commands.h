// The verbs that work with rows of logits, on the command line.
#pragma once

#include "bindings/cli/command_parts.h"

namespace tokrail::cli {

void add_sample(CLI::App& root, Chosen& chosen);

}  // namespace tokrail::cli
