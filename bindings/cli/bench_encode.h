// tokrail bench encode: how fast a tokenizer encodes fresh documents, after checking that its ids
// are those of the slow path.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct BenchEncodeVerb {
  std::vector<std::string> tokenizers;
  std::string pattern;
  std::vector<std::string> files;
  int threads = 1;
  bool offsets = false;    ///< encode_with_offsets instead of encode
  bool check_all = false;  ///< hold every document against the slow path, not a sample
  bool seen = false;       ///< the timed documents were encoded once before
  bool json = false;
  bool no_progress = false;
};

int run_bench_encode(const BenchEncodeVerb& verb);

}  // namespace tokrail::cli
