// Resampling: which particles go on, and how often, when weights have become uneven.
//
// All schemes are unbiased: particle i has on average count * W_i copies (kSteer: keeps its weight
// or comes with the threshold's weight so that the mean is the same). They differ in the noise they
// add.
//   kMultinomial  independent draws
//   kResidual     floor(count * W_i) copies each, the rest by multinomial draws
//   kSystematic   one uniform, points u + i
//   kStratified   one uniform in each stratum; the default
//   kSteer        without replacement: the c with sum of min(W_i / c, 1) = count; particles above c
//                 stay with their weight, the others are drawn systematically and get c
//
//   const Resampled next = resample(Resampling::kSystematic, weights, weights.size(), random);
//   for (size_t i = 0; i < next.ancestors.size(); ++i) particles[i] = old[next.ancestors[i]];
//
// Complexity: O(n), kSteer O(n log n). Thread safety: pure. Errors: none; weights must be
// nonnegative with a positive finite sum.
// Papers: Douc and Cappe, "Comparison of resampling schemes for particle filtering", 2005;
// Fearnhead and Clifford, "On-line inference for hidden Markov models via particle filters", 2003.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace tokrail {

enum class Resampling : uint8_t { kMultinomial, kResidual, kSystematic, kStratified, kSteer };
std::string_view resampling_name(Resampling scheme) noexcept;

struct Resampled {
  std::vector<uint32_t> ancestors;  ///< rising
  std::vector<double> weights;      ///< of the new particles; same mean as before
};

/// `place` names the draws; its purpose is set to kResample.
Resampled resample(Resampling scheme, std::span<const double> weights, size_t count,
                   const CounterRandom& random, DrawName place);

/// (sum w)^2 / sum w^2; 0 for no weight at all.
double effective_particles(std::span<const double> weights) noexcept;

}  // namespace tokrail
