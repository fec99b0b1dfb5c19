#include "decoding/smc/resampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tokrail {
namespace {

double usable(double weight) noexcept {
  return weight > 0 && std::isfinite(weight) ? weight : 0;
}

/// The uniforms of one resampling, in order.
class Uniforms {
 public:
  Uniforms(const CounterRandom& random, DrawName place) : random_(random), place_(place) {
    place_.purpose = Purpose::kResample;
  }
  double next() {
    const double u = random_.uniform(place_);
    ++place_.draw;
    return u;
  }

 private:
  const CounterRandom& random_;
  DrawName place_;
};

/// Walks the particles in order of index along rising points of [0, total).
class Walk {
 public:
  explicit Walk(std::span<const double> weights) : weights_(weights) {
    last_ = weights.size();
    while (last_ > 0 && weights[last_ - 1] <= 0) --last_;
  }

  /// The particle whose part of the line holds `point`; points may not fall. Rounding at the end of
  /// the line gives the last particle that has weight.
  uint32_t at(double point) {
    while (index_ + 1 < last_ && (weights_[index_] <= 0 || point >= sum_ + weights_[index_]))
      sum_ += weights_[index_++];
    return static_cast<uint32_t>(index_);
  }
  /// Goes past the particle just answered, so that it is not answered again.
  void pass() {
    if (index_ + 1 < last_) sum_ += weights_[index_++];
  }

 private:
  std::span<const double> weights_;
  size_t last_ = 0;
  size_t index_ = 0;
  double sum_ = 0;
};

void append_multinomial(std::span<const double> weights, double total, size_t count,
                        Uniforms& uniforms, std::vector<uint32_t>& out) {
  std::vector<double> points(count);
  for (double& point : points) point = uniforms.next() * total;
  std::sort(points.begin(), points.end());
  Walk walk(weights);
  for (const double point : points) out.push_back(walk.at(point));
}

void append_residual(std::span<const double> weights, double total, size_t count,
                     Uniforms& uniforms, std::vector<uint32_t>& out) {
  std::vector<double> rest(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    const double copies = weights[i] / total * static_cast<double>(count);
    // Rounding must not hand out more than count.
    const size_t whole = std::min(static_cast<size_t>(copies), count - out.size());
    out.insert(out.end(), whole, static_cast<uint32_t>(i));
    rest[i] = std::max(copies - static_cast<double>(whole), 0.0);
  }
  const double left = std::accumulate(rest.begin(), rest.end(), 0.0);
  if (left > 0)
    append_multinomial(rest, left, count - out.size(), uniforms, out);
  else
    append_multinomial(weights, total, count - out.size(), uniforms, out);
  std::sort(out.begin(), out.end());
}

/// One point in each of `count` equal parts of the line: at one place of all, or each at its own.
void append_spread(std::span<const double> weights, double total, size_t count, bool one_uniform,
                   Uniforms& uniforms, std::vector<uint32_t>& out) {
  Walk walk(weights);
  double u = uniforms.next();
  for (size_t i = 0; i < count; ++i) {
    if (i > 0 && !one_uniform) u = uniforms.next();
    out.push_back(walk.at((static_cast<double>(i) + u) / static_cast<double>(count) * total));
  }
}

/// The threshold of Fearnhead and Clifford, and how many particles lie above it; for more than
/// `count` particles with weight.
struct Threshold {
  double c = 0;
  size_t above = 0;
};
Threshold find_threshold(std::vector<double> weights, size_t count) {
  std::sort(weights.begin(), weights.end(), std::greater<>());
  std::vector<double> sums(weights.size() + 1, 0);  // of the weights from i on, small ones first
  for (size_t i = weights.size(); i-- > 0;) sums[i] = sums[i + 1] + weights[i];
  for (size_t above = 0; above < count; ++above) {
    const double c = sums[above] / static_cast<double>(count - above);
    if (weights[above] <= c || above + 1 == count) return {c, above};
  }
  return {};
}

Resampled steer(std::span<const double> weights, size_t count, Uniforms& uniforms) {
  Resampled next;
  const size_t size = std::min(count, weights.size());
  const auto positive = static_cast<size_t>(
      std::count_if(weights.begin(), weights.end(), [](double w) { return w > 0; }));
  if (positive <= size) {
    // All with weight stay; the first without it fill up.
    size_t room = size - positive;
    for (size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] <= 0 && room == 0) continue;
      if (weights[i] <= 0) --room;
      next.ancestors.push_back(static_cast<uint32_t>(i));
      next.weights.push_back(weights[i]);
    }
    return next;
  }
  const Threshold threshold = find_threshold({weights.begin(), weights.end()}, count);
  next.threshold = threshold.c;
  std::vector<double> below(weights.begin(), weights.end());
  std::vector<uint8_t> taken(weights.size(), 0);
  size_t kept = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= threshold.c) continue;
    taken[i] = 1;
    below[i] = 0;
    ++kept;
  }
  Walk walk(below);
  const double u = uniforms.next();
  for (size_t i = 0; kept + i < count; ++i) {
    const uint32_t index = walk.at((static_cast<double>(i) + u) * threshold.c);
    taken[index] = 1;
    walk.pass();
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    if (taken[i] == 0) continue;
    next.ancestors.push_back(static_cast<uint32_t>(i));
    next.weights.push_back(std::max(weights[i], threshold.c));
  }
  return next;
}

}  // namespace

std::string_view resampling_name(Resampling scheme) noexcept {
  switch (scheme) {
    case Resampling::kMultinomial: return "multinomial";
    case Resampling::kResidual: return "residual";
    case Resampling::kSystematic: return "systematic";
    case Resampling::kStratified: return "stratified";
    case Resampling::kSteer: return "steer";
  }
  return "unknown";
}

Resampled resample(Resampling scheme, std::span<const double> weights, size_t count,
                   const CounterRandom& random, DrawName place) {
  std::vector<double> usable_weights(weights.size());
  std::transform(weights.begin(), weights.end(), usable_weights.begin(), usable);
  const double total = std::accumulate(usable_weights.begin(), usable_weights.end(), 0.0);
  Uniforms uniforms(random, place);
  Resampled next;
  if (weights.empty() || count == 0) return next;
  if (!(total > 0) || !std::isfinite(total)) {
    next.ancestors.assign(count, 0);
    next.weights.assign(count, 0);
    return next;
  }
  if (scheme == Resampling::kSteer) return steer(usable_weights, count, uniforms);
  next.ancestors.reserve(count);
  if (scheme == Resampling::kMultinomial)
    append_multinomial(usable_weights, total, count, uniforms, next.ancestors);
  else if (scheme == Resampling::kResidual)
    append_residual(usable_weights, total, count, uniforms, next.ancestors);
  else
    append_spread(usable_weights, total, count, scheme == Resampling::kSystematic, uniforms,
                  next.ancestors);
  next.weights.assign(count, total / static_cast<double>(weights.size()));
  return next;
}

double effective_particles(std::span<const double> weights) noexcept {
  double largest = 0;
  for (const double weight : weights) largest = std::max(largest, usable(weight));
  if (largest <= 0) return 0;
  double sum = 0;
  double squares = 0;
  for (const double weight : weights) {
    const double part = usable(weight) / largest;
    sum += part;
    squares += part * part;
  }
  return sum * sum / squares;
}

}  // namespace tokrail
