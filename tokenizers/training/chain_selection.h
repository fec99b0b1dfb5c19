// choose_chains: which runs of suffixes become single ids.
//
// A run of suffixes is written with the fewest ids that its suffixes and the chosen chains allow.
// Chains are chosen one after the other, each time the one that saves the most ids over all runs
// given those chosen before; of equal ones the shorter, then the lower suffixes. In the end, chains
// that later ones made useless give their places to others.
//
//   choose_chains({{{pl, p3, loc}, 120}, {{p3, loc}, 300}}, {.limit = 1});   // {p3, loc}
//
// Complexity: a chosen chain costs the runs that contain it, times their parts. Pure function.
// Errors: kCancelled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "tokenizers/morphology/language.h"
#include "tokenizers/training/training_progress.h"

namespace tokrail {

struct SuffixRun {
  std::vector<SuffixId> suffixes;
  uint64_t weight = 0;
};

struct ChainOptions {
  size_t limit = 300;
  size_t max_length = 6;  ///< suffixes in a chain
  /// Chains that save less are not chosen.
  uint64_t min_saving = 1;
  TrainingProgressCallback progress = {};
  std::stop_token stop = {};
};

std::vector<std::vector<SuffixId>> choose_chains(std::span<const SuffixRun> runs,
                                                 const ChainOptions& options);

}  // namespace tokrail
