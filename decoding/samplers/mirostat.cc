#include "decoding/samplers/mirostat.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "decoding/samplers/row_selection.h"

namespace tokrail {

namespace {

using row_kernels::Bounds;
using row_selection::Cut;
using row_selection::Scratch;

constexpr size_t kZipfTokens = 100;

/// The tokens that the last row kept, for the surprise of the one that is drawn.
struct KeptTokens {
  std::vector<TokenId> ids;  ///< rising
  std::vector<float> logits;
  double log_sum = 0;

  void assign(std::span<const float> row, const Bounds& bounds, float least, Scratch& scratch) {
    scratch.logits.resize(row.size());
    scratch.ids.resize(row.size());
    constexpr float kAll = std::numeric_limits<float>::infinity();
    const size_t count =
        row_kernels::collect(row.data(), nullptr, row.size(), {{}, std::max(least, -FLT_MAX), kAll},
                             scratch.logits.data(), scratch.ids.data());
    ids.assign(scratch.ids.begin(), scratch.ids.begin() + static_cast<ptrdiff_t>(count));
    logits.assign(scratch.logits.begin(), scratch.logits.begin() + static_cast<ptrdiff_t>(count));
    log_sum =
        double{bounds.max} + row_kernels::exp_sums(logits.data(), count, bounds.max).log_sum();
  }
};

class Mirostat : public Sampler {
 public:
  Mirostat(float tau, float eta) : tau_(tau), eta_(eta), mu_(2 * double{tau}) {}
  Mirostat(const Mirostat& other)
      : Sampler(other), tau_(other.tau_), eta_(other.eta_), mu_(other.mu_), kept_(other.kept_) {}
  Mirostat& operator=(const Mirostat&) = delete;

  bool is_prefix_function() const noexcept override { return false; }
  void apply(SamplingRow& row, const History&, const DrawPlace&) noexcept override {
    kept_.ids.clear();
    const Bounds bounds = row_kernels::bounds(row.logits.data(), row.logits.size());
    if (bounds.count == 0 || std::isinf(bounds.max)) return;
    const float least = truncate(row.logits, bounds);
    kept_.assign(row.logits, bounds, least, scratch_);
  }
  void accept(TokenId id) noexcept override {
    const auto found = std::lower_bound(kept_.ids.begin(), kept_.ids.end(), id);
    if (found == kept_.ids.end() || *found != id) return;
    const float logit = kept_.logits[static_cast<size_t>(found - kept_.ids.begin())];
    const double surprise = (kept_.log_sum - double{logit}) / logit_math::kLn2;
    mu_ -= eta_ * (surprise - tau_);
    kept_.ids.clear();
  }
  void reset() noexcept override {
    mu_ = 2 * double{tau_};
    kept_.ids.clear();
  }

 protected:
  /// Truncates the row and returns a logit below which nothing was kept.
  virtual float truncate(std::span<float> row, const Bounds& bounds) = 0;
  double mu() const noexcept { return mu_; }
  Scratch scratch_;

 private:
  float tau_, eta_;
  double mu_;
  KeptTokens kept_;
};

class MirostatV1 final : public Mirostat {
 public:
  using Mirostat::Mirostat;
  std::string_view name() const noexcept override { return "mirostat1"; }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<MirostatV1>(*this); }

 private:
  float truncate(std::span<float> row, const Bounds& bounds) override {
    if (bounds.count == 1) return bounds.min;
    const size_t k = tokens_to_keep(row, bounds);
    if (k >= bounds.count) return bounds.min;
    const Cut cut = row_selection::find_cut(row, bounds, {.order = {}, .tokens = k}, scratch_);
    row_selection::keep(row, {}, cut);
    return cut.value;
  }

  size_t tokens_to_keep(std::span<const float> row, const Bounds& bounds) {
    const auto ids = row_selection::largest(row, bounds, kZipfTokens, scratch_);
    double products = 0, squares = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const double t = std::log(static_cast<double>(i + 2) / static_cast<double>(i + 1));
      products += t * (double{row[ids[i]]} - double{row[ids[i + 1]]});
      squares += t * t;
    }
    const double s = products / squares, excess = s - 1;
    const double vocab = static_cast<double>(row.size());
    // (s - 1) / (1 - vocab^(1 - s)) goes to 1 / ln vocab.
    double ratio = 1 / std::log(vocab);
    if (std::fabs(excess) > 1e-9) ratio = excess / (1 - std::pow(vocab, -excess));
    const double k = std::pow(ratio * std::exp2(mu()), 1 / s);
    if (!(k >= 2)) return 1;
    return k < static_cast<double>(bounds.count) ? static_cast<size_t>(k) : bounds.count;
  }
};

class MirostatV2 final : public Mirostat {
 public:
  using Mirostat::Mirostat;
  std::string_view name() const noexcept override { return "mirostat2"; }
  std::unique_ptr<Sampler> clone() const override { return std::make_unique<MirostatV2>(*this); }

 private:
  float truncate(std::span<float> row, const Bounds& bounds) override {
    const double log_sum = row_kernels::exp_sums(row.data(), row.size(), bounds.max).log_sum();
    const auto least = static_cast<float>(double{bounds.max} + log_sum - mu() * logit_math::kLn2);
    if (least <= bounds.max) {
      row_kernels::drop(row.data(), row.size(), {}, least);
      return least;
    }
    const Cut first = row_selection::find_cut(row, bounds, {.order = {}, .tokens = 1}, scratch_);
    row_selection::keep(row, {}, first);
    return bounds.max;
  }
};

}  // namespace

std::unique_ptr<Sampler> make_mirostat(int version, float tau, float eta) {
  if ((version != 1 && version != 2) || !std::isfinite(tau) || !std::isfinite(eta)) {
    throw Error(ErrorCode::kInvalidArgument, "expected mirostat 1 or 2 with finite tau and eta");
  }
  if (version == 1) return std::make_unique<MirostatV1>(tau, eta);
  return std::make_unique<MirostatV2>(tau, eta);
}

}  // namespace tokrail
