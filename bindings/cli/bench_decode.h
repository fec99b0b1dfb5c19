// tokrail bench decode: how fast ids become text, at once and token by token.
#pragma once

#include <string>
#include <vector>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct BenchDecodeVerb {
  std::vector<std::string> tokenizers;
  std::string pattern;
  std::vector<std::string> files;
  bool json = false;
};

int run_bench_decode(const BenchDecodeVerb& verb);

}  // namespace tokrail::cli
