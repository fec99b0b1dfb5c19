// The verbs that work with language models, on the command line.
#pragma once

#include "bindings/cli/command_parts.h"

namespace tokrail::cli {

void add_generate(CLI::App& root, Chosen& chosen);
void add_bench_particles(CLI::App& bench, Chosen& chosen);
void add_model(CLI::App& root, Chosen& chosen);

}  // namespace tokrail::cli
