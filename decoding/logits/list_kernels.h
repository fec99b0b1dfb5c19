// Loops between blocks and lists of tokens, compiled once per instruction set and chosen at run
// time. Blocks are those of block_kernels.h. Not a public header.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoding/logits/logit_math.h"

namespace tokrail::logit_math {

struct ListKernels {
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
};

/// Those of the best instruction set that the machine has (and Highway's tests leave on).
const ListKernels& list_kernels();

}  // namespace tokrail::logit_math
