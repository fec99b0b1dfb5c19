// tokrail: the command. Data go to standard output, everything else to standard error.
#include <csignal>
#include <exception>
#include <iostream>
#include <new>

#include "base/error.h"
#include "bindings/cli/command_line.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/standard_output.h"

int main(int argc, char** argv) {
  namespace cli = tokrail::cli;
  // A reader that went away is noticed when writing (cli::BrokenPipe), not by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return cli::run_command_line(argc, argv);
  } catch (const cli::BrokenPipe&) {
    return cli::kOk;
  } catch (const tokrail::Error& error) {
    std::cerr << "tokrail: " << error.what() << '\n';
    return error.code() == tokrail::ErrorCode::kInternal ? cli::kNo : cli::kBadInput;
  } catch (const std::bad_alloc&) {
    std::cerr << "tokrail: out of memory\n";
    return cli::kBadInput;
  } catch (const std::exception& error) {
    std::cerr << "tokrail: " << error.what() << '\n';
    return cli::kBadInput;
  }
}
