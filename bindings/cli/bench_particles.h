// tokrail bench particles: how many steps of particles a second, after the outputs were held
// against the grammar and a second run.
#pragma once

#include <cstdint>
#include <string>

#include "bindings/cli/grammar_choice.h"
#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct BenchParticlesVerb {
  std::string model;
  TokenizerChoice tokenizer;
  GrammarChoice grammar;
  std::string prompt;
  uint32_t particles = 64;
  uint32_t max_tokens = 120;
  uint32_t runs = 5;
  int threads = 1;
  bool json = false;
};
int run_bench_particles(const BenchParticlesVerb& verb);

}  // namespace tokrail::cli
