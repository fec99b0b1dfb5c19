// The arithmetic of the logit operations: the one law that the CPU's loops, the CUDA kernels and
// the host shim follow, so that they take the same decisions.
//
// Everything works in powers of two. With the scale c = inverse temperature * log2(e), a token with
// the adjusted logit a has the weight 2^(a * c). Tokens are cut into blocks of kBlock ids. A block
// has a reference (about max * c) and its weights are taken relative to it:
//
//   n = round(a * c),  f = fma(a, c, -n),  weight = exp2_fraction(f) * 2^(n - reference)
//
// Only the power of two depends on the reference, so that one token has the same weight, up to an
// exact factor, whatever else is masked. A weight below 2^kFloor of its block's reference is 0.
//
// Sums, always in this order:
//   block  lane l of kLanes adds the weights of ids l, l + kLanes, ... of the block one after the
//          other in float, leaving out what is not allowed (adding 0 is the same); then lanes are
//          folded by fold(): l + (l + 64), l + (l + 32), ... l + (l + 1).
//   row    top = largest reference of a block that has weight; block b counts for
//          sum_b * power_between(reference_b, top) in double; groups of kGroupBlocks blocks are
//          added one after the other, then the groups one after the other.
// Draw at u: target = u * total. pick() walks the groups, then the blocks of the group (target
// divided by power_between(reference, top) from there on), then the words of kWord ids of the
// block, whose sums are fold() of the kWord weights in float, then the ids of the word. So ids in
// order.
//
// Truncation keeps a prefix of the allowed tokens in the order of falling a, then rising id; it is
// told by a Cut. With c1 = filter_scale() and M the largest allowed a of the row:
//   top-k  the first k.
//   min-p  a >= min_p_threshold(M, c1, min_p).
//   top-p  the mass of a token is its weight under block_scale(M, c1), in double; sums of masses
//   are
//          in double, in any order. With P the tokens that the filters before it have left: the
//          smallest prefix whose mass is at least top_p * mass(P), at least one token. Where P is
//          everything allowed, mass(P) is the row's total as above (at c1). A prefix that never
//          reaches it is P.
// Weights of what is kept are summed and drawn like a row that allows nothing else.
//
// Special rows: NaN and -inf count as not allowed (kRowNan if an allowed one was NaN); +inf that is
// allowed (kRowInfinite) takes all, the lowest id. Greedy rows take the largest a, the lowest id;
// their sums are at temperature 1.
//
// Verification by rejection works on probabilities in double, weight * power_between(reference,
// top) / total of what is kept (a greedy row has probability 1 at its token). A drafted x passes if
// u * d(x) < t(x). Residuals max(0, t - d) are summed and drawn as above, with double in place of
// float and no references; they are divided by their sum. One that is 0 everywhere by rounding is
// not taken: t stays. Names of uniforms: row_draw(), accept_draw(), residual_draw() of the target
// row's parameters.
//
// Host and device: plain inline functions, no state. Build without contraction of a * b + c
// (-ffp-contract=off, --fmad=false); fused operations are written out.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "decoding/logits/logits_view.h"
#include "decoding/logits/row_parameters.h"

#ifndef TOKRAIL_DEVICE
#ifdef __CUDACC__
#define TOKRAIL_DEVICE __host__ __device__
#else
#define TOKRAIL_DEVICE
#endif
#endif

namespace tokrail::logit_math {

inline constexpr size_t kBlock = 1024;      ///< ids of a block
inline constexpr size_t kLanes = 128;       ///< sums that run side by side in a block
inline constexpr size_t kWord = 32;         ///< ids of a mask word
inline constexpr size_t kGroupBlocks = 32;  ///< blocks of a group
inline constexpr int kFloor = -62;          ///< weights below 2^kFloor of the reference are 0
/// The sum over all of a block may be taken in one go with that over the allowed, relative to the
/// larger reference, while the two are at most this far apart: then every weight is the same float
/// times an exact power of two.
inline constexpr int kSharedSpan = 64;
inline constexpr float kLog2E = 1.44269504f;
inline constexpr double kLn2 = 0.69314718055994530942;
inline constexpr float kRounding = 12582912.0f;    ///< 1.5 * 2^23: adding it rounds to integers
inline constexpr float kNarrowLimit = 2097152.0f;  ///< 2^21
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

// 2^f on [-0.5, 0.5] is 1 + f * (c1 + f * (c2 + ...)), relative error 9.2e-8, exact at 0.
inline constexpr float kExp2C1 = 0.69314697740f;
inline constexpr float kExp2C2 = 0.24022241791f;
inline constexpr float kExp2C3 = 0.05550733925f;
inline constexpr float kExp2C4 = 0.00967153284f;
inline constexpr float kExp2C5 = 0.00132647313f;

TOKRAIL_DEVICE inline uint32_t float_bits(float value) noexcept {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
TOKRAIL_DEVICE inline float bits_float(uint32_t bits) noexcept {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// bf16 and f16 to f32, exact, NaN and infinities included.
TOKRAIL_DEVICE inline float from_bf16(uint16_t bits) noexcept {
  return bits_float(uint32_t{bits} << 16);
}
TOKRAIL_DEVICE inline float from_f16(uint16_t bits) noexcept {
  const uint32_t sign = uint32_t{bits & 0x8000u} << 16;
  const uint32_t magnitude = bits & 0x7FFFu;
  if (magnitude >= 0x7C00u) return bits_float(sign | 0x7F800000u | (magnitude & 0x3FFu) << 13);
  // The exponent is moved by a multiplication, which does denormals too.
  const float value = bits_float(magnitude << 13) * 0x1p112f;
  return bits_float(float_bits(value) | sign);
}

/// Reads one logit of a row that starts at `row`.
TOKRAIL_DEVICE inline float load_logit(const void* row, LogitsType type, size_t id) noexcept {
  if (type == LogitsType::kF32) return static_cast<const float*>(row)[id];
  const uint16_t bits = static_cast<const uint16_t*>(row)[id];
  return type == LogitsType::kBf16 ? from_bf16(bits) : from_f16(bits);
}

/// Order of floats as order of unsigned numbers; -0 and 0 are one. Not for NaN.
TOKRAIL_DEVICE inline uint32_t ordering_key(float value) noexcept {
  const uint32_t bits = float_bits(value + 0.0f);
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}
TOKRAIL_DEVICE inline float key_value(uint32_t key) noexcept {
  return bits_float((key & 0x80000000u) != 0 ? key & 0x7FFFFFFFu : ~key);
}

/// False: kRowBadParameters.
TOKRAIL_DEVICE inline bool valid(const RowParameters& p) noexcept {
  return p.inverse_temperature >= 0 && p.top_p >= 0 && p.min_p == p.min_p &&
         p.repetition_penalty > 0 && p.repetition_penalty <= FLT_MAX &&
         std::fabs(p.frequency_penalty) <= FLT_MAX && std::fabs(p.presence_penalty) <= FLT_MAX;
}

TOKRAIL_DEVICE inline bool is_greedy(const RowParameters& p) noexcept {
  return p.inverse_temperature == kInfinity;
}

/// The scale c of the weights; that of temperature 1 for greedy rows.
TOKRAIL_DEVICE inline float weight_scale(const RowParameters& p) noexcept {
  if (is_greedy(p)) return kLog2E;
  const float scale = p.inverse_temperature * kLog2E;
  return scale < FLT_MAX ? scale : FLT_MAX;
}

/// The adjusted logit a.
TOKRAIL_DEVICE inline float adjusted(float logit, const Adjustment& by,
                                     const RowParameters& p) noexcept {
  if (by.bias == -kInfinity) return -kInfinity;
  float value = logit + by.bias;
  if (by.context > 0) {
    value = value > 0 ? value / p.repetition_penalty : value * p.repetition_penalty;
  }
  value = std::fma(-p.frequency_penalty, static_cast<float>(by.output), value);
  return by.output > 0 ? value - p.presence_penalty : value;
}

/// 2^f for f in [-0.5, 0.5].
TOKRAIL_DEVICE inline float exp2_fraction(float f) noexcept {
  float p = std::fma(kExp2C5, f, kExp2C4);
  p = std::fma(p, f, kExp2C3);
  p = std::fma(p, f, kExp2C2);
  p = std::fma(p, f, kExp2C1);
  return std::fma(p, f, 1.0f);
}

/// The names of a row's random numbers; verify_* uses the parameters of the target row.
TOKRAIL_DEVICE constexpr DrawName row_draw(const RowParameters& p, uint32_t index = 0) noexcept {
  return {p.stream, p.position, p.draw + index, p.purpose};
}
TOKRAIL_DEVICE constexpr DrawName accept_draw(const RowParameters& p, uint32_t sibling) noexcept {
  return {p.stream, p.position, sibling, Purpose::kAccept};
}
TOKRAIL_DEVICE constexpr DrawName residual_draw(const RowParameters& p) noexcept {
  return {p.stream, p.position, 0, Purpose::kResidual};
}

/// How the weights of one block are computed. Depends on the block's largest allowed a and on c.
struct BlockScale {
  float shift = 0;                   ///< taken off a first; 0 except in wide blocks
  float rounding = kRounding;        ///< kRounding - reference
  float floor = kRounding + kFloor;  ///< weights whose rounded exponent is below it are 0
  double reference = 0;              ///< the exponent that the weights are relative to
};

/// `max` is finite. Blocks whose max * c is so large that it has no fraction are wide: their
/// weights are relative to max * c itself.
TOKRAIL_DEVICE inline BlockScale block_scale(float max, float c) noexcept {
  BlockScale scale;
  const float product = max * c;
  if (std::fabs(product) < kNarrowLimit) {
    const float half = product * 0.5f;
    const float reference = 2 * ((half + kRounding) - kRounding);  // even: ties round alike
    scale.rounding = kRounding - reference;
    scale.reference = reference;
  } else {
    scale.shift = max;
    scale.reference = static_cast<double>(max) * c;
  }
  return scale;
}

/// The weight of a relative to the block's reference; 0 for NaN and -inf.
TOKRAIL_DEVICE inline float weight(float a, float c, const BlockScale& scale) noexcept {
  const float distance = a - scale.shift;
  const float rounded = std::fma(distance, c, scale.rounding);
  if (!(rounded >= scale.floor)) return 0;
  const float n = rounded - scale.rounding;
  const float p = exp2_fraction(std::fma(distance, c, -n));
  return bits_float(float_bits(p) + (float_bits(rounded) << 23));
}

/// 2^(reference - top) for reference <= top, in double; exact where both are integers.
TOKRAIL_DEVICE inline double power_between(double reference, double top) noexcept {
  const double difference = reference - top;
  if (!(difference >= -1000)) return 0;
  int64_t n = static_cast<int64_t>(difference);
  const bool is_whole = static_cast<double>(n) == difference;
  if (!is_whole) n = static_cast<int64_t>(std::floor(difference + 0.5));
  const uint64_t bits = static_cast<uint64_t>(1023 + n) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  if (is_whole) return power;
  const double p = exp2_fraction(static_cast<float>(difference - static_cast<double>(n)));
  return p * power;
}

/// Folds `count` (a power of two) numbers in place: i + (i + count / 2) and so on.
template <typename Number>
TOKRAIL_DEVICE inline Number fold(Number* values, size_t count) noexcept {
  for (size_t half = count / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) values[i] += values[i + half];
  }
  return values[0];
}

/// The first of `count` weights where their running sum passes `target`; target becomes what is
/// left of it there. Past the end by rounding: the last weight above 0, and target infinite, so
/// that the next level takes its last one too. `count` if all are 0.
template <typename Weights>
TOKRAIL_DEVICE inline size_t pick(size_t count, double& target, const Weights& weights) noexcept {
  double sum = 0;
  size_t last = count;
  for (size_t i = 0; i < count; ++i) {
    const double w = weights(i);
    if (!(w > 0)) continue;
    const double next = sum + w;
    if (target < next) {
      target -= sum;
      return i;
    }
    sum = next;
    last = i;
  }
  target = std::numeric_limits<double>::infinity();
  return last;
}

/// Truncation: what is kept of the allowed tokens.
struct Cut {
  float value = -kInfinity;        ///< a above it is kept
  uint32_t last_id = 0xFFFFFFFFu;  ///< a equal to it is kept up to this id
};

TOKRAIL_DEVICE inline bool keeps(const Cut& cut, float a, uint32_t id) noexcept {
  return a > cut.value || (a == cut.value && id <= cut.last_id);
}

/// The smallest a that min-p keeps; `max` itself always is.
TOKRAIL_DEVICE inline float min_p_threshold(float max, float c, float min_p) noexcept {
  if (!(min_p > 0)) return -kInfinity;
  if (min_p > 1) return max;
  if (!(c > 0)) return -kInfinity;  // all are equally likely
  const double distance = std::log2(static_cast<double>(min_p)) / c;
  const double exact = static_cast<double>(max) + distance;
  const float rounded = static_cast<float>(exact);
  return static_cast<double>(rounded) < exact ? key_value(ordering_key(rounded) + 1) : rounded;
}

/// The scale that the filters look at.
TOKRAIL_DEVICE inline float filter_scale(const RowParameters& p) noexcept {
  return p.order == FilterOrder::kLlamaCpp || is_greedy(p) ? kLog2E : weight_scale(p);
}

/// Natural logarithm of a total relative to 2^top.
TOKRAIL_DEVICE inline double log_of_total(double total, double top) noexcept {
  return kLn2 * (top + std::log2(total));
}

}  // namespace tokrail::logit_math
