#include "decoding/samplers/xtc.h"

#include <cfloat>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "decoding/samplers/row_selection.h"

namespace tokrail {

namespace {

using row_kernels::Bounds;
using row_selection::Scratch;

class Xtc final : public Sampler {
 public:
  Xtc(float probability, float threshold) : probability_(probability), threshold_(threshold) {}

  std::string_view name() const noexcept override { return "xtc"; }
  bool is_prefix_function() const noexcept override { return false; }
  void apply(SamplingRow& row, const History&, const DrawPlace& place) noexcept override {
    if (probability_ <= 0 || threshold_ > 0.5f) return;
    const double u =
        CounterRandom(place.seed)
            .uniform(
                {.stream = place.stream, .position = place.position, .purpose = Purpose::kXtc});
    if (u >= double{probability_}) return;
    const Bounds bounds = row_kernels::bounds(row.logits.data(), row.logits.size());
    if (bounds.count <= 1 || std::isinf(bounds.max)) return;
    exclude(row.logits, bounds);
  }
  std::unique_ptr<Sampler> clone() const override {
    return std::make_unique<Xtc>(probability_, threshold_);
  }

 private:
  void exclude(std::span<float> row, const Bounds& bounds) {
    const double log_sum = row_kernels::exp_sums(row.data(), row.size(), bounds.max).log_sum();
    double least = -double{FLT_MAX};
    if (threshold_ > 0) least = double{bounds.max} + log_sum + std::log(double{threshold_});
    scratch_.logits.resize(row.size());
    scratch_.ids.resize(row.size());
    constexpr float kAll = std::numeric_limits<float>::infinity();
    const size_t count =
        row_kernels::collect(row.data(), nullptr, row.size(), {{}, static_cast<float>(least), kAll},
                             scratch_.logits.data(), scratch_.ids.data());
    if (count < 2) return;
    size_t last = 0;
    for (size_t i = 1; i < count; ++i) {
      if (scratch_.logits[i] <= scratch_.logits[last]) last = i;
    }
    for (size_t i = 0; i < count; ++i) {
      if (i != last) row[scratch_.ids[i]] = -kAll;
    }
  }

  float probability_, threshold_;
  Scratch scratch_;
};

}  // namespace

std::unique_ptr<Sampler> make_xtc(float probability, float threshold) {
  if (!(probability >= 0 && probability <= 1 && threshold >= 0 && threshold <= 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a probability and a threshold of XTC between 0 and 1");
  }
  return std::make_unique<Xtc>(probability, threshold);
}

}  // namespace tokrail
