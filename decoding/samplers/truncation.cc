#include "decoding/samplers/truncation.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "decoding/samplers/fused_sampler.h"
#include "decoding/samplers/row_selection.h"

namespace tokrail {

namespace {

using row_kernels::Bounds;
using row_kernels::ExpSums;
using row_selection::Cut;
using row_selection::Scratch;

constexpr size_t kTopHTokens = 100;

Bounds bounds_of(const SamplingRow& row) noexcept {
  return row_kernels::bounds(row.logits.data(), row.logits.size());
}

/// Whether a filter has anything to do.
bool has_choice(const Bounds& bounds) noexcept {
  return bounds.count > 1 && !std::isinf(bounds.max);
}

ExpSums sums_of(const SamplingRow& row, const Bounds& bounds) noexcept {
  return row_kernels::exp_sums(row.logits.data(), row.logits.size(), bounds.max);
}

/// Keeps logits of at least `least`, and the largest.
void keep_from(SamplingRow& row, const Bounds& bounds, double least) noexcept {
  row_kernels::drop(row.logits.data(), row.logits.size(), {},
                    std::min(static_cast<float>(least), bounds.max));
}

class TopK final : public FusedSampler {
 public:
  explicit TopK(uint32_t k) : k_(k) {}

  std::string_view name() const noexcept override { return "top_k"; }
  FusedStage stage() const noexcept override { return FusedStage::kTopK; }
  void set_parameters(RowParameters& parameters) const noexcept override { parameters.top_k = k_; }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    const Bounds bounds = bounds_of(row);
    if (!has_choice(bounds) || bounds.count <= k_) return;
    const Cut cut =
        row_selection::find_cut(row.logits, bounds, {.order = {}, .tokens = k_}, scratch_);
    row_selection::keep(row.logits, {}, cut);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<TopK>(k_); }

 private:
  uint32_t k_;
  Scratch scratch_;
};

class TopP final : public FusedSampler {
 public:
  explicit TopP(float mass) : mass_(mass) {}

  std::string_view name() const noexcept override { return "top_p"; }
  FusedStage stage() const noexcept override { return FusedStage::kTopP; }
  void set_parameters(RowParameters& parameters) const noexcept override {
    parameters.top_p = mass_;
  }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    const Bounds bounds = bounds_of(row);
    if (mass_ >= 1 || !has_choice(bounds)) return;
    const Cut cut = row_selection::find_cut(row.logits, bounds,
                                            {.order = {}, .tokens = 0, .mass = mass_}, scratch_);
    row_selection::keep(row.logits, {}, cut);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<TopP>(mass_); }

 private:
  float mass_;
  Scratch scratch_;
};

class MinP final : public FusedSampler {
 public:
  explicit MinP(float part) : part_(part) {}

  std::string_view name() const noexcept override { return "min_p"; }
  FusedStage stage() const noexcept override { return FusedStage::kMinP; }
  void set_parameters(RowParameters& parameters) const noexcept override {
    parameters.min_p = part_;
  }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    const Bounds bounds = bounds_of(row);
    if (!has_choice(bounds)) return;
    keep_from(row, bounds, logit_math::min_p_threshold(bounds.max, logit_math::kLog2E, part_));
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<MinP>(*this); }

 private:
  float part_;
};

class Typical final : public Sampler {
 public:
  explicit Typical(float mass) : mass_(mass) {}

  std::string_view name() const noexcept override { return "typical"; }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    const Bounds bounds = bounds_of(row);
    if (mass_ >= 1 || !has_choice(bounds)) return;
    // -ln p - H is the mean of the logits minus the logit.
    const ExpSums sums = sums_of(row, bounds);
    const auto mean = static_cast<float>(double{bounds.max} + sums.weighted / sums.sum());
    const row_kernels::Order order{.by_distance = true, .centre = mean};
    const Cut cut = row_selection::find_cut(
        row.logits, bounds, {.order = order, .tokens = 0, .mass = mass_, .must_pass_mass = true},
        scratch_);
    row_selection::keep(row.logits, order, cut);
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<Typical>(mass_); }

 private:
  float mass_;
  Scratch scratch_;
};

class Cutoff final : public Sampler {
 public:
  Cutoff(float cutoff, bool by_entropy) : cutoff_(cutoff), by_entropy_(by_entropy) {}

  std::string_view name() const noexcept override { return by_entropy_ ? "eta" : "epsilon"; }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    const Bounds bounds = bounds_of(row);
    if (cutoff_ <= 0 || !has_choice(bounds)) return;
    const ExpSums sums = sums_of(row, bounds);
    double least = std::log(double{cutoff_});
    if (by_entropy_) least = std::min(least, least / 2 - sums.entropy());
    keep_from(row, bounds, least + double{bounds.max} + sums.log_sum());
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<Cutoff>(*this); }

 private:
  float cutoff_;
  bool by_entropy_;
};

class TopNSigma final : public Sampler {
 public:
  explicit TopNSigma(float n) : n_(n) {}

  std::string_view name() const noexcept override { return "top_n_sigma"; }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    const Bounds bounds = bounds_of(row);
    if (n_ <= 0 || !has_choice(bounds)) return;
    const auto moments = row_kernels::moments(row.logits.data(), row.logits.size());
    keep_from(row, bounds, double{bounds.max} - n_ * std::sqrt(std::max(0.0, moments.variance)));
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<TopNSigma>(*this); }

 private:
  float n_;
};

class TopH final : public Sampler {
 public:
  explicit TopH(float part) : part_(part) {}

  std::string_view name() const noexcept override { return "top_h"; }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    const Bounds bounds = bounds_of(row);
    if (!has_choice(bounds)) return;
    const auto ids = row_selection::largest(row.logits, bounds, kTopHTokens, scratch_);
    const auto distance = [&](TokenId id) { return double{row.logits[id]} - double{bounds.max}; };
    double sum = 0, weighted = 0;
    for (const TokenId id : ids) {
      const double e = std::exp(distance(id));
      sum += e;
      if (e > 0) weighted += e * distance(id);
    }
    const double log_sum = std::log(sum);
    const double most = part_ * (log_sum - weighted / sum);
    double terms = 0;
    TokenId last = ids.front();
    for (const TokenId id : ids) {
      const double log_p = distance(id) - log_sum;
      if (log_p > -700) terms -= std::exp(log_p) * log_p;
      if (terms > most && part_ < 1 && id != ids.front()) break;
      last = id;
    }
    row_selection::keep(row.logits, {}, {.value = row.logits[last], .last_id = last});
  }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<TopH>(part_); }

 private:
  float part_;
  Scratch scratch_;
};

void require(bool holds, const char* what) {
  if (!holds) throw Error(ErrorCode::kInvalidArgument, std::string("expected ") + what);
}

}  // namespace

std::unique_ptr<Sampler> make_top_k(uint32_t k) {
  require(k > 0, "top-k to keep at least one token");
  return std::make_unique<TopK>(k);
}

std::unique_ptr<Sampler> make_top_p(float mass) {
  require(mass >= 0, "a top-p of at least 0");
  return std::make_unique<TopP>(mass);
}

std::unique_ptr<Sampler> make_min_p(float part) {
  require(part >= 0, "a min-p of at least 0");
  return std::make_unique<MinP>(part);
}

std::unique_ptr<Sampler> make_typical(float mass) {
  require(mass >= 0, "a typical mass of at least 0");
  return std::make_unique<Typical>(mass);
}

std::unique_ptr<Sampler> make_epsilon(float cutoff) {
  require(cutoff >= 0 && cutoff <= 1, "an epsilon cutoff between 0 and 1");
  return std::make_unique<Cutoff>(cutoff, false);
}

std::unique_ptr<Sampler> make_eta(float cutoff) {
  require(cutoff >= 0 && cutoff <= 1, "an eta cutoff between 0 and 1");
  return std::make_unique<Cutoff>(cutoff, true);
}

std::unique_ptr<Sampler> make_top_n_sigma(float n) {
  require(n >= 0 && std::isfinite(n), "a number of standard deviations of at least 0");
  return std::make_unique<TopNSigma>(n);
}

std::unique_ptr<Sampler> make_top_h(float part) {
  require(part >= 0 && part <= 1, "a part of the entropy between 0 and 1");
  return std::make_unique<TopH>(part);
}

}  // namespace tokrail
