#include "bindings/cli/plain_sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tokrail::cli {
namespace {

bool allows(const uint32_t* mask, size_t id) {
  return mask == nullptr || (mask[id / 32] >> (id % 32) & 1) != 0;
}

// The tokens of p above 0 by falling probability and rising id.
std::vector<uint32_t> in_order(const std::vector<double>& p) {
  std::vector<uint32_t> order;
  for (uint32_t id = 0; id < p.size(); ++id) {
    if (p[id] > 0) order.push_back(id);
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t x, uint32_t y) { return p[x] > p[y]; });
  return order;
}

double sum_of(const std::vector<double>& p) {
  return std::accumulate(p.begin(), p.end(), 0.0);
}

// Keeps the first tokens of `order` whose mass reaches `mass` of all.
void keep_mass(std::vector<double>& p, const std::vector<uint32_t>& order, double mass) {
  const double wanted = mass * sum_of(p);
  double sum = 0;
  for (const uint32_t id : order) {
    const double here = p[id];
    if (sum >= wanted) p[id] = 0;
    sum += here;
  }
}

void keep_first(std::vector<double>& p, const std::vector<uint32_t>& order, size_t count) {
  for (size_t i = std::max<size_t>(count, 1); i < order.size(); ++i) p[order[i]] = 0;
}

}  // namespace

std::vector<double> plain_softmax(std::span<const float> logits, const uint32_t* mask,
                                  double inverse_temperature) {
  double most = -std::numeric_limits<double>::infinity();
  for (size_t id = 0; id < logits.size(); ++id) {
    if (allows(mask, id)) most = std::max(most, static_cast<double>(logits[id]));
  }
  std::vector<double> p(logits.size());
  for (size_t id = 0; id < logits.size(); ++id) {
    if (allows(mask, id)) p[id] = std::exp((logits[id] - most) * inverse_temperature);
  }
  const double sum = sum_of(p);
  for (double& x : p) x /= sum;
  return p;
}

void plain_top_k(std::vector<double>& p, size_t k) {
  keep_first(p, in_order(p), k);
}

void plain_top_p(std::vector<double>& p, double mass) {
  keep_mass(p, in_order(p), mass);
}

void plain_min_p(std::vector<double>& p, double part) {
  const double least = part * *std::max_element(p.begin(), p.end());
  for (double& x : p) {
    if (x < least) x = 0;
  }
}

void plain_typical(std::vector<double>& p, double mass) {
  double entropy = 0;
  for (const double x : p) entropy -= x > 0 ? x * std::log(x) : 0;
  std::vector<uint32_t> order = in_order(p);
  const auto distance = [&](uint32_t id) { return std::abs(-std::log(p[id]) - entropy); };
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t x, uint32_t y) { return distance(x) < distance(y); });
  keep_mass(p, order, mass);
}

void plain_mirostat(std::vector<double>& p, int version, double tau) {
  const double mu = 2 * tau;
  const std::vector<uint32_t> order = in_order(p);
  if (version == 2) {
    size_t count = 0;
    while (count < order.size() && -std::log2(p[order[count]]) <= mu) ++count;
    return keep_first(p, order, count);
  }
  double products = 0;
  double squares = 0;
  for (size_t i = 0; i + 1 < std::min<size_t>(100, order.size()); ++i) {
    const double t = std::log((static_cast<double>(i) + 2) / (static_cast<double>(i) + 1));
    products += t * std::log(p[order[i]] / p[order[i + 1]]);
    squares += t * t;
  }
  const double s = products / squares;
  const double e = s - 1;
  const double vocab = static_cast<double>(p.size());
  const double k = std::pow(e * std::exp2(mu) / (1 - std::pow(vocab, -e)), 1 / s);
  keep_first(p, order, static_cast<size_t>(std::clamp(std::round(k), 1.0, vocab)));
}

bool plain_draws(const std::vector<double>& p, double u, uint32_t token) {
  if (token >= p.size() || !(p[token] > 0)) return false;
  const double all = sum_of(p);
  const double before =
      std::accumulate(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(token), 0.0) / all;
  return u > before - 1e-5 && u < before + p[token] / all + 1e-5;
}

uint32_t three_passes(std::span<const float> logits, const uint32_t* mask, double u,
                      std::vector<float>& scratch) {
  scratch.resize(logits.size());
  float most = -std::numeric_limits<float>::infinity();
  for (size_t id = 0; id < logits.size(); ++id) {
    if (allows(mask, id)) most = std::max(most, logits[id]);
  }
  float sum = 0;
  for (size_t id = 0; id < logits.size(); ++id) {
    scratch[id] = allows(mask, id) ? std::exp(logits[id] - most) : 0;
    sum += scratch[id];
  }
  float target = static_cast<float>(u) * sum;
  uint32_t last = 0;
  for (uint32_t id = 0; id < logits.size(); ++id) {
    if (scratch[id] > 0) last = id;
    target -= scratch[id];
    if (target < 0) break;
  }
  return last;
}

}  // namespace tokrail::cli
