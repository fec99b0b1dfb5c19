// The verbs that work with grammars, on the command line.
#pragma once

#include "bindings/cli/command_parts.h"

namespace tokrail::cli {

void add_grammar(CLI::App& root, Chosen& chosen);
void add_bench_grammar(CLI::App& bench, Chosen& chosen);

}  // namespace tokrail::cli
