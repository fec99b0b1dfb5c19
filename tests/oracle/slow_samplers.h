// Samplers by their definitions: doubles, whole sorts, quadratic searches.
//
// A row holds a logit per token, -inf for what is out. Functions that decide return how close the
// decision was: the smallest change of a mass or of a logit that could have changed it. Where that
// is within rounding, a fast sampler may differ.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "decoding/samplers/sampler_chain.h"

namespace tokrail::test {

using SlowRow = std::vector<double>;

inline constexpr double kSlowOut = -std::numeric_limits<double>::infinity();
inline constexpr double kClear = std::numeric_limits<double>::infinity();

/// NaN becomes -inf.
SlowRow slow_row(std::span<const float> logits);
std::vector<double> slow_probabilities(const SlowRow& row);
double slow_entropy(const SlowRow& row);
/// Tokens that are not out, by falling logit and then rising id.
std::vector<size_t> slow_order(const SlowRow& row);

void slow_temperature(SlowRow& row, double temperature);
void slow_dynamic_temperature(SlowRow& row, double temperature, double range, double exponent);
double slow_top_k(SlowRow& row, size_t k);
double slow_top_p(SlowRow& row, double mass);
double slow_min_p(SlowRow& row, double part);
double slow_typical(SlowRow& row, double mass);
double slow_epsilon(SlowRow& row, double cutoff);
double slow_eta(SlowRow& row, double cutoff);
double slow_top_n_sigma(SlowRow& row, double n);
double slow_top_h(SlowRow& row, double part);
/// As if the draw had come out so.
double slow_xtc(SlowRow& row, double threshold);
double slow_mirostat(SlowRow& row, int version, double mu);
/// Number of tokens that mirostat 1 wants, not rounded.
double slow_mirostat_k(const SlowRow& row, double mu);
void slow_gumbel(SlowRow& row, const DrawPlace& place);

struct SlowPenalties {
  double repetition = 1, frequency = 0, presence = 0;
};
/// `context` counts for repetition, `counted` for frequency and presence.
void slow_penalties(SlowRow& row, std::span<const TokenId> context,
                    std::span<const TokenId> counted, const SlowPenalties& penalties);
void slow_dry(SlowRow& row, const std::vector<TokenId>& tokens, double multiplier, double base,
              size_t allowed_length, const std::vector<std::vector<TokenId>>& breakers);
void slow_no_repeat_ngram(SlowRow& row, const std::vector<TokenId>& tokens, size_t n);
void slow_banned(SlowRow& row, const std::vector<TokenId>& tokens,
                 const std::vector<std::vector<TokenId>>& sequences);

/// What a whole chain of the options leaves, in the order of a system; mirostat at its first mu.
double slow_chain(SlowRow& row, FilterOrder order, const SamplingOptions& options,
                  const History& history, std::span<const TokenId> end_ids, const DrawPlace& place);

/// The row that sample_masked draws from, by the law of row_parameters.h.
SlowRow slow_prepared(const PreparedRow& prepared);

}  // namespace tokrail::test
