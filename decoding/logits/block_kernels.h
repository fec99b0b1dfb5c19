// The loops over one block of logits, compiled once per instruction set and chosen at run time.
//
// A block is kBlock floats (adjusted logits; what lies past the vocabulary is -inf) and, unless
// everything is allowed, kBlock / 32 mask words. All kernels follow the law of logit_math.h: on
// every target the same lanes, the same order of sums. Not a public header.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoding/logits/logit_math.h"

namespace tokrail::logit_math {

inline constexpr size_t kBlockWords = kBlock / kWord;

/// What pass 1 keeps of a block.
struct BlockSum {
  float max = -kInfinity;      ///< largest allowed a; NaN does not count
  float sum = 0;               ///< weights of the allowed relative to block_scale(max); 0 if +-inf
  float all_max = -kInfinity;  ///< the same of all, where asked for
  float all_sum = 0;
  uint32_t suspicious = 0;  ///< not 0: there may be a NaN, allowed or not
};

enum class Sums : uint8_t { kNone, kAllowed, kBoth };

struct BlockKernels {
  int64_t target;  ///< Highway's number of the instruction set

  /// Pass 1 over `count` whole blocks; `mask` has kBlockWords words per block or is null.
  void (*sum_blocks)(const float* a, const uint32_t* mask, size_t count, float c, Sums sums,
                     BlockSum* out);
  /// The index in the block where the running sum of its weights passes `target`.
  size_t (*draw)(const float* a, const uint32_t* mask, float c, const BlockScale& scale,
                 double target);
  /// Sum of weight * (a * c - reference), for the entropy.
  double (*weighted_exponents)(const float* a, const uint32_t* mask, float c,
                               const BlockScale& scale);
  /// out = what of `mask` (null: all) is at least `low`, or above it if `above`; returns how many.
  size_t (*select)(const float* a, const uint32_t* mask, float low, bool above, uint32_t* out);
  /// The first allowed index whose a is `value`, or kBlock.
  size_t (*find)(const float* a, const uint32_t* mask, float value);
};

/// Those of the best instruction set that the machine has (and Highway's tests leave on).
const BlockKernels& block_kernels();
/// Its name: "AVX3", "AVX2", "SSE4", ...
const char* instruction_set();

}  // namespace tokrail::logit_math
