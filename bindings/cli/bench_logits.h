// tokrail bench logits: how long the logit operations take, per instruction set, after they have
// been held against plain loops.
#pragma once

#include <string>

namespace tokrail::cli {

struct BenchLogitsVerb {
  double milliseconds = 40;  ///< for each line of the table
  std::string op;            ///< this one alone; empty: all
  std::string isa;           ///< this one alone; empty: all
  bool no_numpy = false;
  bool json = false;
};

int run_bench_logits(const BenchLogitsVerb& verb);

}  // namespace tokrail::cli
