#include "decoding/logits/apply_bitmask.h"

#include "decoding/logits/block_kernels.h"
#include "decoding/logits/row_input.h"
#include "decoding/logits/rows.h"

namespace tokrail {

void apply_bitmask(const MutableLogitsView& logits, const MaskView& masks, int threads) {
  const LogitsView view{logits.data, logits.type,  logits.device,
                        logits.rows, logits.vocab, logits.row_stride};
  logit_math::check_logits(view);
  logit_math::check_masks(masks, view);
  if (masks.words == nullptr) return;
  const logit_math::BlockKernels& kernels = logit_math::block_kernels();
  const uint16_t blocked = logits.type == LogitsType::kBf16 ? 0xFF80 : 0xFC00;  // -inf
  logit_math::for_rows(logits.rows, logits.vocab, threads, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const int64_t index =
          masks.row_index == nullptr ? static_cast<int64_t>(row) : masks.row_index[row];
      if (index < 0) continue;
      const uint32_t* mask = masks.words + static_cast<size_t>(index) * masks.row_words;
      if (logits.type == LogitsType::kF32) {
        kernels.apply_mask_f32(static_cast<float*>(logits.data) + row * logits.row_stride, mask,
                               logits.vocab);
      } else {
        kernels.apply_mask_u16(static_cast<uint16_t*>(logits.data) + row * logits.row_stride, mask,
                               logits.vocab, blocked);
      }
    }
  });
}

}  // namespace tokrail
