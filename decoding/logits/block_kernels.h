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
  /// Sum in double of the weights.
  double (*mass)(const float* a, const uint32_t* mask, float c, const BlockScale& scale);
  /// out = what of `mask` (null: all) is at least `low`, or above it if `above`; returns how many.
  size_t (*select)(const float* a, const uint32_t* mask, float low, bool above, uint32_t* out);
  /// The first allowed index whose a is `value`, or kBlock.
  size_t (*find)(const float* a, const uint32_t* mask, float value);
  /// Writes allowed a, low <= a <= high, and their ids (numbered from first_id); there must be room
  /// for kBlock + 16. Returns how many.
  size_t (*collect)(const float* a, const uint32_t* mask, float low, float high, uint32_t first_id,
                    float* values, uint32_t* ids);
  /// The same, and adds the masses (weights under `scale`, in double) of allowed a > high to
  /// *above.
  size_t (*collect_and_sum)(const float* a, const uint32_t* mask, float low, float high, float c,
                            const BlockScale& scale, uint32_t first_id, float* values,
                            uint32_t* ids, double* above);
  /// out[i] = the weight of a[i] in a narrow block whose scale has rounding[i]; in steps of 16, so
  /// all three need room for that.
  void (*weigh)(const float* a, const float* rounding, float c, size_t count, float* out);
  /// Adds masses (weights under `scale`) of `count` numbers a <= most to bins: bin min(last_bin,
  /// floor((most - a) * bins_per_unit)). Reads up to 15 numbers more.
  void (*histogram)(const float* a, size_t count, float most, float bins_per_unit,
                    uint32_t last_bin, float c, const BlockScale& scale, double* masses);
  /// Writes the numbers of the bits set among the first `bits`, rising, while there is room for a
  /// whole word more; returns how many, or `room` if there was not.
  size_t (*list_bits)(const uint32_t* mask, size_t bits, size_t room, uint32_t* ids);
  /// `count` (at most kBlock) numbers of 16 bits as floats.
  void (*widen)(const uint16_t* numbers, LogitsType type, size_t count, float* out);
  /// Writes -inf where the mask says 0; tokens of one row.
  void (*apply_mask_f32)(float* row, const uint32_t* mask, size_t vocab);
  void (*apply_mask_u16)(uint16_t* row, const uint32_t* mask, size_t vocab, uint16_t blocked);
};

/// Those of the best instruction set that the machine has (and Highway's tests leave on).
const BlockKernels& block_kernels();
/// Its name: "AVX3", "AVX2", "SSE4", ...
const char* instruction_set();

}  // namespace tokrail::logit_math
