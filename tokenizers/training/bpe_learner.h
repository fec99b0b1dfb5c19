// learn_bpe: word counts -> the merges of a byte-level BPE vocabulary.
//
// Every word starts as its bytes. Again and again the best pair of neighbouring symbols becomes a
// new symbol, everywhere, until the vocabulary is full or no pair is frequent enough:
//
//   counts: low x5, lower x2, newest x6, widest x3
//   merge 1: e s -> es (9)    merge 2: es t -> est (9)    merge 3: l o -> lo (7) ...
//
// What decides, exactly:
//   - count(ab) = sum over words of count(word) * places where a is followed by b; places may
//     overlap ("aaa" has two pairs of a), replacement goes from left to right.
//   - kFrequency takes the pair with the highest count (Sennrich et al. 2016). kLikelihood takes
//     the highest count(ab) / (count(a) * count(b)), computed in double precision, where count(a)
//     is over the present symbols (the gain of the unigram likelihood; Schuster, Nakajima 2012).
//   - Ties go to the lower id of the left symbol, then of the right symbol.
//   - Pairs below min_frequency or longer than max_token_bytes are never taken.
// Ids 0..255 are the single bytes in the order of the byte-level alphabet (33..126, 161..172,
// 174..255, then the others ascending), as in GPT-2's vocabulary; merge i makes id 256 + i. No two
// ids have the same bytes, so ranks of byte strings (tiktoken) and the list of merges say the same.
//
// Forced tokens are strings that must be tokens. They steer nothing: as soon as the ids left are
// just what they need, each in turn is joined by its most frequent pair, and the ids that sharing
// saved go back to the ordinary merges. A word that is equal to a forced token becomes that token.
//
// Method: words lie in one array of slots, one per byte; a symbol writes its id in its first and
// last slot, so both neighbours are found in one step and a merge costs O(1) per place. Places of a
// pair are listed when its younger symbol is made (only then can its count grow); counts fall by
// one hash lookup per different neighbour; a heap holds upper bounds and is corrected when popped.
// Complexity: O(bytes of the words) for all merges together, plus O(pairs * log) for the heap.
// kLikelihood also updates all pairs of a merged symbol. Memory: about 20 bytes per byte of the
// words. The first counts use all threads, merging one; the result does not depend on it.
// Errors: kInvalidArgument (options), kUnsupported (4 GiB of words and more), kCancelled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/spec.h"
#include "tokenizers/training/training_progress.h"
#include "tokenizers/training/word_counts.h"

namespace tokrail {

enum class BpeObjective : uint8_t { kFrequency, kLikelihood };

struct BpeLearnerOptions {
  size_t vocab_size = 32000;  ///< the 256 bytes and all merges; at least 256
  uint64_t min_frequency = 2;
  uint32_t max_token_bytes = 128;
  BpeObjective objective = BpeObjective::kFrequency;
  std::vector<std::string> forced_tokens;  ///< at most max_token_bytes long, not empty
  int threads = 0;                         ///< 0: all of the machine
  TrainingProgressCallback progress;
  std::stop_token stop;
};

enum class BpeStopReason : uint8_t {
  kVocabularyFull,
  kNoPairLeft,  ///< no pair of min_frequency within max_token_bytes: the vocabulary is smaller
};

struct LearnedBpe {
  ByteStrings tokens;                  ///< raw bytes by id
  std::vector<Merge> merges;           ///< merges[i].result == 256 + i
  std::vector<uint64_t> merge_counts;  ///< count of the pair when it was merged; 0: forced
  BpeStopReason stop_reason = BpeStopReason::kNoPairLeft;
};

/// Throws Error(kInvalidArgument) for options that learn_bpe refuses whatever the words are.
void check_bpe_options(const BpeLearnerOptions& options);

LearnedBpe learn_bpe(const WordCounts& words, const BpeLearnerOptions& options);

/// The byte that id 0..255 stands for.
uint8_t byte_of_initial_id(TokenId id) noexcept;

}  // namespace tokrail
