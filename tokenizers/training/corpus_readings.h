// What the segments of a corpus are, and what its words are read as, added up.
//
//   segments (as written) ─► LowerWords          for the estimation and the root learner
//   segments + Analyser   ─► CorpusReadings      for the choice of chains, stems and pieces
//
// Weights are damped counts: count^power. All results are the same for any number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "tokenizers/morphology/analyser.h"
#include "tokenizers/training/chain_selection.h"
#include "tokenizers/training/root_learner.h"
#include "tokenizers/training/stem_selection.h"
#include "tokenizers/training/word_counts.h"

namespace tokrail {

/// The distinct words of a corpus in lower case, without spaces.
struct LowerWords {
  WordCounts counts;
  std::vector<WordCases> cases;  ///< by word
};
LowerWords count_lower_words(const Language& language, const WordCounts& segments);

/// Words between white space, approximately: segments are counted, not their order.
uint64_t count_written_words(const WordCounts& segments);

/// The words of both, added up.
WordCounts merge_counts(const WordCounts& a, const WordCounts& b);

/// Integer weights of runs and pieces count in so many parts of a damped word.
inline constexpr uint64_t kWeightUnit = 16;

struct CorpusReadings {
  /// A part of a segment that the language does not write, or only if a stem has an id.
  struct Rest {
    uint32_t segment, begin, end;
    FormId form = kNoIndex;    ///< the stem it is, or kNoIndex
    uint8_t usable_cases = 0;  ///< bits by StemCase: ids of the stem that would write it
    uint64_t weight = 0;
  };
  std::vector<StemUses> stems;  ///< by FormId
  std::vector<SuffixRun> runs;
  std::vector<Rest> rest;
};

CorpusReadings read_corpus(const Analyser& analyser, const WordCounts& segments, double power,
                           int threads, const std::stop_token& stop);

/// Adds stems and runs of words that are written in lower case.
void add_common_readings(const Analyser& analyser, const WordCounts& words, double power,
                         CorpusReadings& readings);

}  // namespace tokrail
