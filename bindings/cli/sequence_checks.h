// One sequence case checked: what its file says, then samples of every mode through the generator.
#pragma once

#include "bindings/cli/sampling_cases.h"
#include "bindings/cli/sampling_report.h"
#include "bindings/cli/token_checks.h"

namespace tokrail::cli {

CaseReport check_sequence_case(SequenceCase sequence_case, const CheckSizes& sizes);

}  // namespace tokrail::cli
