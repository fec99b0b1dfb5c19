#include "decoding/samplers/temperature.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "decoding/samplers/fused_sampler.h"
#include "decoding/samplers/row_selection.h"

namespace tokrail {

namespace {

using row_kernels::Bounds;

void keep_only(std::span<float> row, size_t id) noexcept {
  const float kept = row[id];
  row_kernels::drop(row.data(), row.size(), {}, std::numeric_limits<float>::infinity());
  row[id] = kept;
}

void keep_largest(std::span<float> row) noexcept {
  const Bounds bounds = row_kernels::bounds(row.data(), row.size());
  if (bounds.count == 0) return;
  keep_only(row, static_cast<size_t>(std::find(row.begin(), row.end(), bounds.max) - row.begin()));
}

float inverse(float temperature) noexcept {
  return temperature > 0 ? 1 / temperature : kGreedy;
}

void temper(std::span<float> row, float temperature) noexcept {
  const float factor = inverse(temperature);
  if (factor == kGreedy) return keep_largest(row);
  if (factor != 1) row_kernels::scale(row.data(), row.size(), factor);
}

class Temperature final : public FusedSampler {
 public:
  explicit Temperature(float temperature) : temperature_(temperature) {}

  std::string_view name() const noexcept override {
    return temperature_ > 0 ? "temperature" : "greedy";
  }
  FusedStage stage() const noexcept override { return FusedStage::kTemperature; }
  void set_parameters(RowParameters& parameters) const noexcept override {
    parameters.inverse_temperature = inverse(temperature_);
  }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    temper(row.logits, temperature_);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<Temperature>(*this); }

 private:
  float temperature_;
};

class DynamicTemperature final : public Sampler {
 public:
  DynamicTemperature(float temperature, float range, float exponent)
      : lowest_(std::max(0.0f, temperature - range)),
        highest_(temperature + range),
        exponent_(exponent) {}

  std::string_view name() const noexcept override { return "dynamic_temperature"; }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    const float* const data = row.logits.data();
    const size_t size = row.logits.size();
    const Bounds bounds = row_kernels::bounds(data, size);
    if (bounds.count <= 1 || std::isinf(bounds.max)) return;
    const row_kernels::ExpSums sums = row_kernels::exp_sums(data, size, bounds.max);
    const double part =
        std::clamp(sums.entropy() / std::log(static_cast<double>(bounds.count)), 0.0, 1.0);
    const double span = double{highest_} - double{lowest_};
    const double temperature = lowest_ + span * std::pow(part, double{exponent_});
    temper(row.logits, static_cast<float>(temperature));
  }
  std::unique_ptr<Sampler> clone() const override {
    return std::make_unique<DynamicTemperature>(*this);
  }

 private:
  float lowest_, highest_, exponent_;
};

class Gumbel final : public Sampler {
 public:
  std::string_view name() const noexcept override { return "gumbel"; }
  bool is_prefix_function() const noexcept override { return false; }
  void apply(SamplingRow& row, const History&, const DrawPlace& place) noexcept override {
    const CounterRandom random(place.seed);
    // Uniforms are at least 2^-53 away from 1, so noise is below this.
    constexpr double kMostNoise = 36.8;
    double best = -std::numeric_limits<double>::infinity();
    size_t best_id = row.logits.size();
    for (size_t id = 0; id < row.logits.size(); ++id) {
      const double logit = row.logits[id];
      if (!(logit + kMostNoise > best) || std::isinf(logit)) {
        if (!(logit > best)) continue;
        best = logit;  // +inf
        best_id = id;
        continue;
      }
      const double u = random.uniform_open({.stream = place.stream,
                                            .position = place.position,
                                            .draw = static_cast<uint32_t>(id),
                                            .purpose = Purpose::kNoise});
      const double sum = logit - std::log(-std::log(u));
      if (!(sum > best)) continue;
      best = sum;
      best_id = id;
    }
    if (best_id < row.logits.size()) keep_only(row.logits, best_id);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<Gumbel>(*this); }
};

bool is_amount(float value) noexcept {
  return value >= 0 && std::isfinite(value);
}

}  // namespace

std::unique_ptr<Sampler> make_temperature(float temperature) {
  if (!is_amount(temperature)) {
    throw Error(ErrorCode::kInvalidArgument, "expected a temperature of at least 0");
  }
  return std::make_unique<Temperature>(temperature);
}

std::unique_ptr<Sampler> make_dynamic_temperature(float temperature, float range, float exponent) {
  if (!is_amount(temperature) || !is_amount(range) || !is_amount(exponent)) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a temperature, a range and an exponent of at least 0");
  }
  return std::make_unique<DynamicTemperature>(temperature, range, exponent);
}

std::unique_ptr<Sampler> make_greedy() {
  return std::make_unique<Temperature>(0.0f);
}

std::unique_ptr<Sampler> make_gumbel() {
  return std::make_unique<Gumbel>();
}

}  // namespace tokrail
