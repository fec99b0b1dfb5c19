#include "decoding/logits/block_kernels.h"

#include <algorithm>
#include <bit>
#include <cstring>

// Vectors of a length known at compile time only: sums have a fixed number of lanes.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decoding/logits/block_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tokrail::logit_math {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;
using Integers = hn::RebindToSigned<Floats>;
using Vector = hn::Vec<Floats>;
using Mask = hn::Mask<Floats>;

constexpr size_t kVector = hn::MaxLanes(Floats());
constexpr size_t kVectorsPerWord = kWord / kVector;
// Lanes that are summed side by side; the accumulators of two sums must stay in registers.
constexpr size_t kAccumulators = kVector == 16 ? 4 : 2;

HWY_INLINE Mask mask_of_bits(uint32_t bits) {
  uint8_t bytes[8] = {};
  std::memcpy(bytes, &bits, sizeof bits);
  return hn::LoadMaskBits(Floats(), bytes);
}

// The bits of vector `v` of a block.
HWY_INLINE Mask mask_at(const uint32_t* mask, size_t v) {
#if HWY_TARGET <= HWY_AVX3
  uint16_t bits;
  std::memcpy(&bits, reinterpret_cast<const char*>(mask) + v * sizeof bits, sizeof bits);
  return Mask{static_cast<__mmask16>(bits)};
#else
  return mask_of_bits(mask[v / kVectorsPerWord] >> (v % kVectorsPerWord * kVector));
#endif
}

HWY_INLINE uint32_t bits_of_mask(Mask mask) {
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(Floats(), mask, bytes);
  uint32_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits & static_cast<uint32_t>((uint64_t{1} << kVector) - 1);
}

// The larger one; a NaN in x is passed over.
HWY_INLINE Vector larger(Vector most, Vector x) {
#if HWY_ARCH_X86
  return hn::Max(x, most);  // of two, of which one is NaN, x86 takes the second
#else
  return hn::IfThenElse(hn::Gt(x, most), x, most);
#endif
}

HWY_INLINE Vector larger_where(Vector most, Mask allowed, Vector x) {
#if HWY_TARGET <= HWY_AVX3
  return Vector{_mm512_mask_max_ps(most.raw, allowed.raw, x.raw, most.raw)};
#else
  return larger(most, hn::IfThenElse(allowed, x, hn::Set(Floats(), -kInfinity)));
#endif
}

HWY_INLINE Vector add_where(Vector sum, Mask allowed, Vector x) {
#if HWY_TARGET <= HWY_AVX3
  return Vector{_mm512_mask_add_ps(sum.raw, allowed.raw, sum.raw, x.raw)};
#else
  return hn::Add(sum, hn::IfThenElseZero(allowed, x));
#endif
}

// fold() of the lanes of one vector.
template <class D, class V>
HWY_INLINE float fold_vector(D d, V v) {
#if HWY_TARGET == HWY_SCALAR
  (void)d;
  return hn::GetLane(v);
#else
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    return fold_vector(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    (void)d;
    const V pairs = hn::Add(v, hn::Shuffle1032(v));
    return hn::GetLane(hn::Add(pairs, hn::Shuffle2301(pairs)));
  }
#endif
}

// fma(x, c, -n): one rounding also where there is no such instruction.
HWY_INLINE Vector fraction(Vector x, Vector c, Vector n) {
#if HWY_NATIVE_FMA
  return hn::MulSub(x, c, n);
#elif HWY_TARGET == HWY_SCALAR
  return Vector(static_cast<float>(static_cast<double>(x.raw) * c.raw - n.raw));
#else
  const Floats d;
  const hn::Half<Floats> half;
  const hn::Rebind<double, hn::Half<Floats> > doubles;
  const auto part = [&](auto xs, auto cs, auto ns) HWY_ATTR {
    const auto product = hn::Mul(hn::PromoteTo(doubles, xs), hn::PromoteTo(doubles, cs));
    return hn::DemoteTo(half, hn::Sub(product, hn::PromoteTo(doubles, ns)));
  };
  const auto upper = part(hn::UpperHalf(half, x), hn::UpperHalf(half, c), hn::UpperHalf(half, n));
  return hn::Combine(d, upper,
                     part(hn::LowerHalf(half, x), hn::LowerHalf(half, c), hn::LowerHalf(half, n)));
#endif
}

// The constants of weight() for one block.
struct Weigher {
  HWY_INLINE Weigher(float scale_c, const BlockScale& scale)
      : c(hn::Set(Floats(), scale_c)),
        shift(hn::Set(Floats(), scale.shift)),
        rounding(hn::Set(Floats(), scale.rounding)),
        floor(hn::Set(Floats(), scale.floor)) {}

  // 2^fraction times 2^(rounded exponent), as it is before what is below the floor is cleared.
  struct Parts {
    Vector fraction_power;
    Vector rounded;
  };

  template <bool kWide>
  HWY_INLINE Parts parts(Vector a) const {
    const Floats d;
    if constexpr (kWide) a = hn::Sub(a, shift);
    const Vector rounded = hn::MulAdd(a, c, rounding);
    const Vector f = fraction(a, c, hn::Sub(rounded, rounding));
    Vector p = hn::MulAdd(hn::Set(d, kExp2C5), f, hn::Set(d, kExp2C4));
    p = hn::MulAdd(p, f, hn::Set(d, kExp2C3));
    p = hn::MulAdd(p, f, hn::Set(d, kExp2C2));
    p = hn::MulAdd(p, f, hn::Set(d, kExp2C1));
    p = hn::MulAdd(p, f, hn::Set(d, 1.0f));
    return {p, rounded};
  }

  HWY_INLINE Mask counts(const Parts& parts) const { return hn::Ge(parts.rounded, floor); }

  static HWY_INLINE Vector combine(const Parts& parts, Mask where) {
    const Integers integers;
    const auto p = hn::BitCast(integers, parts.fraction_power);
    const auto power = hn::ShiftLeft<23>(hn::BitCast(integers, parts.rounded));
#if HWY_TARGET <= HWY_AVX3
    const Vector weight{_mm512_castsi512_ps(_mm512_maskz_add_epi32(where.raw, p.raw, power.raw))};
    return weight;
#else
    return hn::IfThenElseZero(where, hn::BitCast(Floats(), hn::Add(p, power)));
#endif
  }

  // The weights of kCount vectors side by side, step by step, so that none waits for itself.
  template <bool kWide, bool kMasked, size_t kCount>
  HWY_INLINE void weights(const float* HWY_RESTRICT a, const uint32_t* HWY_RESTRICT mask, size_t v,
                          Vector* HWY_RESTRICT out) const {
    const Floats d;
    Vector rounded[kCount];
    Vector f[kCount];
    Vector p[kCount];
    const Vector c5 = hn::Set(d, kExp2C5);
    const auto each = [&](auto step) HWY_ATTR {
      HWY_UNROLL(8)
      for (size_t i = 0; i < kCount; ++i) step(i);
    };
    const auto input = [&](size_t i) HWY_ATTR {
      const Vector x = hn::LoadU(d, a + (v + i) * kVector);
      if constexpr (kWide) {
        return hn::Sub(x, shift);
      } else {
        return x;
      }
    };
    each([&](size_t i) HWY_ATTR { rounded[i] = hn::MulAdd(input(i), c, rounding); });
    each([&](size_t i) HWY_ATTR { f[i] = hn::Sub(rounded[i], rounding); });
    each([&](size_t i) HWY_ATTR { f[i] = fraction(input(i), c, f[i]); });
    each([&](size_t i) HWY_ATTR { p[i] = hn::MulAdd(c5, f[i], hn::Set(d, kExp2C4)); });
    each([&](size_t i) HWY_ATTR { p[i] = hn::MulAdd(p[i], f[i], hn::Set(d, kExp2C3)); });
    each([&](size_t i) HWY_ATTR { p[i] = hn::MulAdd(p[i], f[i], hn::Set(d, kExp2C2)); });
    each([&](size_t i) HWY_ATTR { p[i] = hn::MulAdd(p[i], f[i], hn::Set(d, kExp2C1)); });
    each([&](size_t i) HWY_ATTR { p[i] = hn::MulAdd(p[i], f[i], hn::Set(d, 1.0f)); });
    each([&](size_t i) HWY_ATTR {
      Mask where = hn::Ge(rounded[i], floor);
      if constexpr (kMasked) where = hn::And(where, mask_at(mask, v + i));
      out[i] = combine({p[i], rounded[i]}, where);
    });
  }

  Vector c;
  Vector shift;
  Vector rounding;
  Vector floor;
};

// fold() of kLanes sums that lie in order.
HWY_INLINE float fold_lanes(float* HWY_RESTRICT lanes) {
  const Floats d;
  HWY_UNROLL(8)
  for (size_t half = kLanes / 2; half >= kVector; half /= 2) {
    HWY_UNROLL(8)
    for (size_t i = 0; i < half; i += kVector) {
      hn::Store(hn::Add(hn::Load(d, lanes + i), hn::Load(d, lanes + i + half)), d, lanes + i);
    }
  }
  return fold_vector(d, hn::Load(d, lanes));
}

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

template <bool kWide, bool kMasked>
HWY_INLINE double mass_of(const float* a, const uint32_t* mask, const Weigher& weigher) {
#if HWY_TARGET == HWY_SCALAR
  double sum = 0;
  for (size_t v = 0; v < kBlock; ++v) {
    Vector weight;
    weigher.weights<kWide, kMasked, 1>(a, mask, v, &weight);
    sum += weight.raw;
  }
  return sum;
#else
  const hn::Repartition<double, Floats> doubles;
  const hn::Half<Floats> half;
  auto low = hn::Zero(doubles);
  auto high = hn::Zero(doubles);
  for (size_t v = 0; v < kBlock / kVector; ++v) {
    Vector weights;
    weigher.weights<kWide, kMasked, 1>(a, mask, v, &weights);
    low = hn::Add(low, hn::PromoteTo(doubles, hn::LowerHalf(half, weights)));
    high = hn::Add(high, hn::PromoteTo(doubles, hn::UpperHalf(half, weights)));
  }
  return hn::GetLane(hn::SumOfLanes(doubles, hn::Add(low, high)));
#endif
}

double Mass(const float* a, const uint32_t* mask, float c, const BlockScale& scale) {
  const Weigher weigher(c, scale);
  if (scale.shift != 0) {
    return mask == nullptr ? mass_of<true, false>(a, mask, weigher)
                           : mass_of<true, true>(a, mask, weigher);
  }
  return mask == nullptr ? mass_of<false, false>(a, mask, weigher)
                         : mass_of<false, true>(a, mask, weigher);
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
  const Vector bound = hn::Set(Floats(), low);
  if (above) {
    return select_words(a, mask, out, [&](Vector x) HWY_ATTR { return hn::Gt(x, bound); });
  }
  return select_words(a, mask, out, [&](Vector x) HWY_ATTR { return hn::Ge(x, bound); });
}

size_t Find(const float* a, const uint32_t* mask, float value) {
  const Vector wanted = hn::Set(Floats(), value);
  for (size_t v = 0; v < kBlock / kVector; ++v) {
    Mask here = hn::Eq(hn::LoadU(Floats(), a + v * kVector), wanted);
    if (mask != nullptr) here = hn::And(here, mask_at(mask, v));
    const intptr_t at = hn::FindFirstTrue(Floats(), here);
    if (at >= 0) return v * kVector + static_cast<size_t>(at);
  }
  return kBlock;
}

size_t Collect(const float* a, const uint32_t* mask, float low, float high, uint32_t first_id,
               float* values, uint32_t* ids) {
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

size_t ListBits(const uint32_t* mask, size_t bits, size_t room, uint32_t* ids) {
  const hn::RebindToUnsigned<Floats> unsigneds;
  const size_t words = (bits + kWord - 1) / kWord;
  size_t count = 0;
  for (size_t w = 0; w < words;) {
    if (w + kVector <= words) {
      const auto here = hn::LoadU(unsigneds, mask + w);
      if (hn::AllTrue(unsigneds, hn::Eq(here, hn::Zero(unsigneds)))) {
        w += kVector;
        continue;
      }
    }
    const size_t end = HWY_MIN(words, w + kVector);
    for (; w < end; ++w) {
      if (mask[w] == 0) continue;
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

void ApplyMaskF32(float* row, const uint32_t* mask, size_t vocab) {
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
      const Mask here = mask_of_bits(bits >> (i * kVector));
      const Vector x = hn::LoadU(d, at + i * kVector);
      hn::StoreU(hn::IfThenElse(here, x, blocked), d, at + i * kVector);
    }
  }
  for (size_t id = words * kWord; id < vocab; ++id) {
    if ((mask[id / kWord] >> (id % kWord) & 1) == 0) row[id] = -kInfinity;
  }
}

void ApplyMaskU16(uint16_t* row, const uint32_t* mask, size_t vocab, uint16_t blocked_bits) {
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

const BlockKernels* Kernels() {
  static constexpr BlockKernels kKernels = {
      HWY_TARGET, SumBlocks, Draw,    WeightedExponents, Mass,
      Select,     Find,      Collect, CollectAndSum,     Weigh,
      Histogram,  ListBits,  Widen,   ApplyMaskF32,      ApplyMaskU16};
  return &kKernels;
}

}  // namespace HWY_NAMESPACE
}  // namespace tokrail::logit_math
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail::logit_math {

HWY_EXPORT(Kernels);

const BlockKernels& block_kernels() {
  return *HWY_DYNAMIC_DISPATCH(Kernels)();
}

const char* instruction_set() {
  return hwy::TargetName(block_kernels().target);
}

}  // namespace tokrail::logit_math
#endif  // HWY_ONCE
