// The verb that works with rows of logits, on the command line, and the options of samplers.
#pragma once

#include "bindings/cli/command_parts.h"
#include "decoding/samplers/sampler_chain.h"

namespace tokrail::cli {

/// The options of a chain of samplers, for all verbs that have one.
void add_filters(CLI::App& app, SamplingOptions& options);
void add_penalties(CLI::App& app, SamplingOptions& options);
void add_sample(CLI::App& root, Chosen& chosen);

}  // namespace tokrail::cli
