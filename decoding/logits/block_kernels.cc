#include "decoding/logits/block_kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

// Vectors of a length known at compile time only: sums have a fixed number of lanes.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decoding/logits/block_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "decoding/logits/vector_weights.inc"

HWY_BEFORE_NAMESPACE();
namespace tokrail::logit_math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

struct TwoSums {
  float allowed;
  float all;
};

// The sum over a block: of the allowed, or with kBoth of the allowed and of all, where the weigher
// is that of all with the floor of the allowed.
template <bool kWide, bool kMasked, bool kBoth>
HWY_INLINE TwoSums sum_block(const float* HWY_RESTRICT a, const uint32_t* HWY_RESTRICT mask,
                             const Weigher& weigher) {
  const Floats d;
  constexpr size_t kSteps = kBlock / kLanes;
  alignas(64) float lanes[kLanes];
  alignas(64) float all_lanes[kBoth ? kLanes : kVector];
  for (size_t first = 0; first < kLanes; first += kAccumulators * kVector) {
    Vector sums[kAccumulators];
    Vector all_sums[kAccumulators];
    Vector weights[kAccumulators];
    HWY_UNROLL(8)
    for (size_t i = 0; i < kAccumulators; ++i) sums[i] = all_sums[i] = hn::Zero(d);
    for (size_t step = 0; step < kSteps; ++step) {
      const size_t v0 = (step * kLanes + first) / kVector;
      weigher.weights<kWide, kMasked && !kBoth, kAccumulators>(a, mask, v0, weights);
      HWY_UNROLL(8)
      for (size_t i = 0; i < kAccumulators; ++i) {
        if constexpr (kBoth) {
          all_sums[i] = hn::Add(all_sums[i], weights[i]);
          sums[i] = add_where(sums[i], mask_at(mask, v0 + i), weights[i]);
        } else {
          sums[i] = hn::Add(sums[i], weights[i]);
        }
      }
    }
    HWY_UNROLL(8)
    for (size_t i = 0; i < kAccumulators; ++i) {
      hn::Store(sums[i], d, lanes + first + i * kVector);
      if constexpr (kBoth) hn::Store(all_sums[i], d, all_lanes + first + i * kVector);
    }
  }
  TwoSums result{fold_lanes(lanes), 0};
  if constexpr (kBoth) result.all = fold_lanes(all_lanes);
  return result;
}

struct TwoMaxima {
  float allowed;
  float all;
  bool suspicious;
};

template <bool kMasked, bool kBoth>
HWY_INLINE TwoMaxima max_block(const float* HWY_RESTRICT a, const uint32_t* HWY_RESTRICT mask) {
  const Floats d;
  constexpr size_t kParallel = 4;
  Vector most[kParallel], all_most[kParallel], witness[kParallel];
  for (size_t i = 0; i < kParallel; ++i) {
    most[i] = all_most[i] = hn::Set(d, -kInfinity);
    witness[i] = hn::Zero(d);
  }
  for (size_t v = 0; v < kBlock / kVector; v += kParallel) {
    HWY_UNROLL(4)
    for (size_t i = 0; i < kParallel; ++i) {
      const Vector x = hn::LoadU(d, a + (v + i) * kVector);
      if constexpr (kMasked) {
        most[i] = larger_where(most[i], mask_at(mask, v + i), x);
      } else {
        most[i] = larger(most[i], x);
      }
      if constexpr (kBoth) all_most[i] = larger(all_most[i], x);
      witness[i] = hn::Add(witness[i], x);  // NaN once there was a NaN
    }
  }
  const auto together = [&](Vector* of) HWY_ATTR {
    return hn::GetLane(hn::MaxOfLanes(d, hn::Max(hn::Max(of[0], of[1]), hn::Max(of[2], of[3]))));
  };
  const Vector doubt = hn::Add(hn::Add(witness[0], witness[1]), hn::Add(witness[2], witness[3]));
  TwoMaxima result{together(most), 0, !hn::AllTrue(d, hn::Eq(doubt, doubt))};
  result.all = kBoth ? together(all_most) : result.allowed;
  return result;
}

template <bool kMasked>
HWY_INLINE float sum_of(const float* a, const uint32_t* mask, float c, const BlockScale& scale) {
  const Weigher weigher(c, scale);
  return scale.shift == 0 ? sum_block<false, kMasked, false>(a, mask, weigher).allowed
                          : sum_block<true, kMasked, false>(a, mask, weigher).allowed;
}

bool is_finite(float x) {
  return x > -kInfinity && x < kInfinity;
}

void sum_unmasked(const float* a, float c, Sums sums, BlockSum& out) {
  const TwoMaxima maxima = max_block<false, false>(a, nullptr);
  out = {maxima.allowed, 0, maxima.allowed, 0, maxima.suspicious};
  if (sums == Sums::kNone || !is_finite(maxima.allowed)) return;
  out.sum = out.all_sum = sum_of<false>(a, nullptr, c, block_scale(maxima.allowed, c));
}

void sum_masked(const float* a, const uint32_t* mask, float c, Sums sums, BlockSum& out) {
  const TwoMaxima maxima = max_block<true, false>(a, mask);
  out = {maxima.allowed, 0, -kInfinity, 0, maxima.suspicious};
  if (sums == Sums::kNone || !is_finite(maxima.allowed)) return;
  out.sum = sum_of<true>(a, mask, c, block_scale(maxima.allowed, c));
}

void sum_both(const float* a, const uint32_t* mask, float c, BlockSum& out) {
  const TwoMaxima maxima = max_block<true, true>(a, mask);
  out = {maxima.allowed, 0, maxima.all, 0, maxima.suspicious};
  if (!is_finite(maxima.all)) {
    if (is_finite(maxima.allowed)) {
      out.sum = sum_of<true>(a, mask, c, block_scale(maxima.allowed, c));
    }
    return;
  }
  BlockScale all = block_scale(maxima.all, c);
  if (!is_finite(maxima.allowed)) {
    out.all_sum = sum_of<false>(a, nullptr, c, all);
    return;
  }
  const BlockScale allowed = block_scale(maxima.allowed, c);
  const double apart = all.reference - allowed.reference;
  if (all.shift != 0 || allowed.shift != 0 || apart > kSharedSpan) {
    out.sum = sum_of<true>(a, mask, c, allowed);
    out.all_sum = sum_of<false>(a, nullptr, c, all);
    return;
  }
  all.floor -= static_cast<float>(apart);
  const TwoSums found = sum_block<false, true, true>(a, mask, Weigher(c, all));
  out.all_sum = found.all;
  out.sum = std::ldexp(found.allowed, static_cast<int>(apart));
}

enum class Words : uint8_t { kNone, kSome, kAll };

Words look_at(const uint32_t* mask) {
  uint32_t any = 0;
  uint32_t all = 0xFFFFFFFFu;
  for (size_t w = 0; w < kBlockWords; ++w) {
    any |= mask[w];
    all &= mask[w];
  }
  return any == 0 ? Words::kNone : all == 0xFFFFFFFFu ? Words::kAll : Words::kSome;
}

void SumBlocks(const float* a, const uint32_t* mask, size_t count, float c, Sums sums,
               BlockSum* out) {
  const CleanExit clean_exit;
  for (size_t b = 0; b < count; ++b, a += kBlock) {
    const uint32_t* words = mask == nullptr ? nullptr : mask + b * kBlockWords;
    const Words kind = words == nullptr ? Words::kAll : look_at(words);
    if (kind == Words::kAll) {
      sum_unmasked(a, c, sums, out[b]);
    } else if (sums == Sums::kBoth) {
      sum_both(a, words, c, out[b]);
    } else if (kind == Words::kNone) {
      out[b] = {};
    } else {
      sum_masked(a, words, c, sums, out[b]);
    }
  }
}

// The weights of word `w`, in order.
HWY_INLINE void word_weights(const float* a, const uint32_t* mask, size_t w, const Weigher& weigher,
                             bool wide, float* HWY_RESTRICT out) {
  for (size_t i = 0; i < kVectorsPerWord; ++i) {
    const size_t v = w * kVectorsPerWord + i;
    const typename Weigher::Parts parts =
        wide ? weigher.parts<true>(hn::LoadU(Floats(), a + v * kVector))
             : weigher.parts<false>(hn::LoadU(Floats(), a + v * kVector));
    Mask where = weigher.counts(parts);
    if (mask != nullptr) where = hn::And(where, mask_at(mask, v));
    hn::Store(Weigher::combine(parts, where), Floats(), out + i * kVector);
  }
}

size_t Draw(const float* a, const uint32_t* mask, float c, const BlockScale& scale, double target) {
  const CleanExit clean_exit;
  const Floats d;
  const Weigher weigher(c, scale);
  const bool wide = scale.shift != 0;
  alignas(64) float weights[kWord];
  float sums[kBlockWords];
  for (size_t w = 0; w < kBlockWords; ++w) {
    sums[w] = 0;
    if (mask != nullptr && mask[w] == 0) continue;
    word_weights(a, mask, w, weigher, wide, weights);
    for (size_t half = kWord / 2; half >= kVector; half /= 2) {
      for (size_t i = 0; i < half; i += kVector) {
        hn::Store(hn::Add(hn::Load(d, weights + i), hn::Load(d, weights + i + half)), d,
                  weights + i);
      }
    }
    sums[w] = fold_vector(d, hn::Load(d, weights));
  }
  const size_t word = pick(kBlockWords, target, [&](size_t w) { return sums[w]; });
  if (word == kBlockWords) return kBlock;
  word_weights(a, mask, word, weigher, wide, weights);
  const size_t at = pick(kWord, target, [&](size_t i) { return weights[i]; });
  return word * kWord + at;
}

double WeightedExponents(const float* a, const uint32_t* mask, float c, const BlockScale& scale) {
  const CleanExit clean_exit;
  const Weigher weigher(c, scale);
  alignas(64) float weights[kWord];
  double sum = 0;
  for (size_t w = 0; w < kBlockWords; ++w) {
    if (mask != nullptr && mask[w] == 0) continue;
    word_weights(a, mask, w, weigher, scale.shift != 0, weights);
    for (size_t i = 0; i < kWord; ++i) {
      if (weights[i] == 0) continue;
      const double exponent = static_cast<double>(a[w * kWord + i]) * c - scale.reference;
      sum += exponent * static_cast<double>(weights[i]);
    }
  }
  return sum;
}

// The words of a block's tokens for which `test` holds and that are allowed.
template <class Test>
HWY_INLINE size_t select_words(const float* a, const uint32_t* mask, uint32_t* out, Test test) {
  size_t count = 0;
  for (size_t w = 0; w < kBlockWords; ++w) {
    uint32_t word = 0;
    for (size_t i = 0; i < kVectorsPerWord; ++i) {
      const size_t v = w * kVectorsPerWord + i;
      word |= bits_of_mask(test(hn::LoadU(Floats(), a + v * kVector))) << (i * kVector);
    }
    if (mask != nullptr) word &= mask[w];
    out[w] = word;
    count += static_cast<size_t>(std::popcount(word));
  }
  return count;
}

size_t Select(const float* a, const uint32_t* mask, float low, bool above, uint32_t* out) {
  const CleanExit clean_exit;
  const Vector bound = hn::Set(Floats(), low);
  if (above) {
    return select_words(a, mask, out, [&](Vector x) HWY_ATTR { return hn::Gt(x, bound); });
  }
  return select_words(a, mask, out, [&](Vector x) HWY_ATTR { return hn::Ge(x, bound); });
}

size_t Find(const float* a, const uint32_t* mask, float value) {
  const CleanExit clean_exit;
  const Vector wanted = hn::Set(Floats(), value);
  for (size_t v = 0; v < kBlock / kVector; ++v) {
    Mask here = hn::Eq(hn::LoadU(Floats(), a + v * kVector), wanted);
    if (mask != nullptr) here = hn::And(here, mask_at(mask, v));
    const intptr_t at = hn::FindFirstTrue(Floats(), here);
    if (at >= 0) return v * kVector + static_cast<size_t>(at);
  }
  return kBlock;
}

const BlockKernels* ChooseBlockKernels() {
  static constexpr BlockKernels kKernels = {HWY_TARGET,        SumBlocks, Draw,
                                            WeightedExponents, Select,    Find};
  return &kKernels;
}

}  // namespace HWY_NAMESPACE
}  // namespace tokrail::logit_math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail::logit_math {

HWY_EXPORT(ChooseBlockKernels);

const BlockKernels& block_kernels() {
  return *HWY_DYNAMIC_DISPATCH(ChooseBlockKernels)();
}

const char* instruction_set() {
  return hwy::TargetName(block_kernels().target);
}

}  // namespace tokrail::logit_math
#endif  // HWY_ONCE
