#include "decoding/logits/part_sums.h"

#include <algorithm>
#include <limits>

namespace tokrail::logit_math {

void PartSums::clear() noexcept {
  parts.clear();
  groups_.clear();
  top_ = total_ = 0;
}

void PartSums::set(Part& part, float max, float sum, float c) noexcept {
  part.max = max;
  part.sum = sum;
  part.reference = sum > 0 ? block_scale(max, c).reference : 0;
}

double PartSums::add_group(const Group& group) const noexcept {
  double sum = 0;
  for (size_t i = group.begin; i < group.end; ++i) {
    const Part& part = parts[i];
    if (part.sum > 0) {
      sum += static_cast<double>(part.sum) * power_between(part.reference, top_);
    }
  }
  return sum;
}

void PartSums::fold() {
  top_ = -std::numeric_limits<double>::infinity();
  for (const Part& part : parts) {
    if (part.sum > 0) top_ = std::max(top_, part.reference);
  }
  groups_.clear();
  total_ = 0;
  for (size_t i = 0; i < parts.size();) {
    Group group{i, i, 0};
    const size_t number = parts[i].block / kGroupBlocks;
    while (group.end < parts.size() && parts[group.end].block / kGroupBlocks == number) {
      ++group.end;
    }
    group.total = add_group(group);
    total_ += group.total;
    groups_.push_back(group);
    i = group.end;
  }
}

void PartSums::refold(size_t index) {
  double top = -std::numeric_limits<double>::infinity();
  for (const Part& part : parts) {
    if (part.sum > 0) top = std::max(top, part.reference);
  }
  if (top != top_) return fold();
  total_ = 0;
  for (Group& group : groups_) {
    if (group.begin <= index && index < group.end) group.total = add_group(group);
    total_ += group.total;
  }
}

double PartSums::log_sum() const noexcept {
  if (empty()) return -std::numeric_limits<double>::infinity();
  return log_of_total(total_, top_);
}

size_t PartSums::pick(double u, double& target) const noexcept {
  target = u * total_;
  const size_t chosen =
      logit_math::pick(groups_.size(), target, [&](size_t g) { return groups_[g].total; });
  if (chosen == groups_.size()) return parts.size();
  const Group& group = groups_[chosen];
  const size_t at = logit_math::pick(group.end - group.begin, target, [&](size_t i) {
    const Part& part = parts[group.begin + i];
    if (!(part.sum > 0)) return 0.0;
    return static_cast<double>(part.sum) * power_between(part.reference, top_);
  });
  const size_t index = group.begin + at;
  if (index < parts.size()) target /= power_between(parts[index].reference, top_);
  return index;
}

}  // namespace tokrail::logit_math
