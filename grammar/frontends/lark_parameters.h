// Parameters of Lark rules: the 64 bits that a call gives, and conditions on them. Internal to the
// Lark reader.
#pragma once

#include <cstdint>
#include <vector>

#include "grammar/frontends/lark_syntax.h"

namespace tokrail {

/// What a call gives on where the rule's own parameter is `self`.
uint64_t apply_parameter(const LarkParameter& parameter, uint64_t self);

/// Whether a condition holds of the parameter.
bool lark_condition_holds(const std::vector<LarkCondition>& conditions, uint32_t id, uint64_t self);

}  // namespace tokrail
