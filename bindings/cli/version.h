// What was built and with what.
#pragma once

#include <string>

namespace tokrail::cli {

/// "tokrail 0.1.0", compiler, and the versions of the libraries it runs with, in lines.
std::string version_text();

}  // namespace tokrail::cli
