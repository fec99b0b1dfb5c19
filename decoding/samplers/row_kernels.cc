#include "decoding/samplers/row_kernels.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "decoding/logits/logit_math.h"

// Everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE is compiled once per
// instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decoding/samplers/row_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef TOKRAIL_ROW_POWER_SUMS
#define TOKRAIL_ROW_POWER_SUMS
namespace tokrail::row_kernels {
/// Sums of the distances to a number, and of their squares.
struct PowerSums {
  double first = 0, second = 0;
};
}  // namespace tokrail::row_kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace tokrail::row_kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using I32 = hn::RebindToSigned<F32>;
using U32 = hn::RebindToUnsigned<F32>;
using Vector = hn::Vec<F32>;

// Sums are kept in float for so many tokens and then go on in double.
constexpr size_t kBlock = 1024;
constexpr float kOut = -std::numeric_limits<float>::infinity();

/// Fewer than a vector; what is missing is -inf.
HWY_NOINLINE Vector load_rest(const float* row, size_t n) {
  const F32 tag;
  HWY_ALIGN float rest[HWY_MAX_BYTES / sizeof(float)];
  for (size_t lane = 0; lane < hn::Lanes(tag); ++lane) rest[lane] = lane < n ? row[lane] : kOut;
  return hn::Load(tag, rest);
}

/// use(vector) for a row in whole vectors. One call, so that it is compiled in place and sums stay
/// in registers.
template <typename Use>
HWY_INLINE void for_each_vector(const float* row, size_t n, Use use) {
  const F32 tag;
  const size_t lanes = hn::Lanes(tag);
  for (size_t i = 0; i < n; i += lanes) {
    use(i + lanes <= n ? hn::LoadU(tag, row + i) : load_rest(row + i, n - i));
  }
}

HWY_INLINE double sum_lanes(Vector v) {
  const F32 tag;
  HWY_ALIGN float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(v, tag, lanes);
  double sum = 0;
  for (size_t lane = 0; lane < hn::Lanes(tag); ++lane) sum += static_cast<double>(lanes[lane]);
  return sum;
}

/// exp(d) for d <= 0 by the polynomial of logit_math.h; 0 below the smallest normal number and for
/// NaN.
HWY_INLINE Vector exp_of(Vector d) {
  const F32 tag;
  const I32 itag;
  const auto scale = hn::Set(tag, logit_math::kLog2E);
  const auto power = hn::Mul(d, scale);
  const auto is_normal = hn::Ge(power, hn::Set(tag, -126.0f));
  const auto whole = hn::Round(hn::IfThenElseZero(is_normal, power));
  const auto f = hn::MulSub(d, scale, whole);
  auto y = hn::Set(tag, logit_math::kExp2C5);
  y = hn::MulAdd(y, f, hn::Set(tag, logit_math::kExp2C4));
  y = hn::MulAdd(y, f, hn::Set(tag, logit_math::kExp2C3));
  y = hn::MulAdd(y, f, hn::Set(tag, logit_math::kExp2C2));
  y = hn::MulAdd(y, f, hn::Set(tag, logit_math::kExp2C1));
  y = hn::MulAdd(y, f, hn::Set(tag, 1.0f));
  const auto exponent = hn::ShiftLeft<23>(hn::ConvertTo(itag, whole));
  const auto scaled = hn::BitCast(tag, hn::Add(hn::BitCast(itag, y), exponent));
  return hn::IfThenElseZero(is_normal, scaled);
}

/// Rows behind a filter are mostly -inf.
HWY_INLINE bool has_no_token(Vector x) {
  const F32 tag;
  return hn::AllFalse(tag, hn::Gt(x, hn::Set(tag, kOut)));
}

template <bool kByDistance>
HWY_INLINE Vector order_of(Vector x, Vector centre) {
  if constexpr (!kByDistance) return x;
  return hn::Neg(hn::Abs(hn::Sub(x, centre)));
}

Bounds FindBounds(const float* row, size_t n) {
  const F32 tag;
  auto high = hn::Set(tag, kOut);
  auto low = hn::Set(tag, -kOut);
  Bounds found;
  for_each_vector(row, n, [&](auto x) HWY_ATTR {
    const auto is_token = hn::Gt(x, hn::Set(tag, kOut));
    found.count += hn::CountTrue(tag, is_token);
    high = hn::Max(high, hn::IfThenElse(is_token, x, hn::Set(tag, kOut)));
    low = hn::Min(low, hn::IfThenElse(is_token, x, hn::Set(tag, -kOut)));
  });
  found.max = hn::GetLane(hn::MaxOfLanes(tag, high));
  found.min = hn::GetLane(hn::MinOfLanes(tag, low));
  return found;
}

size_t FindMaxima(const float* row, size_t n, float* maxima) {
  const F32 tag;
  size_t count = 0;
  for (size_t begin = 0; begin < n; begin += kMaximaBlock) {
    const size_t size = n - begin < kMaximaBlock ? n - begin : kMaximaBlock;
    auto high = hn::Set(tag, kOut);
    for_each_vector(row + begin, size, [&](auto x) HWY_ATTR {
      // NaN is not above.
      high = hn::Max(high, hn::IfThenElse(hn::Gt(x, hn::Set(tag, kOut)), x, hn::Set(tag, kOut)));
    });
    maxima[count++] = hn::GetLane(hn::MaxOfLanes(tag, high));
  }
  return count;
}

ExpSums SumExp(const float* row, size_t n, float max) {
  const F32 tag;
  const auto top = hn::Set(tag, max);
  ExpSums sums;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t size = n - begin < kBlock ? n - begin : kBlock;
    auto rest = hn::Zero(tag), weighted = hn::Zero(tag);
    for_each_vector(row + begin, size, [&](auto x) HWY_ATTR {
      if (has_no_token(x)) return;
      const auto d = hn::Sub(x, top);
      sums.largest += hn::CountTrue(tag, hn::Eq(x, top));
      const auto e = hn::IfThenElseZero(hn::Lt(x, top), exp_of(d));
      rest = hn::Add(rest, e);
      // Where e is 0, d may be -inf or NaN.
      weighted = hn::Add(weighted, hn::Mul(e, hn::IfThenElseZero(hn::Gt(e, hn::Zero(tag)), d)));
    });
    sums.rest += sum_lanes(rest);
    sums.weighted += sum_lanes(weighted);
  }
  return sums;
}

/// The sums over finite logits of (x - centre) and of its square.
PowerSums SumPowers(const float* row, size_t n, float centre) {
  const F32 tag;
  const auto middle = hn::Set(tag, centre);
  PowerSums sums;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t size = n - begin < kBlock ? n - begin : kBlock;
    auto first = hn::Zero(tag), second = hn::Zero(tag);
    for_each_vector(row + begin, size, [&](auto x) HWY_ATTR {
      const auto d = hn::IfThenElseZero(hn::Gt(x, hn::Set(tag, kOut)), hn::Sub(x, middle));
      first = hn::Add(first, d);
      second = hn::MulAdd(d, d, second);
    });
    sums.first += sum_lanes(first);
    sums.second += sum_lanes(second);
  }
  return sums;
}

template <bool kByDistance, bool kWeighted>
Ladder climb(const float* row, size_t n, const LadderJob& job) {
  const F32 tag;
  const auto top = hn::Set(tag, job.max), centre = hn::Set(tag, job.order.centre);
  Ladder result;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t size = n - begin < kBlock ? n - begin : kBlock;
    const auto zero = hn::Zero(tag);
    auto m0 = zero, m1 = zero, m2 = zero, m3 = zero, m4 = zero, m5 = zero, m6 = zero, m7 = zero;
    auto all = zero;
    for_each_vector(row + begin, size, [&](auto x) HWY_ATTR {
      const auto is_token = hn::Gt(x, hn::Set(tag, kOut));
      if (hn::AllFalse(tag, is_token)) return;
      const auto order = order_of<kByDistance>(x, centre);
      auto e = hn::IfThenElseZero(is_token, hn::Set(tag, 1.0f));
      if constexpr (kWeighted) e = exp_of(hn::Sub(x, top));
      const auto at_least = [&](size_t j) HWY_ATTR {
        return hn::IfThenElseZero(hn::Ge(order, hn::Set(tag, job.rungs[j])), e);
      };
      all = hn::Add(all, e);
      m0 = hn::Add(m0, at_least(0));
      m1 = hn::Add(m1, at_least(1));
      m2 = hn::Add(m2, at_least(2));
      m3 = hn::Add(m3, at_least(3));
      m4 = hn::Add(m4, at_least(4));
      m5 = hn::Add(m5, at_least(5));
      m6 = hn::Add(m6, at_least(6));
      m7 = hn::Add(m7, at_least(7));
    });
    result.all += sum_lanes(all);
    double* const masses = result.masses;
    masses[0] += sum_lanes(m0);
    masses[1] += sum_lanes(m1);
    masses[2] += sum_lanes(m2);
    masses[3] += sum_lanes(m3);
    masses[4] += sum_lanes(m4);
    masses[5] += sum_lanes(m5);
    masses[6] += sum_lanes(m6);
    masses[7] += sum_lanes(m7);
  }
  return result;
}

Ladder Climb(const float* row, size_t n, const LadderJob& job) {
  if (job.order.by_distance) {
    return job.weighted ? climb<true, true>(row, n, job) : climb<true, false>(row, n, job);
  }
  return job.weighted ? climb<false, true>(row, n, job) : climb<false, false>(row, n, job);
}

template <bool kByDistance>
size_t collect_slice(const float* row, const uint32_t* ids, size_t n, const Slice& slice,
                     float* to_row, uint32_t* to_ids) {
  const F32 tag;
  const size_t lanes = hn::Lanes(tag);
  const auto least = hn::Set(tag, slice.least), below = hn::Set(tag, slice.below);
  const auto centre = hn::Set(tag, slice.order.centre);
#if HWY_TARGET <= HWY_AVX3
  const U32 utag;
  const auto next = hn::Set(utag, static_cast<uint32_t>(lanes));
  auto own_id = hn::Sub(hn::Iota(utag, 0), next);
#endif
  size_t count = 0, i = 0;
  for (; i + lanes <= n; i += lanes) {
#if HWY_TARGET <= HWY_AVX3
    own_id = hn::Add(own_id, next);
#endif
    const auto x = hn::LoadU(tag, row + i);
    const auto order = order_of<kByDistance>(x, centre);
    const auto is_in = hn::And(hn::Ge(order, least), hn::Lt(order, below));
    // Behind what is kept lie only tokens that were read, so source and target may be one.
    if (hn::AllFalse(tag, is_in)) continue;
#if HWY_TARGET <= HWY_AVX3
    // Whole stores: those that compress are slow on some machines.
    const auto id = ids ? hn::LoadU(utag, ids + i) : own_id;
    hn::StoreU(hn::Compress(x, is_in), tag, to_row + count);
    hn::StoreU(hn::Compress(id, hn::RebindMask(utag, is_in)), utag, to_ids + count);
    count += hn::CountTrue(tag, is_in);
#else
    // One after the other without a branch: faster than compressing by tables.
    uint8_t bytes[8] = {};
    hn::StoreMaskBits(tag, is_in, bytes);
    for (size_t lane = 0; lane < lanes; ++lane) {
      const float logit = row[i + lane];
      const uint32_t id = ids ? ids[i + lane] : static_cast<uint32_t>(i + lane);
      to_row[count] = logit;
      to_ids[count] = id;
      count += bytes[lane / 8] >> (lane % 8) & 1;
    }
#endif
  }
  for (; i < n; ++i) {
    const float order = slice.order.of(row[i]);
    if (!(order >= slice.least && order < slice.below)) continue;
    const uint32_t id = ids ? ids[i] : static_cast<uint32_t>(i);
    to_row[count] = row[i];
    to_ids[count++] = id;
  }
  return count;
}

size_t Collect(const float* row, const uint32_t* ids, size_t n, const Slice& slice, float* to_row,
               uint32_t* to_ids) {
  return slice.order.by_distance ? collect_slice<true>(row, ids, n, slice, to_row, to_ids)
                                 : collect_slice<false>(row, ids, n, slice, to_row, to_ids);
}

template <bool kByDistance>
void drop_below(float* row, size_t n, Order order, float least) {
  const F32 tag;
  const size_t lanes = hn::Lanes(tag);
  const auto limit = hn::Set(tag, least), centre = hn::Set(tag, order.centre);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto x = hn::LoadU(tag, row + i);
    const auto is_out = hn::Lt(order_of<kByDistance>(x, centre), limit);
    hn::StoreU(hn::IfThenElse(is_out, hn::Set(tag, kOut), x), tag, row + i);
  }
  for (; i < n; ++i) {
    if (order.of(row[i]) < least) row[i] = kOut;
  }
}

void Drop(float* row, size_t n, Order order, float least) {
  order.by_distance ? drop_below<true>(row, n, order, least)
                    : drop_below<false>(row, n, order, least);
}

void Scale(float* row, size_t n, float factor) {
  const F32 tag;
  const size_t lanes = hn::Lanes(tag);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::Mul(hn::LoadU(tag, row + i), hn::Set(tag, factor)), tag, row + i);
  }
  for (; i < n; ++i) row[i] *= factor;
}

template <typename Half>
void widen_half(const uint16_t* from, size_t n, float* to) {
  const F32 tag;
  const hn::Rebind<Half, F32> half;
  const hn::Rebind<uint16_t, F32> bits;
  const size_t lanes = hn::Lanes(tag);
  size_t i = 0;
  const auto load = [&](const uint16_t* p) HWY_ATTR {
    return hn::PromoteTo(tag, hn::BitCast(half, hn::LoadU(bits, p)));
  };
  for (; i + lanes <= n; i += lanes) hn::StoreU(load(from + i), tag, to + i);
  if (i == n) return;
  HWY_ALIGN uint16_t rest[HWY_MAX_BYTES / sizeof(uint16_t)] = {};
  HWY_ALIGN float wide[HWY_MAX_BYTES / sizeof(float)];
  std::memcpy(rest, from + i, (n - i) * sizeof(uint16_t));
  hn::StoreU(load(rest), tag, wide);
  std::memcpy(to + i, wide, (n - i) * sizeof(float));
}

void WidenBf16(const uint16_t* from, size_t n, float* to) {
  widen_half<hwy::bfloat16_t>(from, n, to);
}

void WidenF16(const uint16_t* from, size_t n, float* to) {
  widen_half<hwy::float16_t>(from, n, to);
}

}  // namespace HWY_NAMESPACE
}  // namespace tokrail::row_kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail::row_kernels {
namespace {

HWY_EXPORT(FindBounds);
HWY_EXPORT(FindMaxima);
HWY_EXPORT(SumExp);
HWY_EXPORT(SumPowers);
HWY_EXPORT(Climb);
HWY_EXPORT(Collect);
HWY_EXPORT(Drop);
HWY_EXPORT(Scale);
HWY_EXPORT(WidenBf16);
HWY_EXPORT(WidenF16);

}  // namespace

Bounds bounds(const float* row, size_t n) noexcept {
  return HWY_DYNAMIC_DISPATCH(FindBounds)(row, n);
}

size_t block_maxima(const float* row, size_t n, float* maxima) noexcept {
  return HWY_DYNAMIC_DISPATCH(FindMaxima)(row, n, maxima);
}

ExpSums exp_sums(const float* row, size_t n, float max) noexcept {
  return HWY_DYNAMIC_DISPATCH(SumExp)(row, n, max);
}

double ExpSums::log_sum() const noexcept {
  if (largest == 0) return std::log(rest);
  const auto top = static_cast<double>(largest);
  return std::log(top) + std::log1p(rest / top);
}

Moments moments(const float* row, size_t n) noexcept {
  const Bounds range = bounds(row, n);
  if (range.count == 0) return {};
  const auto count = static_cast<double>(range.count);
  // Two passes: the mean first, so that the squares are of small numbers.
  const double shift = HWY_DYNAMIC_DISPATCH(SumPowers)(row, n, 0).first / count;
  const auto centre = static_cast<float>(shift);
  const PowerSums sums = HWY_DYNAMIC_DISPATCH(SumPowers)(row, n, centre);
  const double rest = sums.first / count;
  return {static_cast<double>(centre) + rest, sums.second / count - rest * rest};
}

Ladder ladder(const float* row, size_t n, const LadderJob& job) noexcept {
  return HWY_DYNAMIC_DISPATCH(Climb)(row, n, job);
}

size_t collect(const float* row, const uint32_t* ids, size_t n, const Slice& slice, float* to_row,
               uint32_t* to_ids) noexcept {
  return HWY_DYNAMIC_DISPATCH(Collect)(row, ids, n, slice, to_row, to_ids);
}

void drop(float* row, size_t n, Order order, float least) noexcept {
  HWY_DYNAMIC_DISPATCH(Drop)(row, n, order, least);
}

void scale(float* row, size_t n, float factor) noexcept {
  HWY_DYNAMIC_DISPATCH(Scale)(row, n, factor);
}

void widen(const void* row, LogitsType type, size_t n, float* to) noexcept {
  switch (type) {
    case LogitsType::kF32: std::memcpy(to, row, n * sizeof(float)); break;
    case LogitsType::kBf16:
      HWY_DYNAMIC_DISPATCH(WidenBf16)(static_cast<const uint16_t*>(row), n, to);
      break;
    case LogitsType::kF16:
      HWY_DYNAMIC_DISPATCH(WidenF16)(static_cast<const uint16_t*>(row), n, to);
      break;
  }
}

}  // namespace tokrail::row_kernels
#endif
