// The verb `eval`, on the command line.
#pragma once

#include "bindings/cli/command_parts.h"

namespace tokrail::cli {

void add_eval(CLI::App& root, Chosen& chosen);

}  // namespace tokrail::cli
