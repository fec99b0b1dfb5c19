// How one row of logits becomes a distribution: adjustments, temperature, truncation, random draw.
//
// The law, for a row x of logits over the tokens t, with mask A:
//   1. adjust    a(t) = x(t) + bias(t); if t was seen: a > 0 ? a / repetition : a * repetition;
//                then a -= frequency * output(t) + presence * [output(t) > 0]
//   2. temper    y(t) = a(t) * inverse_temperature
//   3. constrain t not in A, NaN and -inf have probability 0
//   4. truncate  min-p, top-k, top-p in the order of `order`, each on what the one before left,
//                renormalised; tokens are ordered by falling y and then rising id
//   5. draw      the token where the cumulative sum in id order passes u, u = uniform of
//                (stream, position, draw, purpose) under seed (base/random.h)
// kLlamaCpp truncates before it tempers, so its filters look at a(t) and not at y(t).
//
//   RowParameters parameters;
//   parameters.inverse_temperature = 1 / 0.8f;
//   parameters.top_p = 0.95f;
//   parameters.seed = 7; parameters.position = step;
//
// Exactness: top-k keeps exactly k; top-p keeps the smallest prefix whose mass reaches top_p; min-p
// keeps p >= min_p * max p. A +inf logit that is allowed takes all the probability, the lowest id
// of several. Infinite inverse_temperature takes the largest y, the lowest id of several; reported
// log-probabilities are then those of temperature 1.
#pragma once

#include <cstdint>
#include <limits>

#include "base/random.h"

namespace tokrail {

/// Which filter acts first, as in the system that the name says.
enum class FilterOrder : uint8_t {
  kVllm,      ///< temperature, min-p, top-k, top-p
  kLlamaCpp,  ///< top-k, top-p, min-p, temperature
  kHf,        ///< temperature, top-k, top-p, min-p
};

inline constexpr float kGreedy = std::numeric_limits<float>::infinity();

struct RowParameters {
  float inverse_temperature = 1;  ///< 1 / temperature; kGreedy for temperature 0
  uint32_t top_k = 0;             ///< 0: off
  float top_p = 1;                ///< at least 1: off
  float min_p = 0;                ///< at most 0: off
  float repetition_penalty = 1;
  float frequency_penalty = 0;
  float presence_penalty = 0;
  FilterOrder order = FilterOrder::kVllm;
  Purpose purpose = Purpose::kToken;
  uint16_t reserved = 0;
  uint32_t position = 0;  ///< position in the sequence
  uint32_t draw = 0;      ///< index of the first draw at this position
  uint64_t seed = 0;
  uint64_t stream = 0;  ///< the caller's request id, never a batch row
};

}  // namespace tokrail
