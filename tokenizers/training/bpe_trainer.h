// train_bpe: a corpus -> a byte-level BPE tokenizer, ready for Tokenizer::from_spec and the
// writers.
//
//   files ──text_source──► chunks ──piece_splitter──► pieces ──word_counts──► counted words
//                                   TokenizerSpec ◄── spec ◄── bpe_learner (merges) ◄──┘
//
//   BpeTrainerOptions options;
//   options.vocab_size = 8192;
//   options.special_tokens = {"<|endoftext|>"};
//   options.eos_token = "<|endoftext|>";
//   auto source = open_text_files({"corpus.txt"});
//   BpeTraining trained = train_bpe(*source, options);
//
// Ids: special tokens (first or last), 256 bytes in the order of the byte-level alphabet, merges in
// order. Apart from the special tokens, order of ids is order of merges and no byte string has two
// ids, so the vocabulary can be written as tokenizer.json and as a tiktoken rank file alike.
// The same corpus and options give the same tokenizer, whatever the number of threads.
// The text of special tokens in the corpus is text like any other.
//
// Complexity, memory, errors, stopping: count_words() and learn_bpe(), in this order. Options are
// checked before the corpus is read; kInvalidArgument also where a forced token is cut by the
// pattern (it could never be produced) or a special token is spelled like a learned one.
// Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with Subword Units (2016);
// bytes instead of characters: Radford et al., GPT-2 (2019).
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "tokenizers/spec.h"
#include "tokenizers/training/bpe_learner.h"
#include "tokenizers/training/split_pattern.h"
#include "tokenizers/training/text_source.h"
#include "tokenizers/training/training_progress.h"

namespace tokrail {

struct BpeTrainerOptions {
  /// All ids, special tokens included. Rounded up to a multiple of pad_to_multiple.
  size_t vocab_size = 32000;
  /// Where the corpus gives fewer merges, special tokens <|reserved_0|>, ... fill up the last
  /// multiple. 1: no filling.
  size_t pad_to_multiple = 1;
  uint64_t min_frequency = 2;
  uint32_t max_token_bytes = 128;
  BpeObjective objective = BpeObjective::kFrequency;
  std::string pattern = "cl100k";  ///< a name or a regular expression, see split_pattern.h
  DigitPolicy digits = DigitPolicy::kAsPattern;
  std::vector<std::string> forced_tokens;   ///< byte strings that must be tokens
  std::vector<std::string> special_tokens;  ///< in the order of their ids
  bool special_tokens_first = false;
  std::string bos_token, eos_token, pad_token;  ///< roles: special tokens, or empty
  std::string name;                             ///< of the tokenizer; may be empty
  uint64_t max_memory = 0;                      ///< see WordCountOptions
  bool prune_rare = false;                      ///< see WordCountOptions
  int threads = 0;                              ///< 0: all of the machine
  TrainingProgressCallback progress;
  std::stop_token stop;
};

struct BpeTraining {
  TokenizerSpec spec;
  BpeStopReason stop_reason = BpeStopReason::kNoPairLeft;
  size_t merges = 0;
  size_t reserved_tokens = 0;  ///< special tokens added to fill up a multiple
  uint64_t last_merge_count = 0;
  // Of the corpus, as in WordCounts:
  uint64_t bytes = 0, pieces = 0, distinct_pieces = 0, lines_cut = 0;
  uint64_t pruned_words = 0, pruned_occurrences = 0;
};

BpeTraining train_bpe(TextSource& source, const BpeTrainerOptions& options);

}  // namespace tokrail
