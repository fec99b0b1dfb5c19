// Filters: samplers that keep a part of the tokens and write -inf over the rest.
//
// p is the probability of a token in the row as it comes, H the entropy of the row in nats.
//   make_top_k        the first k tokens by falling logit and then rising id, exactly k
//   make_top_p        the smallest prefix of that order with mass >= mass
//   make_min_p        p >= part * the largest p
//   make_typical      by rising |-ln p - H|, then rising id: the smallest prefix with mass > mass
//   make_epsilon      p >= cutoff
//   make_eta          p >= min(cutoff, sqrt(cutoff) * exp(-H))
//   make_top_n_sigma  logit >= the largest - n * the standard deviation of all logits
//   make_top_h        of the first 100 tokens, renormalised: the longest prefix whose terms -p ln p
//                     sum up to at most part * their entropy
// All of them keep the first token; typical keeps the most typical one instead. Logits of -inf and
// NaN are no tokens. A row with +inf, which takes all, is left as it is.
//
// Complexity: O(vocab), one to four passes. Errors: Error(kInvalidArgument) for numbers outside
// their range. Papers: Holtzman et al. 2020 (top-p); Meister et al. 2023 (typical); Hewitt et al.
// 2022 (epsilon, eta); Nguyen et al. 2024 (min-p); Tang et al. 2024 (top-n-sigma); Potraghloo et
// al. 2025 (top-h).
#pragma once

#include <memory>

#include "decoding/samplers/sampler.h"

namespace tokrail {

std::unique_ptr<Sampler> make_top_k(uint32_t k);
std::unique_ptr<Sampler> make_top_p(float mass);
std::unique_ptr<Sampler> make_min_p(float part);
std::unique_ptr<Sampler> make_typical(float mass);
std::unique_ptr<Sampler> make_epsilon(float cutoff);
std::unique_ptr<Sampler> make_eta(float cutoff);
std::unique_ptr<Sampler> make_top_n_sigma(float n);
std::unique_ptr<Sampler> make_top_h(float part);

}  // namespace tokrail
