// The command line: which verb was asked for, with which options.
#pragma once

namespace tokrail::cli {

/// Parses, runs the verb and returns its exit code. Wrong usage is told on standard error (2), help
/// and version go to standard output (0). Lets pass what verbs throw.
int run_command_line(int argc, char** argv);

}  // namespace tokrail::cli
