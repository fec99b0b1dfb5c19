// Sampling as one would write it down: loops over doubles and sorts. What `tokrail bench logits`
// holds the fast operations against, and compares their speed with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decoding/logits/row_parameters.h"

namespace tokrail::cli {

/// Probabilities of the allowed tokens (no mask: all) at a temperature; 0 elsewhere.
std::vector<double> plain_softmax(std::span<const float> logits, const uint32_t* mask,
                                  double inverse_temperature);

/// Each keeps some tokens of p and sets the others to 0; not renormalised.
void plain_top_k(std::vector<double>& p, size_t k);
void plain_top_p(std::vector<double>& p, double mass);
void plain_min_p(std::vector<double>& p, double part);
void plain_typical(std::vector<double>& p, double mass);
void plain_mirostat(std::vector<double>& p, int version, double tau);

/// Whether u draws `token` from weights p in the order of ids, or a boundary within 1e-5.
bool plain_draws(const std::vector<double>& p, double u, uint32_t token);

/// The same decision as most programs take it: three passes over the row in float.
uint32_t three_passes(std::span<const float> logits, const uint32_t* mask, double u,
                      std::vector<float>& scratch);

}  // namespace tokrail::cli
