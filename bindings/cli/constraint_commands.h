// Constraints besides grammars, on the command line.
#pragma once

#include "bindings/cli/command_parts.h"
#include "bindings/cli/constraint_choice.h"

namespace tokrail::cli {

/// The options that name such constraints; all of those given hold together.
void add_constraint_choice(CLI::App& app, ConstraintChoice& choice);
void add_catalogue(CLI::App& root, Chosen& chosen);
void add_bench_constraints(CLI::App& bench, Chosen& chosen);

}  // namespace tokrail::cli
