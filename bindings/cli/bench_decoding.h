// tokrail bench decoding: how long one step under a constraint takes, by mask, by rejection and by
// what adaptive steps choose, after the weights were held against the exact mass.
#pragma once

#include <cstdint>
#include <string>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct BenchDecodingVerb {
  TokenizerChoice tokenizer;  ///< path empty: without grammars
  uint32_t steps = 400;       ///< per line
  bool no_numpy = false;
  bool json = false;
};

int run_bench_decoding(const BenchDecodingVerb& verb);

}  // namespace tokrail::cli
