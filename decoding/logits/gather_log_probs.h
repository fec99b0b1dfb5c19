// gather_log_probs: log-probabilities of given ids, for scoring and for forced tokens.
//
//   gather_log_probs(batch, ids, offsets, log_probs);
//
// The ids of row r are ids[offsets[r]] up to ids[offsets[r + 1]]. The law is that of
// row_parameters.h up to step 3 (adjusted, tempered, masked), not truncated; an id that is out of
// range or not allowed has -inf. log_sums, if given, gets each row's log-sum-exp. Complexity: one
// read of the row. Thread safety: rows run in parallel. Errors: Error(kInvalidArgument).
#pragma once

#include <cstdint>
#include <span>

#include "decoding/logits/sample_masked.h"

namespace tokrail {

void gather_log_probs(const SampleBatch& batch, std::span<const TokenId> ids,
                      std::span<const uint32_t> offsets, std::span<float> log_probs,
                      std::span<float> log_sums = {}, int threads = 0);

}  // namespace tokrail
