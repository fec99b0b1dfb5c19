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
//                 stay with their weight, the others are drawn systematically and get c. It is for
//                 populations larger than count (each particle continued several times): of count
//                 particles all stay as they are.
//
//   const Resampled next = resample(Resampling::kSystematic, weights, weights.size(), random);
//   for (size_t i = 0; i < next.ancestors.size(); ++i) particles[i] = old[next.ancestors[i]];
//
// Complexity: O(n), kSteer O(n log n). Thread safety: pure. Errors: none.
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
  std::vector<uint32_t> ancestors;  ///< rising; count of them
  /// Of the new particles: the old mean, all the same. kSteer: their own or c, with the old sum as
  /// the mean over all draws.
  std::vector<double> weights;
  double threshold = 0;  ///< c of kSteer; 0 where all stay
};

/// `place` names the draws: its purpose is set to kResample, draws are numbered from its draw on.
/// Weights that are no positive number count as 0. Without any, all ancestors are 0 with weight 0.
/// kSteer of fewer than `count` particles answers as many as there are.
Resampled resample(Resampling scheme, std::span<const double> weights, size_t count,
                   const CounterRandom& random, DrawName place);

/// (sum w)^2 / sum w^2; 0 for no weight at all.
double effective_particles(std::span<const double> weights) noexcept;

}  // namespace tokrail
