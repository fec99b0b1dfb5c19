// tokrail bench grammar: how many grammars are right about their texts, and how long masks take.
#pragma once

#include <string>
#include <vector>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct BenchGrammarVerb {
  TokenizerChoice tokenizer;  ///< path empty: texts are taken byte by byte, without masks
  std::vector<std::string> files;
  std::string key_order;  ///< schema or any; empty: as the kind of file has it
  double limit_ms = 60000;
  size_t memory_mb = 8192;
  int threads = 1;
  int passes = 1;
  bool all_cold = false;
  std::string list;  ///< wrong or all: a line of JSON for such grammars
  bool json = false;
  bool no_progress = false;
};

int run_bench_grammar(const BenchGrammarVerb& verb);

}  // namespace tokrail::cli
