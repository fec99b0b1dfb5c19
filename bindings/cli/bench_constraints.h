// tokrail bench constraints: how long constraints over texts take to build, and their masks.
#pragma once

#include <cstddef>
#include <string>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct BenchConstraintsVerb {
  TokenizerChoice tokenizer;
  size_t strings = 1000000;
  std::string text;  ///< empty: made up
  size_t text_bytes = 100000;
  size_t walks = 1000;
  bool json = false;
};
int run_bench_constraints(const BenchConstraintsVerb& verb);

}  // namespace tokrail::cli
