// sample_masked: one token per row from masked, adjusted, tempered, truncated logits.
//
// The one operation at the end of every decoding step, in one read of the logits: log-sum-exp of
// all and of the allowed tokens, one sample and its log-probabilities. Nothing is written back and
// no probabilities are stored: per block of 1024 tokens only its maximum and its sum are kept, the
// draw finds its block by a cumulative sum and reads that block again. min-p reads again the blocks
// that reach its threshold, top-k and top-p once more the row and then the bin of their threshold.
//
//   std::vector<RowResult> results(rows);
//   sample_masked({.logits = logits, .masks = masks, .parameters = parameters.data(),
//                  .outputs = kWithLogSumAll}, results);
//   results[0].token;
//
// Shapes: parameters has one entry per row, results too. With top_n > 0, top_ids and top_log_probs
// are rows x top_n, by falling probability among the allowed before truncation, filled up with
// kNoToken and -inf. Law and exactness: row_parameters.h. Complexity: O(vocab) per row;
// O(allowed) with kMaskedOnly where fewer than vocab / 64 are allowed. Thread safety: may be
// called from any thread; rows run in parallel when there are several, the result does not depend
// on how many threads. Errors: Error(kInvalidArgument) for null or impossible shapes; what is wrong
// in one row is a flag of its result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "decoding/logits/logits_view.h"
#include "decoding/logits/row_parameters.h"
#include "decoding/logits/row_result.h"

namespace tokrail {

struct SampleBatch {
  LogitsView logits;
  MaskView masks = {};
  AdjustmentsView adjustments = {};
  const RowParameters* parameters = nullptr;  ///< one per row
  uint32_t outputs = kMaskedOnly;             ///< SampleOutput flags
  uint32_t top_n = 0;
  TokenId* top_ids = nullptr;
  float* top_log_probs = nullptr;
};

void sample_masked(const SampleBatch& batch, std::span<RowResult> results, int threads = 0);

}  // namespace tokrail
