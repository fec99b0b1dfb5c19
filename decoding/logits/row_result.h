// What a logit operation says of one row beside its token.
//
// Conditions that are not errors of the caller (a mask that allows nothing, a NaN from the model)
// are flags of the row; the other rows of the batch go on. Logarithms are natural.
#pragma once

#include <cstdint>
#include <limits>

#include "tokenizers/token_id.h"

namespace tokrail {

/// Flags of RowResult::flags.
enum RowFlag : uint32_t {
  kRowNothingAllowed = 1,  ///< no token has probability above 0; token is kNoToken
  kRowNan = 2,             ///< an allowed logit was NaN; it counted as -inf
  kRowInfinite = 4,        ///< an allowed logit was +inf; the lowest such id was taken
  kRowBadParameters = 8,   ///< negative or NaN temperature, top-p, ...; nothing was drawn
};

/// Which outputs are wanted: each may cost, what is not asked for is NaN.
enum SampleOutput : uint32_t {
  kMaskedOnly = 0,     ///< token, log_prob, log_sum; masked logits need not be read
  kWithLogSumAll = 1,  ///< log_sum_all: mass of the whole row, and so the allowed mass
  kWithEntropy = 2,    ///< entropy of the allowed distribution, before truncation
  kWithRawLogProb =
      4,            ///< raw_log_prob: the model's own, temperature 1, nothing adjusted or masked
  kWithCounts = 8,  ///< allowed, kept
  kTokenOnly = 16,  ///< only token, flags and max_logit of greedy rows: no sums are needed for them
};

struct RowResult {
  TokenId token = kNoToken;
  uint32_t flags = 0;
  uint32_t allowed = 0;  ///< tokens of probability above 0 before truncation
  uint32_t kept = 0;     ///< and after it
  /// log p(token) among the allowed: adjusted, tempered, masked, not truncated.
  float log_prob = std::numeric_limits<float>::quiet_NaN();
  /// The same in the unmasked row: log_prob + log_sum - log_sum_all.
  float log_prob_all = std::numeric_limits<float>::quiet_NaN();
  float raw_log_prob = std::numeric_limits<float>::quiet_NaN();
  /// log of the sum of exp(y) over the allowed, and over all: their difference is the log of the
  /// allowed mass.
  float log_sum = std::numeric_limits<float>::quiet_NaN();
  float log_sum_all = std::numeric_limits<float>::quiet_NaN();
  float max_logit = std::numeric_limits<float>::quiet_NaN();  ///< largest allowed y
  float entropy = std::numeric_limits<float>::quiet_NaN();    ///< nats
};

}  // namespace tokrail
