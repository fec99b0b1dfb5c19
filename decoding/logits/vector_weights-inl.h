// Weights of whole vectors, for the kernels of this folder: included once per instruction set,
// after hwy/highway.h.
#if defined(TOKRAIL_VECTOR_WEIGHTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TOKRAIL_VECTOR_WEIGHTS_INL
#undef TOKRAIL_VECTOR_WEIGHTS_INL
#else
#define TOKRAIL_VECTOR_WEIGHTS_INL
#endif

#include <hwy/highway.h>

#include <cstring>

#include "decoding/logits/logit_math.h"

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

}  // namespace HWY_NAMESPACE
}  // namespace tokrail::logit_math
HWY_AFTER_NAMESPACE();

#endif  // per instruction set
