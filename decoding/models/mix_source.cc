#include "decoding/models/mix_source.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.h"

namespace tokrail {
namespace {

double log_sum_exp(std::span<const float> row) noexcept {
  const float top = *std::ranges::max_element(row);
  double sum = 0;
  for (const float x : row) {
    sum += std::exp(static_cast<double>(x) - top);
  }
  return top + std::log(sum);
}

bool readable(const SourceInfo& info) noexcept {
  return info.type == LogitsType::kF32 && info.device == DeviceKind::kHost;
}

}  // namespace

MixSource::MixSource(LogitSource& a, LogitSource& b, double weight)
    : a_(a), b_(b), weight_(weight), info_(a.info()) {
  if (a.info().vocab != b.info().vocab || !readable(a.info()) || !readable(b.info()) ||
      !(weight >= 0 && weight <= 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                "a mixture needs two sources of one vocabulary with f32 rows on the host, and a "
                "weight from 0 to 1");
  }
  info_.name = "mix(" + a.info().name + ", " + b.info().name + ")";
  info_.canvases = false;
  info_.trees = a.info().trees && b.info().trees;
  info_.batch_invariant = a.info().batch_invariant && b.info().batch_invariant;
  const size_t limits[] = {a.info().context_limit, b.info().context_limit};
  info_.context_limit = limits[0] == 0 || limits[1] == 0 ? std::max(limits[0], limits[1])
                                                         : std::min(limits[0], limits[1]);
}

bool MixSource::known(SequenceId sequence) const noexcept {
  return sequence >= 0 && static_cast<size_t>(sequence) < sequences_.size() &&
         sequences_[static_cast<size_t>(sequence)].first >= 0;
}

SequenceId MixSource::keep(Pair pair) {
  if (closed_.empty()) {
    sequences_.push_back(pair);
    closed_.reserve(sequences_.capacity());
    return static_cast<SequenceId>(sequences_.size() - 1);
  }
  const SequenceId sequence = closed_.back();
  closed_.pop_back();
  sequences_[static_cast<size_t>(sequence)] = pair;
  return sequence;
}

SequenceId MixSource::open(std::span<const TokenId> prompt) {
  const SequenceId a = a_.open(prompt);
  return keep({a, b_.open(prompt)});
}

bool MixSource::fork(std::span<const SequenceId> ancestors, std::span<SequenceId> out) {
  if (ancestors.size() != out.size() ||
      !std::ranges::all_of(ancestors, [&](SequenceId id) { return known(id); })) {
    return false;
  }
  std::vector<SequenceId> a(ancestors.size());
  std::vector<SequenceId> b(ancestors.size());
  for (size_t i = 0; i < ancestors.size(); ++i) {
    std::tie(a[i], b[i]) = sequences_[static_cast<size_t>(ancestors[i])];
  }
  if (!a_.fork(a, a)) {
    return false;
  }
  if (!b_.fork(b, b)) {
    std::ranges::for_each(a, [&](SequenceId id) { a_.close(id); });
    return false;
  }
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = keep({a[i], b[i]});
  }
  return true;
}

void MixSource::truncate(SequenceId sequence, size_t length) noexcept {
  if (known(sequence)) {
    const Pair& pair = sequences_[static_cast<size_t>(sequence)];
    a_.truncate(pair.first, length);
    b_.truncate(pair.second, length);
  }
}

void MixSource::close(SequenceId sequence) noexcept {
  if (known(sequence)) {
    Pair& pair = sequences_[static_cast<size_t>(sequence)];
    a_.close(pair.first);
    b_.close(pair.second);
    pair = {-1, -1};
    closed_.push_back(sequence);
  }
}

size_t MixSource::length(SequenceId sequence) const noexcept {
  return known(sequence) ? a_.length(sequences_[static_cast<size_t>(sequence)].first) : 0;
}

void MixSource::mix_row(std::span<const float> a, std::span<const float> b,
                        float* out) const noexcept {
  const double sum_a = log_sum_exp(a);
  const double sum_b = log_sum_exp(b);
  for (size_t token = 0; token < a.size(); ++token) {
    const double p =
        (1 - weight_) * std::exp(a[token] - sum_a) + weight_ * std::exp(b[token] - sum_b);
    out[token] = static_cast<float>(std::log(p));
  }
}

EvalResult MixSource::eval(std::span<const EvalRequest> requests) noexcept {
  requests_.assign(requests.begin(), requests.end());
  for (EvalRequest& request : requests_) {
    request.sequence =
        known(request.sequence) ? sequences_[static_cast<size_t>(request.sequence)].first : -1;
  }
  const EvalResult a = a_.eval(requests_);
  if (a.status != SourceStatus::kOk) {
    return a;
  }
  for (size_t i = 0; i < requests.size(); ++i) {
    requests_[i].sequence = sequences_[static_cast<size_t>(requests[i].sequence)].second;
  }
  const EvalResult b = b_.eval(requests_);
  if (b.status != SourceStatus::kOk) {
    return b;
  }
  // Rows with the same pair of origins are the same.
  rows_.resize(a.rows.size());
  logits_.resize(a.rows.size() * info_.vocab);
  std::vector<std::pair<uint32_t, uint32_t>> made;
  for (size_t i = 0; i < a.rows.size(); ++i) {
    const std::pair<uint32_t, uint32_t> origin{a.rows[i], b.rows[i]};
    const auto found = std::ranges::find(made, origin);
    rows_[i] = static_cast<uint32_t>(found - made.begin());
    if (found == made.end()) {
      mix_row(a.row(i), b.row(i), logits_.data() + made.size() * info_.vocab);
      made.push_back(origin);
    }
  }
  EvalResult result;
  result.logits = {
      .data = logits_.data(), .rows = made.size(), .vocab = info_.vocab, .row_stride = info_.vocab};
  result.rows = rows_;
  return result;
}

bool MixSource::commit(SequenceId sequence, std::span<const int32_t> path) noexcept {
  if (!known(sequence)) {
    return false;
  }
  const Pair& pair = sequences_[static_cast<size_t>(sequence)];
  return a_.commit(pair.first, path) && b_.commit(pair.second, path);
}

std::string_view MixSource::failure() const noexcept {
  return a_.failure().empty() ? b_.failure() : a_.failure();
}

}  // namespace tokrail
