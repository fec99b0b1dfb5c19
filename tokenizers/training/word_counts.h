// WordCounts: the distinct pieces of a corpus and how often each occurs.
//
// Everything a vocabulary is learned from is in these counts, and they are far smaller than the
// text: a tenth for megabytes, a thousandth for gigabytes. Chunks of text are counted on all
// threads in tables of their own and added up; the result is sorted (most frequent first, then by
// bytes) and is the same for any number of threads.
//
//   auto source = open_text_files({"corpus.txt"});
//   auto splitter = split_by_regex(pattern);
//   WordCounts counts = count_words(*source, *splitter, {});
//
// Memory: 64 chunks of text, and the distinct pieces (about 60 bytes each) up to twice.
// Complexity: O(bytes). Errors: those of the source; kBudgetExhausted where max_memory is reached
// and pruning was not asked for; kCancelled.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/training/piece_splitter.h"
#include "tokenizers/training/text_source.h"
#include "tokenizers/training/training_progress.h"

namespace tokrail {

struct WordCounts {
  ByteStrings words;
  std::vector<uint64_t> counts;  ///< by word, never 0
  uint64_t bytes = 0;            ///< of the text
  uint64_t occurrences = 0;      ///< pieces of the text; the sum of counts and pruned_occurrences
  uint64_t lines_cut = 0;        ///< lines longer than a chunk, cut inside
  uint64_t pruned_words = 0;     ///< distinct pieces forgotten to stay within max_memory
  uint64_t pruned_occurrences = 0;  ///< and how many pieces of the text they were
};

struct WordCountOptions {
  int threads = 0;  ///< 0: all of the machine
  /// Upper bound in bytes of the table of distinct pieces; 0: none. Reaching it is an error unless
  /// `prune_rare` allows to forget the rarest pieces seen so far (never silently: the result tells
  /// how many). What is forgotten depends on the corpus alone, not on the threads.
  uint64_t max_memory = 0;
  bool prune_rare = false;
  TrainingProgressCallback progress;
  std::stop_token stop;
};

WordCounts count_words(TextSource& source, const PieceSplitter& splitter,
                       const WordCountOptions& options);

}  // namespace tokrail
