// Tokens taken out of a row, and the mass that is left.
#include <algorithm>
#include <limits>

#include "base/bitset.h"
#include "decoding/logits/row_distribution.h"

namespace tokrail::logit_math {

void RowDistribution::keep_for_removal() {
  changed_.assign(sums_.parts.size(), 0);
  if (listed_) {
    initial_a_ = list_.a;
    removable_ = true;
    return;
  }
  left_.assign(mask_words(input_.vocab), 0);
  for (const Part& part : sums_.parts) {
    const Block block = kept_block(part.block);
    const size_t first = part.block * kBlockWords;
    const size_t count = std::min(kBlockWords, left_.size() - first);
    if (block.mask == nullptr) {
      std::fill_n(left_.begin() + static_cast<std::ptrdiff_t>(first), count, 0xFFFFFFFFu);
    } else {
      std::copy_n(block.mask, count, left_.begin() + static_cast<std::ptrdiff_t>(first));
    }
  }
  removable_ = true;
}

void RowDistribution::resum(size_t index) noexcept {
  Part& part = sums_.parts[index];
  if (listed_) {
    part.max = -kInfinity;
    for (size_t i = part.first; i < list_end(index); ++i) {
      part.max = std::max(part.max, list_.a[i]);
    }
    weigh_list(index, index + 1);
    return sum_list_part(index);
  }
  const Block block = kept_block(part.block);
  BlockSum sum;
  block_kernels().sum_blocks(block.a, block.mask, 1, c_, Sums::kAllowed, &sum);
  PartSums::set(part, sum.max, sum.sum, c_);
}

void RowDistribution::refold_changed() noexcept {
  size_t count = 0;
  size_t last = 0;
  for (size_t index = 0; index < changed_.size(); ++index) {
    if (changed_[index] == 0) continue;
    changed_[index] = 0;
    resum(index);
    last = index;
    ++count;
  }
  if (count == 1) {
    sums_.refold(last);
  } else if (count > 1) {
    sums_.fold();
  }
}

void RowDistribution::remove(std::span<const TokenId> ids) noexcept {
  for (const TokenId id : ids) {
    if (id >= input_.vocab) continue;
    if (point_ != kNoToken) {
      point_removed_ = point_removed_ || id == point_;
      continue;
    }
    const size_t index = part_of(id / kBlock);
    if (index == sums_.parts.size()) continue;
    if (listed_) {
      const auto at = std::lower_bound(list_.ids.begin(), list_.ids.end(), id);
      if (at == list_.ids.end() || *at != id) continue;
      list_.a[static_cast<size_t>(at - list_.ids.begin())] = -kInfinity;
    } else {
      if (!mask_test(left_, id)) continue;
      mask_clear(left_, id);
    }
    changed_[index] = 1;
  }
  refold_changed();
}

void RowDistribution::remove_mask(std::span<const uint32_t> mask) noexcept {
  const auto taken = [&](size_t id) {
    return id / kWord < mask.size() && (mask[id / kWord] >> (id % kWord) & 1) != 0;
  };
  if (point_ != kNoToken) {
    point_removed_ = point_removed_ || taken(point_);
    return;
  }
  for (size_t index = 0; index < sums_.parts.size(); ++index) {
    if (listed_) {
      for (size_t i = sums_.parts[index].first; i < list_end(index); ++i) {
        if (!taken(list_.ids[i])) continue;
        list_.a[i] = -kInfinity;
        changed_[index] = 1;
      }
      continue;
    }
    const size_t first = sums_.parts[index].block * kBlockWords;
    const size_t end = std::min({first + kBlockWords, left_.size(), mask.size()});
    for (size_t w = first; w < end; ++w) {
      if ((left_[w] & mask[w]) == 0) continue;
      left_[w] &= ~mask[w];
      changed_[index] = 1;
    }
  }
  refold_changed();
}

double RowDistribution::remaining() const noexcept {
  if (empty()) return 0;
  if (is_point()) return 1;
  const double part = sums_.total() * power_between(sums_.top(), first_top_) / first_total_;
  // Something is left, however little.
  return std::max(part, std::numeric_limits<double>::min());
}

double RowDistribution::mass(std::span<const uint32_t> mask) noexcept {
  const auto wanted = [&](size_t id) {
    return id / kWord < mask.size() && (mask[id / kWord] >> (id % kWord) & 1) != 0;
  };
  if (point_ != kNoToken) return wanted(point_) ? 1 : 0;
  double sum = 0;
  if (listed_) {
    const std::vector<float>& a = removable_ ? initial_a_ : list_.a;
    for (size_t i = 0; i < list_.size(); ++i) {
      if (wanted(list_.ids[i])) sum += probability_of(a[i]);
    }
    return sum;
  }
  uint32_t words[kBlockWords];
  for (const Part& part : sums_.parts) {
    Block block = reader_.read(part.block);
    if (has_cut_) {
      cut_block(block, part.block, cut_, words_);
      block.mask = words_;
    }
    const size_t first = part.block * kBlockWords;
    for (size_t w = 0; w < kBlockWords; ++w) {
      words[w] = first + w < mask.size() ? mask[first + w] : 0;
      if (block.mask != nullptr) words[w] &= block.mask[w];
    }
    BlockSum found;
    block_kernels().sum_blocks(block.a, words, 1, c_, Sums::kAllowed, &found);
    if (!(found.sum > 0)) continue;
    const double reference = block_scale(found.max, c_).reference;
    sum += static_cast<double>(found.sum) * power_between(reference, first_top_) / first_total_;
  }
  return sum;
}

}  // namespace tokrail::logit_math
