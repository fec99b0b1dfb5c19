// What the command says to the shell.
#pragma once

namespace tokrail::cli {

enum ExitCode : int {
  kOk = 0,
  kNo = 1,        ///< the work was done and the answer is no: texts differ, a check failed
  kBadInput = 2,  ///< wrong usage, or a file, text or option that cannot be worked with
};

}  // namespace tokrail::cli
