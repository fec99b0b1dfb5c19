#include "decoding/logits/apply_bitmask.h"

#include <cstring>

#include "decoding/logits/row_input.h"
#include "decoding/logits/rows.h"

#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decoding/logits/apply_bitmask.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "decoding/logits/vector_weights.inc"

HWY_BEFORE_NAMESPACE();
namespace tokrail::logit_math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void ApplyMaskF32(float* row, const uint32_t* mask, size_t vocab) {
  const CleanExit clean_exit;
  const Floats d;
  const Vector blocked = hn::Set(d, -kInfinity);
  const size_t words = vocab / kWord;
  for (size_t w = 0; w < words; ++w) {
    const uint32_t bits = mask[w];
    float* HWY_RESTRICT at = row + w * kWord;
    if (bits == 0xFFFFFFFFu) continue;
    if (bits == 0) {
      for (size_t i = 0; i < kWord; i += kVector) hn::StoreU(blocked, d, at + i);
      continue;
    }
    for (size_t i = 0; i < kVectorsPerWord; ++i) {
#if HWY_TARGET <= HWY_AVX3  // nothing need be read
      hn::BlendedStore(blocked, mask_of_bits(~bits >> (i * kVector)), d, at + i * kVector);
#else
      const Mask here = mask_of_bits(bits >> (i * kVector));
      const Vector x = hn::LoadU(d, at + i * kVector);
      hn::StoreU(hn::IfThenElse(here, x, blocked), d, at + i * kVector);
#endif
    }
  }
  for (size_t id = words * kWord; id < vocab; ++id) {
    if ((mask[id / kWord] >> (id % kWord) & 1) == 0) row[id] = -kInfinity;
  }
}

void ApplyMaskU16(uint16_t* row, const uint32_t* mask, size_t vocab, uint16_t blocked_bits) {
  const CleanExit clean_exit;
  const hn::CappedTag<uint16_t, 32> d;
  constexpr size_t kLanes16 = hn::MaxLanes(d);
  const auto blocked = hn::Set(d, blocked_bits);
  const size_t words = vocab / kWord;
  for (size_t w = 0; w < words; ++w) {
    const uint32_t bits = mask[w];
    uint16_t* HWY_RESTRICT at = row + w * kWord;
    if (bits == 0xFFFFFFFFu) continue;
    for (size_t i = 0; i < kWord; i += kLanes16) {
      uint8_t bytes[8] = {};
      const uint32_t part = bits >> i;
      std::memcpy(bytes, &part, sizeof part);
      const auto here = hn::LoadMaskBits(d, bytes);
      hn::StoreU(hn::IfThenElse(here, hn::LoadU(d, at + i), blocked), d, at + i);
    }
  }
  for (size_t id = words * kWord; id < vocab; ++id) {
    if ((mask[id / kWord] >> (id % kWord) & 1) == 0) row[id] = blocked_bits;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tokrail::logit_math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail {
namespace logit_math {

HWY_EXPORT(ApplyMaskF32);
HWY_EXPORT(ApplyMaskU16);

void apply_row(void* row, LogitsType type, const uint32_t* mask, size_t vocab) {
  if (type == LogitsType::kF32) {
    HWY_DYNAMIC_DISPATCH(ApplyMaskF32)(static_cast<float*>(row), mask, vocab);
    return;
  }
  const uint16_t blocked = type == LogitsType::kBf16 ? 0xFF80 : 0xFC00;  // -inf
  HWY_DYNAMIC_DISPATCH(ApplyMaskU16)(static_cast<uint16_t*>(row), mask, vocab, blocked);
}

}  // namespace logit_math

void apply_bitmask(const MutableLogitsView& logits, const MaskView& masks, int threads) {
  const LogitsView view{logits.data, logits.type,  logits.device,
                        logits.rows, logits.vocab, logits.row_stride};
  logit_math::check_logits(view);
  logit_math::check_masks(masks, view);
  if (masks.words == nullptr) return;
  logit_math::for_rows(logits.rows, logits.vocab, threads, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const int64_t index =
          masks.row_index == nullptr ? static_cast<int64_t>(row) : masks.row_index[row];
      if (index < 0) continue;
      const uint32_t* mask = masks.words + static_cast<size_t>(index) * masks.row_words;
      char* const at =
          static_cast<char*>(logits.data) + row * logits.row_stride * bytes_per_logit(logits.type);
      logit_math::apply_row(at, logits.type, mask, logits.vocab);
    }
  });
}

}  // namespace tokrail
#endif  // HWY_ONCE
