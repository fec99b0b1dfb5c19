// apply_bitmask: writes -inf where a mask says 0, for engines that sample themselves.
//
//   apply_bitmask(logits, masks);
//
// Complexity: O(vocab) per row, at the speed of memory; words that are all ones are not touched,
// words that are all zeros are written without reading. f32, bf16 and f16. Thread safety: rows run
// in parallel; rows must not overlap. Errors: Error(kInvalidArgument) for impossible shapes.
#pragma once

#include "decoding/logits/logits_view.h"

namespace tokrail {

void apply_bitmask(const MutableLogitsView& logits, const MaskView& masks, int threads = 0);

}  // namespace tokrail
