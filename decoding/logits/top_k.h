// top_k: the k largest logits of each row and their ids, largest first, lower id first among
// equals.
//
//   top_k(logits, masks, 40, ids, values);        // ids and values: rows x 40
//
// Masked tokens, NaN and -inf are never among them; rows with fewer are filled up with kNoToken and
// -inf. Complexity: O(vocab + k log k) per row, by selection and never by a full sort. Thread
// safety: rows run in parallel. Errors: Error(kInvalidArgument) for impossible shapes.
#pragma once

#include <cstdint>
#include <span>

#include "decoding/logits/logits_view.h"
#include "decoding/logits/row_result.h"

namespace tokrail {

void top_k(const LogitsView& logits, const MaskView& masks, uint32_t k, std::span<TokenId> ids,
           std::span<float> values, int threads = 0);

}  // namespace tokrail
