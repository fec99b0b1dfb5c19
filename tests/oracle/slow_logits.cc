#include "tests/oracle/slow_logits.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

namespace tokrail::test {
namespace {

constexpr double kNear = 1e-6;
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

float number_of_half(uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = bits >> 10 & 31;
  const double fraction = (bits & 1023) / 1024.0;
  if (exponent == 31) {
    return fraction != 0 ? std::numeric_limits<float>::quiet_NaN()
                         : static_cast<float>(sign) * kInfinity;
  }
  const double value =
      exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
  return static_cast<float>(sign * value);
}

float logit_at(const LogitsView& view, size_t row, size_t id) {
  const size_t at = row * view.row_stride + id;
  if (view.type == LogitsType::kF32) return static_cast<const float*>(view.data)[at];
  const uint16_t bits = static_cast<const uint16_t*>(view.data)[at];
  if (view.type == LogitsType::kF16) return number_of_half(bits);
  const uint32_t wide = uint32_t{bits} << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

float adjust(float x, const Adjustment& by, const RowParameters& p) {
  if (by.bias == -kInfinity) return -kInfinity;
  float a = x + by.bias;
  if (by.context > 0) a = a > 0 ? a / p.repetition_penalty : a * p.repetition_penalty;
  a = std::fma(-p.frequency_penalty, static_cast<float>(by.output), a);
  if (by.output > 0) a -= p.presence_penalty;
  return a;
}

bool mask_allows(const MaskView& masks, size_t row, size_t id) {
  if (masks.words == nullptr) return true;
  const int64_t index =
      masks.row_index == nullptr ? static_cast<int64_t>(row) : masks.row_index[row];
  if (index < 0) return true;
  const uint32_t* words = masks.words + static_cast<size_t>(index) * masks.row_words;
  return (words[id / 32] >> (id % 32) & 1) != 0;
}

// Log of the sum of exp(factor * a) over the tokens for which `of` holds; +inf with a = +inf.
template <typename Of>
double log_sum_of(const std::vector<float>& a, double factor, Of of) {
  double most = -kInf;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!of(i) || !(a[i] > -kInfinity)) continue;
    if (a[i] == kInfinity) return kInf;
    most = std::max(most, factor * static_cast<double>(a[i]));
  }
  if (most == -kInf) return most;
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (of(i) && a[i] > -kInfinity) sum += std::exp(factor * static_cast<double>(a[i]) - most);
  }
  return most + std::log(sum);
}

// The filters, each on what is left of `prefix`, the tokens in order.
class Truncation {
 public:
  Truncation(SlowRow& row, const RowParameters& p, double factor)
      : row_(row), p_(p), factor_(factor), prefix_(row.order) {}

  std::vector<uint32_t> run() {
    switch (p_.order) {
      case FilterOrder::kVllm: min_p(), top_k(), top_p(); break;
      case FilterOrder::kLlamaCpp:
      case FilterOrder::kHf: top_k(), top_p(), min_p(); break;
    }
    return prefix_;
  }

 private:
  double weight(uint32_t id) const {
    const double top = static_cast<double>(row_.a[row_.order[0]]);
    return std::exp(factor_ * (static_cast<double>(row_.a[id]) - top));
  }

  void top_k() {
    if (p_.top_k > 0 && p_.top_k < prefix_.size()) prefix_.resize(p_.top_k);
  }

  void top_p() {
    if (p_.top_p >= 1) return;
    double all = 0;
    for (const uint32_t id : prefix_) all += weight(id);
    const double wanted = static_cast<double>(p_.top_p) * all;
    double mass = 0;
    size_t count = 0;
    while (count < prefix_.size()) {
      mass += weight(prefix_[count++]);
      if (std::abs(mass - wanted) < kNear * all) row_.near_boundary = true;
      if (mass >= wanted) break;
    }
    prefix_.resize(count);
  }

  void min_p() {
    if (!(p_.min_p > 0)) return;
    size_t count = 0;
    for (const uint32_t id : prefix_) {
      const double part = weight(id) / static_cast<double>(p_.min_p);
      if (p_.min_p < 1 && std::abs(part - 1) < kNear) row_.near_boundary = true;
      if (part >= 1 || row_.a[id] == row_.a[row_.order[0]]) ++count;
    }
    prefix_.resize(count);
  }

  SlowRow& row_;
  const RowParameters& p_;
  double factor_;
  std::vector<uint32_t> prefix_;
};

bool makes_sense(const RowParameters& p) {
  const auto finite = [](float x) { return std::abs(x) < kInfinity; };
  return p.inverse_temperature >= 0 && p.top_p >= 0 && !std::isnan(p.min_p) &&
         p.repetition_penalty > 0 && finite(p.repetition_penalty) && finite(p.frequency_penalty) &&
         finite(p.presence_penalty);
}

void read_logits(const SampleBatch& batch, size_t row, SlowRow& result) {
  const size_t vocab = batch.logits.vocab;
  for (size_t id = 0; id < vocab; ++id) result.a[id] = logit_at(batch.logits, row, id);
  if (batch.adjustments.entries != nullptr) {
    for (uint32_t i = batch.adjustments.offsets[row]; i < batch.adjustments.offsets[row + 1]; ++i) {
      const Adjustment& by = batch.adjustments.entries[i];
      result.a[by.token] = adjust(result.a[by.token], by, batch.parameters[row]);
    }
  }
  for (uint32_t id = 0; id < vocab; ++id) {
    if (!mask_allows(batch.masks, row, id)) continue;
    if (std::isnan(result.a[id])) result.flags |= kRowNan;
    if (!(result.a[id] > -kInfinity)) continue;
    result.allowed[id] = true;
    result.order.push_back(id);
  }
  std::stable_sort(result.order.begin(), result.order.end(),
                   [&](uint32_t x, uint32_t y) { return result.a[x] > result.a[y]; });
}

void make_point(SlowRow& row) {
  std::fill(row.kept.begin(), row.kept.end(), false);
  row.kept[row.order[0]] = true;
  row.q[row.order[0]] = 1;
}

double uniform(const RowParameters& p, Purpose purpose, uint32_t draw) {
  return CounterRandom(p.seed).uniform({p.stream, p.position, draw, purpose});
}

// A distribution that loses mass: t, or d, of verify.h.
void normalise(std::vector<double>& t, const std::vector<double>& before) {
  const double sum = std::accumulate(t.begin(), t.end(), 0.0);
  if (!(sum > 0)) {
    t = before;
    return;
  }
  for (double& x : t) x /= sum;
}

void subtract(std::vector<double>& t, const std::vector<double>& d) {
  const std::vector<double> before = t;
  for (size_t i = 0; i < t.size(); ++i) t[i] = std::max(0.0, t[i] - d[i]);
  normalise(t, before);
}

void take_out(std::vector<double>& t, uint32_t id) {
  const std::vector<double> before = t;
  t[id] = 0;
  normalise(t, before);
}

uint32_t draw_from(const std::vector<double>& t, double u, bool& doubtful) {
  double sum = 0;
  const double all = std::accumulate(t.begin(), t.end(), 0.0);
  uint32_t last = kNoToken;
  for (uint32_t id = 0; id < t.size(); ++id) {
    if (!(t[id] > 0)) continue;
    sum += t[id];
    if (std::abs(sum - u * all) < kNear * all) doubtful = true;
    last = id;
    if (u * all < sum) return id;
  }
  return last;
}

bool accepts(double u, double d, double t, bool& doubtful) {
  if (std::abs(u * d - t) < kNear) doubtful = true;
  return u * d < t;
}

struct Rows {
  SampleBatch target;
  SampleBatch draft;
  bool draft_is_masked;

  SlowRow target_row(size_t row) const { return slow_row(target, row); }
  // The draft's row under the mask of a row of the target.
  std::vector<double> draft_row(size_t row, size_t target_row) const {
    SampleBatch one = draft;
    const size_t bytes = bytes_per_logit(draft.logits.type) * draft.logits.row_stride;
    one.logits.data = static_cast<const char*>(draft.logits.data) + row * bytes;
    one.logits.rows = 1;
    one.parameters = draft.parameters + row;
    const int32_t none = -1;
    int32_t index = none;
    if (draft_is_masked && target.masks.words != nullptr) {
      one.masks = target.masks;
      index = target.masks.row_index == nullptr ? static_cast<int32_t>(target_row)
                                                : target.masks.row_index[target_row];
      one.masks.row_index = &index;
    }
    return slow_row(one, 0).q;
  }
};

}  // namespace

SlowRow slow_row(const SampleBatch& batch, size_t row) {
  const size_t vocab = batch.logits.vocab;
  const RowParameters& p = batch.parameters[row];
  SlowRow result;
  result.a.resize(vocab);
  result.allowed.resize(vocab);
  result.kept.resize(vocab);
  result.p.resize(vocab);
  result.q.resize(vocab);
  if (!makes_sense(p)) {
    result.flags = kRowBadParameters;
    return result;
  }
  read_logits(batch, row, result);
  const bool greedy = p.inverse_temperature == kInfinity;
  const double factor = greedy ? 1 : static_cast<double>(p.inverse_temperature);
  result.log_sum_all = log_sum_of(result.a, factor, [](size_t) { return true; });
  result.log_sum = log_sum_of(result.a, factor, [&](size_t i) { return result.allowed[i]; });
  if (result.order.empty()) {
    result.flags |= kRowNothingAllowed;
    return result;
  }
  result.max_logit = factor * static_cast<double>(result.a[result.order[0]]);
  if (result.a[result.order[0]] == kInfinity) {
    result.flags |= kRowInfinite;
    result.p[result.order[0]] = 1;
    make_point(result);
    return result;
  }
  for (const uint32_t id : result.order) {
    const double log_p = factor * static_cast<double>(result.a[id]) - result.log_sum;
    result.p[id] = std::exp(log_p);
    if (result.p[id] > 0) result.entropy -= result.p[id] * log_p;
  }
  const double filter_factor = p.order == FilterOrder::kLlamaCpp ? 1 : factor;
  double sum = 0;
  for (const uint32_t id : Truncation(result, p, filter_factor).run()) {
    result.kept[id] = true;
    sum += result.p[id];
  }
  for (size_t id = 0; id < vocab; ++id) {
    if (result.kept[id]) result.q[id] = result.p[id] / sum;
  }
  if (greedy) {
    std::fill(result.q.begin(), result.q.end(), 0.0);
    make_point(result);
  }
  return result;
}

bool is_draw(const std::vector<double>& weights, double u, uint32_t token) {
  if (token >= weights.size() || !(weights[token] > 0)) return false;
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  double before = 0;
  for (uint32_t id = 0; id < token; ++id) before += weights[id];
  return u * all >= before - kNear * all && u * all < before + weights[token] + kNear * all;
}

SlowVerdict slow_verify_chain(const ChainBatch& batch, size_t sequence) {
  const Rows rows{{.logits = batch.target,
                   .masks = batch.masks,
                   .adjustments = batch.adjustments,
                   .parameters = batch.target_parameters},
                  {.logits = batch.draft, .parameters = batch.draft_parameters},
                  batch.draft_is_masked};
  SlowVerdict verdict;
  const size_t length = batch.lengths == nullptr ? batch.width : batch.lengths[sequence];
  for (size_t i = 0;; ++i) {
    const size_t number = sequence * (batch.width + size_t{1}) + i;
    const RowParameters& p = batch.target_parameters[number];
    const SlowRow row = rows.target_row(number);
    verdict.doubtful = verdict.doubtful || row.near_boundary;
    verdict.token = kNoToken;
    if (row.order.empty()) return verdict;
    const size_t drafted_at = sequence * batch.width + i;
    if (i == length || batch.rule == VerifyRule::kMatch) {
      verdict.token = draw_from(row.q, uniform(p, Purpose::kToken, p.draw), verdict.doubtful);
      if (i == length || batch.tokens[drafted_at] != verdict.token) return verdict;
      verdict.path.push_back(static_cast<int32_t>(i));
      continue;
    }
    const uint32_t x = batch.tokens[drafted_at];
    std::vector<double> d(row.q.size());
    if (batch.draft.data == nullptr) {
      d[x] = 1;
    } else {
      d = rows.draft_row(drafted_at, number);
    }
    if (!accepts(uniform(p, Purpose::kAccept, 0), d[x], row.q[x], verdict.doubtful)) {
      std::vector<double> t = row.q;
      subtract(t, d);
      verdict.token = draw_from(t, uniform(p, Purpose::kResidual, 0), verdict.doubtful);
      return verdict;
    }
    verdict.path.push_back(static_cast<int32_t>(i));
  }
}

SlowVerdict slow_verify_tree(const TreeDraft& tree) {
  const Rows rows{{.logits = tree.target,
                   .masks = tree.masks,
                   .adjustments = tree.adjustments,
                   .parameters = tree.target_parameters},
                  {.logits = tree.draft, .parameters = tree.draft_parameters},
                  tree.draft_is_masked};
  SlowVerdict verdict;
  for (size_t node = 0;;) {
    const RowParameters& p = tree.target_parameters[node];
    const SlowRow row = rows.target_row(node);
    verdict.doubtful = verdict.doubtful || row.near_boundary;
    verdict.token = kNoToken;
    if (row.order.empty()) return verdict;
    std::vector<double> t = row.q;
    std::vector<size_t> children;
    for (size_t i = 1; i < tree.nodes; ++i) {
      if (static_cast<size_t>(tree.parents[i]) == node) children.push_back(i);
    }
    size_t next = 0;
    if (tree.rule == VerifyRule::kMatch || children.empty()) {
      verdict.token = draw_from(t, uniform(p, Purpose::kToken, p.draw), verdict.doubtful);
      for (const size_t child : children) {
        if (next == 0 && tree.tokens[child] == verdict.token) next = child;
      }
    } else {
      const int64_t draft_row =
          tree.draft_row == nullptr ? static_cast<int64_t>(node) : tree.draft_row[node];
      const bool deterministic = tree.draft.data == nullptr || draft_row < 0 ||
                                 tree.siblings == SiblingKind::kDeterministic;
      std::vector<double> d(t.size());
      if (!deterministic) d = rows.draft_row(static_cast<size_t>(draft_row), node);
      for (uint32_t j = 0; j < children.size() && next == 0; ++j) {
        const uint32_t x = tree.tokens[children[j]];
        const double chance = deterministic ? 1 : d[x];
        if (accepts(uniform(p, Purpose::kAccept, j), chance, t[x], verdict.doubtful)) {
          next = children[j];
        } else if (deterministic) {
          take_out(t, x);
        } else {
          subtract(t, d);
          if (tree.siblings == SiblingKind::kWithoutReplacement) take_out(d, x);
        }
      }
      if (next == 0) {
        verdict.token = draw_from(t, uniform(p, Purpose::kResidual, 0), verdict.doubtful);
      }
    }
    if (next == 0) return verdict;
    verdict.path.push_back(static_cast<int32_t>(next));
    node = next;
  }
}

}  // namespace tokrail::test
