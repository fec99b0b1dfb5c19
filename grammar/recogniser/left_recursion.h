// Left recursion becomes iteration; see rule_automaton.h. Internal to the module.
#pragma once

#include "grammar/recogniser/machine_builder.h"

namespace tokrail::recogniser {

/// Rewrites all machines that call themselves before anything is read. Empty moves must have been
/// removed. Error(kUnsupported) where a counted repetition is part of such a cycle.
void remove_left_recursion(MachineGraph& graph, const Grammar& grammar,
                           const CompileLimits& limits);

/// A machine that ends by calling itself, and then could only go on as it can go on at any of its
/// ends, has nothing to come back for: e ::= x (op e)* loops instead of nesting. Redirects such
/// calls to a position that only returns, which the recogniser turns into tail calls. Keeps
/// ambiguous operators linear.
void loosen_self_calls(MachineGraph& graph);

}  // namespace tokrail::recogniser
