// One token case checked: the estimators' exact laws, then the steps that draw from real logits.
#pragma once

#include <cstdint>

#include "bindings/cli/sampling_cases.h"
#include "bindings/cli/sampling_report.h"

namespace tokrail::cli {

struct CheckSizes {
  uint64_t draws = 200000;  ///< of each way of making a step, and of the exact mode
  uint64_t seed = 1;
};

CaseReport check_token_case(const TokenCase& token_case, const CheckSizes& sizes);

}  // namespace tokrail::cli
