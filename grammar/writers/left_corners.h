// Rules that can begin with themselves, which some readers of grammars refuse. Internal to the
// module.
#pragma once

#include <optional>

#include "grammar/grammar.h"

namespace tokrail {

/// The first rule, in the order of their ids, that can begin with itself.
std::optional<RuleId> find_left_recursion(const Grammar& grammar);

}  // namespace tokrail
