// Loops over a row of logits, in vectors chosen at run time. Internal to the samplers.
//
// NaN and -inf are no tokens: they are in no sum, no count and no bound, and they stay as they are.
// A row is looked at in one of two orders, each a number per token of which the larger comes first:
// the logit itself, or minus the distance of the logit from a centre.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoding/logits/logits_view.h"

namespace tokrail::row_kernels {

struct Bounds {
  float max = 0, min = 0;  ///< meaningless if count is 0
  size_t count = 0;        ///< tokens
};
Bounds bounds(const float* row, size_t n) noexcept;

/// The largest token of each kMaximaBlock ids, -inf where there is none. `maxima` has room for
/// n / kMaximaBlock + 1; returns how many there are.
inline constexpr size_t kMaximaBlock = 128;
size_t block_maxima(const float* row, size_t n, float* maxima) noexcept;

/// Sums of e = exp(x - max) over a row whose largest logit is max. The tokens of that logit, of
/// which e is 1, are counted apart, so that what is beside them keeps its accuracy.
struct ExpSums {
  size_t largest = 0;   ///< tokens of x = max
  double rest = 0;      ///< sum of the other e
  double weighted = 0;  ///< sum of e * (x - max)
  double sum() const noexcept { return static_cast<double>(largest) + rest; }
  /// Natural logarithm of the sum.
  double log_sum() const noexcept;
  /// In nats.
  double entropy() const noexcept { return log_sum() - weighted / sum(); }
};
ExpSums exp_sums(const float* row, size_t n, float max) noexcept;

struct Moments {
  double mean = 0, variance = 0;  ///< of the population of finite logits
};
Moments moments(const float* row, size_t n) noexcept;

struct Order {
  bool by_distance = false;
  float centre = 0;
  float of(float logit) const noexcept {
    const float difference = logit - centre;
    return !by_distance ? logit : difference < 0 ? difference : -difference;
  }
};

inline constexpr size_t kRungs = 8;

/// masses[j] = the sum over tokens of at least rungs[j] of exp(x - max), or of 1. The masses of
/// falling rungs; all[0] is the sum over all tokens.
struct LadderJob {
  Order order;
  float max = 0;
  bool weighted = true;
  float rungs[kRungs] = {};
};
struct Ladder {
  double masses[kRungs] = {};
  double all = 0;
};
Ladder ladder(const float* row, size_t n, const LadderJob& job) noexcept;

/// Tokens of least <= order < below in rising id: logits and ids to `to_row` and `to_ids`, which
/// have room for n each and may be `row` and `ids`. Null ids: 0, 1, 2, ...
struct Slice {
  Order order;
  float least = 0, below = 0;
};
size_t collect(const float* row, const uint32_t* ids, size_t n, const Slice& slice, float* to_row,
               uint32_t* to_ids) noexcept;

/// Writes -inf where the order is below `least`.
void drop(float* row, size_t n, Order order, float least) noexcept;
void scale(float* row, size_t n, float factor) noexcept;
/// A row of any type as floats.
void widen(const void* row, LogitsType type, size_t n, float* to) noexcept;

}  // namespace tokrail::row_kernels
