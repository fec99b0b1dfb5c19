// train_hybrid: a language and raw text -> a hybrid tokenizer.
//
//   corpus ─► word counts ─► root learner ─► estimation (soft EM) ─► chains, stems, pieces ─► ids
//
// 1. Words are counted as written and lower-cased.
// 2. After a short estimation the root learner proposes stems the lexicon lacks (names, loans):
// stems that the corpus shows
//    with several different suffixes, or often. They are compiled into a new version of the pack,
//    which travels with the tokenizer.
// 3. morph_estimation.h learns the costs: soft EM with Dirichlet priors over MorphLattices.
// 4. Every counted word is read by the Analyser. Frequent runs of suffixes become chains (chosen
//    by the tokens they save, one after the other), frequent stems become ids in the cases they are
//    written in, and byte-level BPE is learnt on what is left (with learn_bpe): stems without an
//    id, punctuation, white space.
//
// The same corpus, language and options give the same tokenizer, whatever the number of threads.
// Complexity: the counting of words, then some seconds per million distinct words. Errors: those of
// count_words and compile_language; kInvalidArgument where vocab_size has no room for bytes,
// suffixes and specials. Cancelled by the stop token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tokenizers/morphology/hybrid_spec.h"
#include "tokenizers/morphology/language_source.h"
#include "tokenizers/spec.h"
#include "tokenizers/training/morph_estimation.h"
#include "tokenizers/training/stem_selection.h"
#include "tokenizers/training/text_source.h"
#include "tokenizers/training/training_progress.h"

namespace tokrail {

struct HybridTrainerOptions {
  size_t vocab_size = 32768;
  size_t chains = 500;  ///< at most; 0: morph mode, every suffix a token
  CaseIds case_ids = CaseIds::kFrequentStems;
  NumberChunks numbers = NumberChunks::kThreeFromRight;
  /// Pieces of the residual BPE, bytes not counted; the rest of the ids are stems.
  size_t pieces = 3500;
  bool learn_roots = true;
  uint64_t min_root_count = 3;
  /// Of the costs. Its threads, progress and stop are those below.
  MorphEstimationOptions estimation;
  StemWeights stem_weights;
  /// The list of common words that the source may have counts as a text in which the r-th of them
  /// occurs so often, divided by r.
  double common_words_weight = 200000;
  std::vector<std::string> special_tokens = {"<|endoftext|>"};
  std::string eos_token = "<|endoftext|>", bos_token, pad_token;
  std::string name;
  int threads = 0;
  TrainingProgressCallback progress;
  std::stop_token stop;
};

/// Sets a number of the training by its name: one of MorphEstimationOptions ("lexeme_prior"), of
/// StemWeights ("stem_unseen"), or "common_words_weight". Throws Error(kInvalidArgument) for other
/// names, and for numbers out of range.
void set_prior(HybridTrainerOptions& options, std::string_view name, double value);
/// Sets what the `prior` lines of a pack say; errors have their file and line.
void apply_priors(const LanguageSource& source, HybridTrainerOptions& options);

struct HybridTraining {
  TokenizerSpec spec;
  uint64_t bytes = 0, words = 0, distinct_words = 0;
  size_t learnt_roots = 0, chains = 0, stems = 0, pieces = 0;
  size_t reserved_tokens = 0;         ///< special tokens that fill up the vocabulary
  std::vector<std::string> left_out;  ///< texts of roots that could not be compiled
  double tokens_per_word = 0;         ///< over the corpus
};

/// `source` is the language with its lexicon; learnt roots are added to it and it is compiled.
HybridTraining train_hybrid(TextSource& corpus, LanguageSource source,
                            const HybridTrainerOptions& options);

}  // namespace tokrail
