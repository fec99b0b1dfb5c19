#include "decoding/logits/list_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

// Vectors of a length known at compile time only: sums have a fixed number of lanes.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decoding/logits/list_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "decoding/logits/vector_weights.inc"

HWY_BEFORE_NAMESPACE();
namespace tokrail::logit_math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

size_t Collect(const float* a, const uint32_t* mask, float low, float high, uint32_t first_id,
               float* values, uint32_t* ids) {
  const CleanExit clean_exit;
  const Floats d;
  const hn::RebindToUnsigned<Floats> unsigneds;
  const Vector lowest = hn::Set(d, low);
  const Vector highest = hn::Set(d, high);
  size_t count = 0;
  for (size_t v = 0; v < kBlock / kVector; ++v) {
    const Vector x = hn::LoadU(d, a + v * kVector);
    Mask here = hn::And(hn::Ge(x, lowest), hn::Le(x, highest));
    if (mask != nullptr) here = hn::And(here, mask_at(mask, v));
    if (hn::AllFalse(d, here)) continue;
    const auto numbers = hn::Iota(unsigneds, first_id + static_cast<uint32_t>(v * kVector));
    // Compressed in registers: compressing stores are slow on some machines.
    hn::StoreU(hn::Compress(x, here), d, values + count);
    hn::StoreU(hn::Compress(numbers, hn::RebindMask(unsigneds, here)), unsigneds, ids + count);
    count += hn::CountTrue(d, here);
  }
  return count;
}

// Doubles that add up floats.
class MassSum {
 public:
#if HWY_TARGET == HWY_SCALAR
  HWY_INLINE void add(Vector x) {
    sum_ += static_cast<double>(x.raw);
  }
  HWY_INLINE double total() const {
    return sum_;
  }

 private:
  double sum_ = 0;
#else
  HWY_INLINE MassSum() : low_(hn::Zero(Doubles())), high_(hn::Zero(Doubles())) {}
  HWY_INLINE void add(Vector x) {
    const hn::Half<Floats> half;
    low_ = hn::Add(low_, hn::PromoteTo(doubles_, hn::LowerHalf(half, x)));
    high_ = hn::Add(high_, hn::PromoteTo(doubles_, hn::UpperHalf(half, x)));
  }
  HWY_INLINE double total() const {
    return hn::GetLane(hn::SumOfLanes(doubles_, hn::Add(low_, high_)));
  }

 private:
  using Doubles = hn::Repartition<double, Floats>;
  Doubles doubles_;
  hn::Vec<Doubles> low_;
  hn::Vec<Doubles> high_;
#endif
};

size_t CollectAndSum(const float* a, const uint32_t* mask, float low, float high, float c,
                     const BlockScale& scale, uint32_t first_id, float* values, uint32_t* ids,
                     double* above) {
  const CleanExit clean_exit;
  const Floats d;
  const hn::RebindToUnsigned<Floats> unsigneds;
  constexpr size_t kParallel = 4;
  const Weigher weigher(c, scale);
  const Vector lowest = hn::Set(d, low);
  const Vector highest = hn::Set(d, high);
  MassSum sum;
  size_t count = 0;
  for (size_t v0 = 0; v0 < kBlock / kVector; v0 += kParallel) {
    Vector weights[kParallel];
    if (scale.shift != 0) {
      weigher.weights<true, false, kParallel>(a, nullptr, v0, weights);
    } else {
      weigher.weights<false, false, kParallel>(a, nullptr, v0, weights);
    }
    for (size_t i = 0; i < kParallel; ++i) {
      const Vector x = hn::LoadU(d, a + (v0 + i) * kVector);
      Mask here = hn::Ge(x, lowest);
      if (mask != nullptr) here = hn::And(here, mask_at(mask, v0 + i));
      const Mask over = hn::And(here, hn::Gt(x, highest));
      sum.add(hn::IfThenElseZero(over, weights[i]));
      here = hn::And(here, hn::Le(x, highest));
      if (hn::AllFalse(d, here)) continue;
      const auto numbers =
          hn::Iota(unsigneds, first_id + static_cast<uint32_t>((v0 + i) * kVector));
      hn::StoreU(hn::Compress(x, here), d, values + count);
      hn::StoreU(hn::Compress(numbers, hn::RebindMask(unsigneds, here)), unsigneds, ids + count);
      count += hn::CountTrue(d, here);
    }
  }
  *above += sum.total();
  return count;
}

void Weigh(const float* a, const float* rounding, float c, size_t count, float* out) {
  const CleanExit clean_exit;
  const Floats d;
  Weigher weigher(c, BlockScale{});
  for (size_t i = 0; i < count; i += kVector) {
    weigher.rounding = hn::LoadU(d, rounding + i);
    Vector weight;
    weigher.weights<false, false, 1>(a + i, nullptr, 0, &weight);
    hn::StoreU(weight, d, out + i);
  }
}

void Histogram(const float* a, size_t count, float most, float bins_per_unit, uint32_t last_bin,
               float c, const BlockScale& scale, double* masses) {
  const CleanExit clean_exit;
  const Floats d;
  const Integers integers;
  const Weigher weigher(c, scale);
  const Vector top = hn::Set(d, most);
  const Vector per_unit = hn::Set(d, bins_per_unit);
  const Vector last = hn::Set(d, static_cast<float>(last_bin));
  alignas(64) float weights[kVector];
  alignas(64) int32_t bins[kVector];
  for (size_t i = 0; i < count; i += kVector) {
    const Vector x = hn::LoadU(d, a + i);
    Vector weight;
    if (scale.shift != 0) {
      weigher.weights<true, false, 1>(a + i, nullptr, 0, &weight);
    } else {
      weigher.weights<false, false, 1>(a + i, nullptr, 0, &weight);
    }
    const Vector place = hn::Min(hn::Mul(hn::Sub(top, x), per_unit), last);
    hn::Store(weight, d, weights);
    hn::Store(hn::ConvertTo(integers, place), integers, bins);
    const size_t here = HWY_MIN(kVector, count - i);
    for (size_t lane = 0; lane < here; ++lane) {
      masses[bins[lane]] += static_cast<double>(weights[lane]);
    }
  }
}

// Which of 64 words (fewer at the end of the mask) are not 0, as bits.
HWY_INLINE uint64_t nonzero_words(const uint32_t* mask, size_t count) {
  const hn::RebindToUnsigned<Floats> unsigneds;
  uint64_t bits = 0;
  size_t w = 0;
  for (; w + kVector <= count; w += kVector) {
    const auto zero = hn::Eq(hn::LoadU(unsigneds, mask + w), hn::Zero(unsigneds));
    const uint64_t here = ~bits_of_mask(hn::RebindMask(Floats(), zero)) & kVectorBits;
    bits |= here << w;
  }
  for (; w < count; ++w) bits |= uint64_t{mask[w] != 0} << w;
  return bits;
}

size_t ListBits(const uint32_t* mask, size_t bits, size_t room, uint32_t* ids) {
  const CleanExit clean_exit;
  constexpr size_t kAtOnce = 64;
  const size_t words = (bits + kWord - 1) / kWord;
  size_t count = 0;
  for (size_t first = 0; first < words; first += kAtOnce) {
    uint64_t left = nonzero_words(mask + first, HWY_MIN(kAtOnce, words - first));
    for (; left != 0; left &= left - 1) {
      const size_t w = first + static_cast<size_t>(std::countr_zero(left));
      if (count + kWord > room) return room;
      for (uint32_t word = mask[w]; word != 0; word &= word - 1) {
        const size_t id = w * kWord + static_cast<size_t>(std::countr_zero(word));
        if (id < bits) ids[count++] = static_cast<uint32_t>(id);
      }
    }
  }
  return count;
}

void Widen(const uint16_t* numbers, LogitsType type, size_t count, float* out) {
  const CleanExit clean_exit;
  const Floats d;
  const hn::Rebind<uint16_t, Floats> shorts;
  size_t i = 0;
  if (type == LogitsType::kBf16) {
    const hn::RebindToUnsigned<Floats> unsigneds;
    for (; i + kVector <= count; i += kVector) {
      const auto bits = hn::PromoteTo(unsigneds, hn::LoadU(shorts, numbers + i));
      hn::StoreU(hn::BitCast(d, hn::ShiftLeft<16>(bits)), d, out + i);
    }
    for (; i < count; ++i) out[i] = from_bf16(numbers[i]);
    return;
  }
#if HWY_TARGET <= HWY_AVX2 && HWY_ARCH_X86
  const hn::Rebind<hwy::float16_t, Floats> halves;
  for (; i + kVector <= count; i += kVector) {
    const auto bits = hn::BitCast(halves, hn::LoadU(shorts, numbers + i));
    hn::StoreU(hn::PromoteTo(d, bits), d, out + i);
  }
#endif
  for (; i < count; ++i) out[i] = from_f16(numbers[i]);
}

const ListKernels* ChooseListKernels() {
  static constexpr ListKernels kKernels = {Collect,   CollectAndSum, Weigh,
                                           Histogram, ListBits,      Widen};
  return &kKernels;
}

}  // namespace HWY_NAMESPACE
}  // namespace tokrail::logit_math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail::logit_math {

HWY_EXPORT(ChooseListKernels);

const ListKernels& list_kernels() {
  return *HWY_DYNAMIC_DISPATCH(ChooseListKernels)();
}

}  // namespace tokrail::logit_math
#endif  // HWY_ONCE
