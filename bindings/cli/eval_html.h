// An EvalReport as one HTML page that needs nothing else: tables, bars, and text with its tokens in
// colours.
#pragma once

#include <string>

#include "bindings/cli/eval_report.h"

namespace tokrail::cli {

std::string as_html(const EvalReport& report);

}  // namespace tokrail::cli
