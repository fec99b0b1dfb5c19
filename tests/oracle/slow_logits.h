// The logit operations in double precision, with a full sort: slow and obvious.
#pragma once

#include <cstdint>
#include <vector>

#include "decoding/logits/sample_masked.h"
#include "decoding/logits/verify.h"

namespace tokrail::test {

/// One row after all steps of row_parameters.h.
struct SlowRow {
  uint32_t flags = 0;
  std::vector<float> a;         ///< adjusted logits
  std::vector<bool> allowed;    ///< probability above 0 before truncation
  std::vector<double> p;        ///< among the allowed; 0 elsewhere
  std::vector<bool> kept;       ///< after truncation
  std::vector<double> q;        ///< among the kept; a greedy row has 1 at its token
  std::vector<uint32_t> order;  ///< allowed tokens by falling a and rising id
  double log_sum = 0;
  double log_sum_all = 0;
  double entropy = 0;
  double max_logit = 0;
  /// A filter's boundary lies within 1e-6 of a token: what is kept may differ.
  bool near_boundary = false;
};

SlowRow slow_row(const SampleBatch& batch, size_t row);

/// Whether `token` is what u draws from the weights in id order, or a boundary within 1e-6.
bool is_draw(const std::vector<double>& weights, double u, uint32_t token);

/// What verify_chain and verify_tree should say of one sequence; `doubtful` where a decision was
/// within 1e-6.
struct SlowVerdict {
  std::vector<int32_t> path;
  uint32_t token = kNoToken;
  bool doubtful = false;
};
SlowVerdict slow_verify_chain(const ChainBatch& batch, size_t sequence);
SlowVerdict slow_verify_tree(const TreeDraft& draft);

}  // namespace tokrail::test
