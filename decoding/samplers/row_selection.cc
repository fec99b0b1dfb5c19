#include "decoding/samplers/row_selection.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace tokrail::row_selection {

namespace {

using row_kernels::Bounds;
using row_kernels::kRungs;
using row_kernels::Ladder;
using row_kernels::LadderJob;
using row_kernels::Order;

// Slices of so many tokens are put in order.
constexpr size_t kFew = 96;
// Where the first rungs of a search by mass stand, in nats below the first token.
constexpr float kFirstRungs[kRungs] = {0.5f, 1, 2, 3, 4.5f, 6.5f, 9, 13};
// Ranges wider than this are cut by the bits of numbers and not by their values.
constexpr float kWideRange = 1000;

float next_above(float value) noexcept {
  return std::nextafter(value, std::numeric_limits<float>::infinity());
}

class Search {
 public:
  Search(std::span<const float> row, const Bounds& bounds, const Prefix& prefix, Scratch& scratch)
      : row_(row), prefix_(prefix), scratch_(scratch), tokens_(row.data()), count_(row.size()) {
    scratch.logits.resize(row.size());
    scratch.ids.resize(row.size());
    job_.order = prefix.order;
    job_.max = bounds.max;
    job_.weighted = prefix.tokens == 0;
    const float low = prefix.order.of(bounds.min), high = prefix.order.of(bounds.max);
    least_ = std::min(low, high);
    below_ = next_above(prefix.order.by_distance ? 0.0f : bounds.max);
  }

  Cut run() {
    set_first_rungs();
    bool is_first = true;
    while (true) {
      const Ladder ladder = row_kernels::ladder(tokens_, count_, job_);
      if (is_first) target_ = first_target(ladder);
      is_first = false;
      narrow(ladder);
      const size_t before = count_;
      count_ = row_kernels::collect(tokens_, ids_, count_, {prefix_.order, least_, below_},
                                    scratch_.logits.data(), scratch_.ids.data());
      tokens_ = scratch_.logits.data();
      ids_ = scratch_.ids.data();
      if (count_ <= kFew || next_above(least_) >= below_) return finish();
      count_ > before / 2 ? set_rungs_by_bits() : set_rungs_by_value();
    }
  }

 private:
  double first_target(const Ladder& ladder) const noexcept {
    if (!job_.weighted) return static_cast<double>(prefix_.tokens);
    // Above 0, so that no empty slice reaches it.
    return std::max(prefix_.mass * ladder.all, std::numeric_limits<double>::min());
  }

  bool reaches(double mass) const noexcept {
    return prefix_.must_pass_mass ? mass > target_ : mass >= target_;
  }

  void set_first_rungs() {
    if (!job_.weighted) {
      below_ - least_ > kWideRange ? set_rungs_by_bits() : set_rungs_by_value();
      return;
    }
    const float top = prefix_.order.by_distance ? 0 : job_.max;
    const float unit = std::min(1.0f, (top - least_) / kFirstRungs[kRungs - 1]);
    for (size_t j = 0; j < kRungs; ++j) set_rung(j, top - unit * kFirstRungs[j]);
  }

  void set_rungs_by_value() {
    const float step = (below_ - least_) / (kRungs + 1);
    for (size_t j = 0; j < kRungs; ++j) set_rung(j, below_ - step * static_cast<float>(j + 1));
  }

  void set_rungs_by_bits() {
    const uint64_t high = logit_math::ordering_key(below_);
    const uint64_t span = high - logit_math::ordering_key(least_);
    for (size_t j = 0; j < kRungs; ++j) {
      const uint64_t down = std::max<uint64_t>(1, span * (j + 1) / (kRungs + 1));
      set_rung(j, logit_math::key_value(static_cast<uint32_t>(high - down)));
    }
  }

  void set_rung(size_t j, float value) {
    job_.rungs[j] = std::clamp(value, least_, std::nextafter(below_, least_));
  }

  /// Goes to the slice in which the prefix ends.
  void narrow(const Ladder& ladder) noexcept {
    size_t j = 0;
    while (j < kRungs && !reaches(above_ + ladder.masses[j])) ++j;
    if (j < kRungs) least_ = job_.rungs[j];
    if (j == 0) return;
    below_ = job_.rungs[j - 1];
    above_ += ladder.masses[j - 1];
  }

  Cut finish() {
    auto& order = scratch_.order;
    order.clear();
    for (size_t i = 0; i < count_; ++i) {
      const uint64_t key = ~logit_math::ordering_key(prefix_.order.of(tokens_[i]));
      order.push_back(key << 32 | ids_[i]);
    }
    // Slices of one value are in order, and may be long.
    if (!std::is_sorted(order.begin(), order.end())) std::sort(order.begin(), order.end());
    double mass = above_;
    // Rounding may leave the slice without its end: then all of it is kept.
    Cut cut{.value = least_};
    for (const uint64_t entry : order) {
      const auto id = static_cast<uint32_t>(entry);
      const float logit = row_[id];
      mass += job_.weighted ? std::exp(double{logit} - double{job_.max}) : 1;
      cut = {.value = prefix_.order.of(logit), .last_id = id};
      if (reaches(mass)) break;
    }
    return cut;
  }

  std::span<const float> row_;
  const Prefix& prefix_;
  Scratch& scratch_;
  LadderJob job_;
  const float* tokens_;
  const uint32_t* ids_ = nullptr;
  size_t count_;
  float least_ = 0, below_ = 0;  ///< the slice
  double above_ = 0;             ///< mass of what comes before the slice
  double target_ = 0;
};

/// Tokens by falling logit and then rising id, as sortable numbers: key above, id below.
void set_order(size_t count, Scratch& scratch) {
  scratch.order.clear();
  for (size_t i = 0; i < count; ++i) {
    const uint64_t key = ~logit_math::ordering_key(scratch.logits[i]);
    scratch.order.push_back(key << 32 | scratch.ids[i]);
  }
}

size_t collect_from(std::span<const float> row, float least, const Bounds& bounds,
                    Scratch& scratch) {
  return row_kernels::collect(row.data(), nullptr, row.size(), {{}, least, next_above(bounds.max)},
                              scratch.logits.data(), scratch.ids.data());
}

/// The first `count` tokens where these are few: the count-th largest of the blocks' maxima is a
/// number that at least `count` tokens reach, and usually few more. Leaves all that reach it in
/// scratch.order and says whether that was so.
bool gather_largest(std::span<const float> row, const Bounds& bounds, size_t count,
                    Scratch& scratch) {
  if (count * 2 > row.size() / row_kernels::kMaximaBlock) return false;
  scratch.logits.resize(row.size());
  scratch.ids.resize(row.size());
  float* const maxima = scratch.logits.data();
  const size_t blocks = row_kernels::block_maxima(row.data(), row.size(), maxima);
  std::nth_element(maxima, maxima + count - 1, maxima + blocks, std::greater<>());
  const float least = maxima[count - 1];
  if (!(least >= bounds.min)) return false;
  const size_t found = collect_from(row, least, bounds, scratch);
  if (found > row.size() / 8) return false;
  set_order(found, scratch);
  return true;
}

}  // namespace

Cut find_cut(std::span<const float> row, const Bounds& bounds, const Prefix& prefix,
             Scratch& scratch) {
  if (prefix.tokens > 0 && gather_largest(row, bounds, prefix.tokens, scratch)) {
    const auto last = scratch.order.begin() + static_cast<ptrdiff_t>(prefix.tokens - 1);
    std::nth_element(scratch.order.begin(), last, scratch.order.end());
    const auto id = static_cast<uint32_t>(*last);
    return {.value = row[id], .last_id = id};
  }
  return Search(row, bounds, prefix, scratch).run();
}

void keep(std::span<float> row, const Order& order, const Cut& cut) noexcept {
  const size_t split = std::min<size_t>(row.size(), size_t{cut.last_id} + 1);
  row_kernels::drop(row.data(), split, order, cut.value);
  // Behind the last id that is kept at this value, only what comes before the value.
  row_kernels::drop(row.data() + split, row.size() - split, order, next_above(cut.value));
}

std::span<const uint32_t> largest(std::span<const float> row, const Bounds& bounds, size_t count,
                                  Scratch& scratch) {
  count = std::min(count, bounds.count);
  if (count == 0) return {};
  if (!gather_largest(row, bounds, count, scratch)) {
    float least = bounds.min;
    if (count < bounds.count) {
      least = Search(row, bounds, {.order = {}, .tokens = count}, scratch).run().value;
    }
    scratch.logits.resize(row.size());
    scratch.ids.resize(row.size());
    set_order(collect_from(row, least, bounds, scratch), scratch);
  }
  const auto end = scratch.order.begin() + static_cast<ptrdiff_t>(count);
  std::partial_sort(scratch.order.begin(), end, scratch.order.end());
  for (size_t i = 0; i < count; ++i) scratch.ids[i] = static_cast<uint32_t>(scratch.order[i]);
  return {scratch.ids.data(), count};
}

}  // namespace tokrail::row_selection
