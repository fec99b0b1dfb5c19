// tokrail verify sampling: everything that samples under a constraint, against exact oracles.
//
// A folder of JSON files (sampling_cases.h has their format). Of a token case: the law of every
// weight estimator by taking all random paths, then every way of making a step by sampling. Of a
// sequence case: what follows from the model and the grammar against what the file says, weighted
// samples of every mode, particles that are resampled, and samples of the exact mode.
#pragma once

#include <cstdint>
#include <string>

namespace tokrail::cli {

struct VerifySamplingVerb {
  std::string folder;
  uint64_t draws = 200000;  ///< per way of making a step
  uint64_t seed = 1;
  bool json = false;
};

int run_verify_sampling(const VerifySamplingVerb& verb);

}  // namespace tokrail::cli
