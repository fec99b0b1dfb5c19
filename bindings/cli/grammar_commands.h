// The verbs that work with grammars, on the command line.
#pragma once

#include "bindings/cli/command_parts.h"
#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

/// The options that name a grammar, one of them or (not `required`) none.
void add_grammar_choice(CLI::App& app, GrammarChoice& choice, bool required);
void add_grammar(CLI::App& root, Chosen& chosen);
void add_bench_grammar(CLI::App& bench, Chosen& chosen);

}  // namespace tokrail::cli
