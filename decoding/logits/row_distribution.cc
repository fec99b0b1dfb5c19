#include "decoding/logits/row_distribution.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/bitset.h"
#include "decoding/logits/list_kernels.h"

namespace tokrail::logit_math {
namespace {

// Rows of which less than one token in so many is allowed are kept as a list.
constexpr size_t kSparseShare = 64;

bool is_nan_allowed(const Block& block) noexcept {
  for (size_t i = 0; i < kBlock; ++i) {
    if (std::isnan(block.a[i]) &&
        (block.mask == nullptr || (block.mask[i / kWord] >> (i % kWord) & 1) != 0)) {
      return true;
    }
  }
  return false;
}

bool has_weight(float max) noexcept {
  return max > -kInfinity && max < kInfinity;
}

}  // namespace

void RowDistribution::prepare(const RowInput& input, const Wishes& wishes) {
  input_ = input;
  flags_ = 0;
  point_ = kNoToken;
  point_removed_ = false;
  most_ = -kInfinity;
  listed_ = has_cut_ = sparse_ = all_infinite_ = removable_ = false;
  sums_.clear();
  all_.clear();
  entropy_ = std::numeric_limits<double>::quiet_NaN();
  log_sum_ = -std::numeric_limits<double>::infinity();
  first_top_ = first_total_ = 0;
  if (!input.valid()) {
    flags_ = kRowBadParameters;
    return;
  }
  c_ = weight_scale(input.parameters);
  greedy_ = is_greedy(input.parameters);
  if (wishes.all_sums || !gather_sparse()) sum_dense(wishes);
  for (const Part& part : sums_.parts) most_ = std::max(most_, part.max);
  all_.fold();
  if (most_ == -kInfinity) {
    flags_ |= kRowNothingAllowed;
    return;
  }
  if (take_infinite()) return;
  if (wishes.sums) {
    sums_.fold();
    log_sum_ = sums_.log_sum();
    if (wishes.entropy) find_entropy();
  }
  if (greedy_ && !wishes.removal) return take_largest();
  if (wishes.truncate && truncates(input.parameters)) apply_truncation();
  if (wishes.removal) keep_for_removal();
  first_top_ = sums_.top();
  first_total_ = sums_.total();
}

// The list of what is allowed, if that is little.
bool RowDistribution::gather_sparse() {
  if (input_.mask == nullptr) return false;
  const size_t limit = input_.vocab / kSparseShare;
  // Most masks of many tokens are known by their beginning.
  const size_t beginning = std::min<size_t>(256, mask_words(input_.vocab));
  if (mask_count({input_.mask, beginning}) >= limit) return false;
  list_.clear();
  list_.ids.resize(limit + kWord);
  const size_t room = list_.ids.size();
  const size_t count = list_kernels().list_bits(input_.mask, input_.vocab, room, list_.ids.data());
  if (count >= limit) return false;
  list_.ids.resize(count);
  list_.a.resize(count);
  size_t kept = 0;
  for (const uint32_t id : list_.ids) {
    const float a = input_.logit(id);
    if (std::isnan(a)) flags_ |= kRowNan;
    if (!(a > -kInfinity)) continue;
    list_.ids[kept] = id;
    list_.a[kept++] = a;
  }
  list_.ids.resize(kept);
  list_.a.resize(kept);
  sparse_count_ = static_cast<uint32_t>(kept);
  sparse_ = listed_ = true;
  sum_list();
  return true;
}

void RowDistribution::sum_dense(const Wishes& wishes) {
  const size_t blocks = input_.blocks();
  const bool all = wishes.all_sums && wishes.sums && input_.mask != nullptr;
  const Sums sums = !wishes.sums ? Sums::kNone : all ? Sums::kBoth : Sums::kAllowed;
  sums_.parts.reserve(blocks);
  if (all) all_.parts.reserve(blocks);
  block_sums_.resize(blocks);
  const BlockKernels& kernels = block_kernels();
  for (size_t b = 0; b < blocks;) {
    size_t count = reader_.run(b);
    if (count > 0) {
      const float* a = static_cast<const float*>(input_.data) + b * kBlock;
      const uint32_t* mask = input_.mask == nullptr ? nullptr : input_.mask + b * kBlockWords;
      kernels.sum_blocks(a, mask, count, c_, sums, &block_sums_[b]);
    } else {
      count = 1;
      const Block block = reader_.read(b);
      kernels.sum_blocks(block.a, block.mask, 1, c_, sums, &block_sums_[b]);
    }
    for (const size_t end = b + count; b < end; ++b) note(b, block_sums_[b], all);
  }
}

void RowDistribution::note(size_t block, const BlockSum& sum, bool all) {
  if (sum.suspicious != 0 && (flags_ & kRowNan) == 0 && is_nan_allowed(reader_.read(block))) {
    flags_ |= kRowNan;
  }
  if (sum.max > -kInfinity) {
    Part part{.block = static_cast<uint32_t>(block)};
    PartSums::set(part, sum.max, sum.sum, c_);
    sums_.parts.push_back(part);
  }
  if (!all || !(sum.all_max > -kInfinity)) return;
  if (sum.all_max == kInfinity) all_infinite_ = true;
  Part part{.block = static_cast<uint32_t>(block)};
  PartSums::set(part, sum.all_max, sum.all_sum, c_);
  all_.parts.push_back(part);
}

bool RowDistribution::take_infinite() noexcept {
  if (most_ < kInfinity) return false;
  flags_ |= kRowInfinite;
  point_ = largest();
  log_sum_ = std::numeric_limits<double>::infinity();
  entropy_ = 0;
  return true;
}

void RowDistribution::take_largest() noexcept {
  point_ = largest();
}

// The largest a of what is left, the lowest id of several.
TokenId RowDistribution::largest() noexcept {
  const Part* best = nullptr;
  for (const Part& part : sums_.parts) {
    if (part.max > -kInfinity && (best == nullptr || part.max > best->max)) best = &part;
  }
  if (best == nullptr) return kNoToken;
  if (listed_) {
    for (size_t i = best->first; i < list_.size(); ++i) {
      if (list_.a[i] == best->max) return list_.ids[i];
    }
    return kNoToken;
  }
  const Block block = kept_block(best->block);
  return static_cast<TokenId>(best->block * kBlock +
                              block_kernels().find(block.a, block.mask, best->max));
}

void RowDistribution::find_entropy() noexcept {
  double sum = 0;  // of weight * (exponent - top)
  for (size_t index = 0; index < sums_.parts.size(); ++index) {
    const Part& part = sums_.parts[index];
    if (!(part.sum > 0)) continue;
    double exponents = 0;
    if (listed_) {
      for (size_t i = part.first; i < list_end(index); ++i) {
        exponents += (static_cast<double>(list_.a[i]) * c_ - part.reference) *
                     static_cast<double>(list_weights_[i]);
      }
    } else {
      const Block block = reader_.read(part.block);
      exponents =
          block_kernels().weighted_exponents(block.a, block.mask, c_, block_scale(part.max, c_));
    }
    exponents += (part.reference - sums_.top()) * static_cast<double>(part.sum);
    sum += exponents * power_between(part.reference, sums_.top());
  }
  entropy_ = std::max(0.0, kLn2 * (std::log2(sums_.total()) - sum / sums_.total()));
}

void RowDistribution::apply_truncation() {
  if (listed_) {
    std::swap(kept_.list, list_);
    truncate_list(input_, sums_.total(), most_, kept_);
  } else {
    truncate(input_, reader_, sums_, most_, kept_);
  }
  if (kept_.listed) {
    std::swap(kept_.list, list_);
    listed_ = true;
    sum_list();
    sums_.fold();
    return;
  }
  cut_ = kept_.cut;
  if (!(cut_.value > -kInfinity)) return;
  has_cut_ = true;
  sum_cut();
}

size_t RowDistribution::list_end(size_t index) const noexcept {
  return index + 1 < sums_.parts.size() ? sums_.parts[index + 1].first : list_.size();
}

void RowDistribution::sum_list() {
  sums_.clear();
  sums_.parts.reserve(std::min(list_.size(), input_.blocks()));
  list_weights_.resize(list_.size());
  for (size_t i = 0; i < list_.size(); ++i) {
    const uint32_t block = list_.ids[i] / static_cast<uint32_t>(kBlock);
    if (sums_.parts.empty() || sums_.parts.back().block != block) {
      sums_.parts.push_back({.block = block, .first = static_cast<uint32_t>(i)});
    }
    Part& part = sums_.parts.back();
    part.max = std::max(part.max, list_.a[i]);
  }
  weigh_list(0, sums_.parts.size());
  for (size_t index = 0; index < sums_.parts.size(); ++index) sum_list_part(index);
}

// The weights of the entries of parts `begin` to `end` - 1, whose maxima are known.
void RowDistribution::weigh_list(size_t begin, size_t end) noexcept {
  constexpr size_t kAtOnce = 256;
  float a[kAtOnce];
  float roundings[kAtOnce];
  float weights[kAtOnce];
  size_t index = begin;
  size_t i = begin < end ? sums_.parts[begin].first : 0;
  while (index < end) {
    const size_t first = i;
    size_t count = 0;
    for (; index < end && count < kAtOnce; ++index) {
      const Part& part = sums_.parts[index];
      const BlockScale scale = has_weight(part.max) ? block_scale(part.max, c_) : BlockScale{};
      const size_t stop = list_end(index);
      for (; i < stop && count < kAtOnce; ++i, ++count) {
        a[count] = list_.a[i] - scale.shift;
        roundings[count] = scale.rounding;
      }
      if (i < stop) break;
    }
    std::fill(a + count, a + std::min(kAtOnce, count + 16), 0.0f);
    std::fill(roundings + count, roundings + std::min(kAtOnce, count + 16), kRounding);
    list_kernels().weigh(a, roundings, c_, count, weights);
    std::copy_n(weights, count, list_weights_.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

// fold() of the lanes of a few entries without the lanes that are 0.
float RowDistribution::sum_few(size_t begin, size_t end) const noexcept {
  uint32_t lanes[kFew];
  float sums[kFew];
  size_t count = 0;
  for (size_t i = begin; i < end; ++i, ++count) {
    lanes[count] = list_.ids[i];
    sums[count] = list_weights_[i];
  }
  // At first entries of one lane meet, in order of id, then lanes that are half of them apart.
  for (uint32_t width = kLanes; width > 0 && count > 1; width /= 2) {
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      const uint32_t lane = lanes[i] & (width - 1);
      size_t at = 0;
      while (at < kept && lanes[at] != lane) ++at;
      if (at < kept) {
        sums[at] += sums[i];
      } else {
        lanes[kept] = lane;
        sums[kept++] = sums[i];
      }
    }
    count = kept;
  }
  return sums[0];
}

// Adds up the weights of a part of the list.
void RowDistribution::sum_list_part(size_t index) noexcept {
  Part& part = sums_.parts[index];
  const size_t begin = part.first;
  const size_t end = list_end(index);
  if (!has_weight(part.max)) return PartSums::set(part, part.max, 0, c_);
  if (end - begin <= kFew) {
    return PartSums::set(part, part.max, sum_few(begin, end), c_);
  }
  float lanes[kLanes] = {};
  for (size_t i = begin; i < end; ++i) lanes[list_.ids[i] % kLanes] += list_weights_[i];
  PartSums::set(part, part.max, fold(lanes, kLanes), c_);
}

void RowDistribution::sum_cut() {
  size_t kept = 0;
  for (const Part& part : sums_.parts) {
    if (!(part.max >= cut_.value)) continue;
    const Block block = kept_block(part.block);
    BlockSum sum;
    block_kernels().sum_blocks(block.a, block.mask, 1, c_, Sums::kAllowed, &sum);
    if (!(sum.max > -kInfinity)) continue;
    Part again{.block = part.block};
    PartSums::set(again, sum.max, sum.sum, c_);
    sums_.parts[kept++] = again;
  }
  sums_.parts.resize(kept);
  sums_.fold();
}

Block RowDistribution::kept_block(size_t number) noexcept {
  if (removable_ && !listed_) return reader_.read(number, left_.data());
  Block block = reader_.read(number);
  if (!has_cut_) return block;
  cut_block(block, number, cut_, words_);
  block.mask = words_;
  return block;
}

bool RowDistribution::empty() const noexcept {
  if (point_ != kNoToken) return point_removed_;
  if (!greedy_) return sums_.empty();
  for (const Part& part : sums_.parts) {
    if (part.max > -kInfinity) return false;
  }
  return true;
}

double RowDistribution::log_sum() const noexcept {
  return log_sum_;
}

double RowDistribution::log_sum_all() const noexcept {
  if (input_.mask == nullptr) return log_sum_;
  return all_infinite_ ? std::numeric_limits<double>::infinity() : all_.log_sum();
}

double RowDistribution::log_prob(float a) const noexcept {
  if (a == kInfinity) return 0;
  return kLn2 * (static_cast<double>(a) * c_) - log_sum_;
}

uint32_t RowDistribution::count_allowed() {
  if (sparse_) return sparse_count_;
  size_t count = 0;
  uint32_t words[kBlockWords];
  for (size_t b = 0; b < input_.blocks(); ++b) {
    const Block block = reader_.read(b);
    count += block_kernels().select(block.a, block.mask, -FLT_MAX, false, words);
  }
  return static_cast<uint32_t>(count);
}

uint32_t RowDistribution::count_kept() {
  if (is_point()) return 1;
  if (listed_) return static_cast<uint32_t>(list_.size());
  size_t count = 0;
  uint32_t words[kBlockWords];
  for (const Part& part : sums_.parts) {
    const Block block = kept_block(part.block);
    count += block_kernels().select(block.a, block.mask, -FLT_MAX, false, words);
  }
  return static_cast<uint32_t>(count);
}

TokenId RowDistribution::draw(double u) noexcept {
  if (point_ != kNoToken) return point_removed_ ? kNoToken : point_;
  if (greedy_) return largest();
  double target = 0;
  const size_t index = sums_.pick(u, target);
  if (index >= sums_.parts.size()) return kNoToken;
  if (listed_) return draw_listed(index, target);
  const Part& part = sums_.parts[index];
  const Block block = kept_block(part.block);
  return static_cast<TokenId>(part.block * kBlock + block_kernels().draw(block.a, block.mask, c_,
                                                                         block_scale(part.max, c_),
                                                                         target));
}

TokenId RowDistribution::draw_listed(size_t index, double target) const noexcept {
  const size_t end = list_end(index);
  const auto same_word = [&](size_t i, size_t j) {
    return list_.ids[i] / kWord == list_.ids[j] / kWord;
  };
  size_t starts[kBlockWords + 1];
  float sums[kBlockWords];
  size_t count = 0;
  for (size_t i = sums_.parts[index].first; i < end; ++count) {
    float lanes[kWord] = {};
    starts[count] = i;
    do {
      lanes[list_.ids[i] % kWord] = list_weights_[i];
      ++i;
    } while (i < end && same_word(starts[count], i));
    sums[count] = fold(lanes, kWord);
  }
  starts[count] = end;
  const size_t word = pick(count, target, [&](size_t i) { return sums[i]; });
  if (word == count) return kNoToken;
  const size_t at = pick(starts[word + 1] - starts[word], target,
                         [&](size_t i) { return list_weights_[starts[word] + i]; });
  return list_.ids[starts[word] + at];
}

void RowDistribution::first(size_t k, TokenList& out) {
  if (!listed_) return first_k(reader_, sums_.parts, k, out);
  out = list_;
  first_of_list(k, out);
}

bool RowDistribution::could_draw(uint32_t id) const noexcept {
  if (point_ != kNoToken) return id == point_;
  if (id >= input_.vocab || sums_.parts.empty()) return false;
  if (listed_) return std::binary_search(list_.ids.begin(), list_.ids.end(), id);
  if (!input_.allows(id)) return false;
  const float a = input_.logit(id);
  return a > -kInfinity && (!has_cut_ || keeps(cut_, a, id));
}

// Relative to the reference that a itself would give its block: the same float times an exact
// power of two, and never below the floor.
double RowDistribution::probability_of(float a) const noexcept {
  const BlockScale scale = block_scale(a, c_);
  return static_cast<double>(weight(a, c_, scale)) * power_between(scale.reference, first_top_) /
         first_total_;
}

double RowDistribution::probability(uint32_t id) const noexcept {
  if (!could_draw(id)) return 0;
  return point_ != kNoToken ? 1 : probability_of(input_.logit(id));
}

double RowDistribution::log_probability(uint32_t id) const noexcept {
  if (!could_draw(id)) return -std::numeric_limits<double>::infinity();
  if (point_ != kNoToken) return 0;
  return kLn2 * (static_cast<double>(input_.logit(id)) * c_) -
         log_of_total(first_total_, first_top_);
}

void RowDistribution::probabilities(size_t number, double* out) noexcept {
  std::fill_n(out, kBlock, 0.0);
  const size_t first = number * kBlock;
  if (is_point()) {
    const size_t at = point_;
    if (at / kBlock == number) out[at % kBlock] = 1;
    return;
  }
  const size_t index = part_of(number);
  if (index == sums_.parts.size()) return;
  if (listed_) {
    for (size_t i = sums_.parts[index].first; i < list_end(index); ++i) {
      out[list_.ids[i] - first] = probability_of(list_.a[i]);
    }
    return;
  }
  const Part& part = sums_.parts[index];
  if (!(part.sum > 0)) return;
  const Block block = kept_block(number);
  const BlockScale scale = block_scale(part.max, c_);
  const double power = power_between(part.reference, first_top_);
  float weights[kBlock];
  if (scale.shift == 0) {
    float roundings[kBlock];
    std::fill(roundings, roundings + kBlock, scale.rounding);
    list_kernels().weigh(block.a, roundings, c_, kBlock, weights);
  } else {
    for (size_t i = 0; i < kBlock; ++i) weights[i] = weight(block.a[i], c_, scale);
  }
  for (size_t i = 0; i < kBlock; ++i) {
    if (block.mask != nullptr && (block.mask[i / kWord] >> (i % kWord) & 1) == 0) continue;
    out[i] = static_cast<double>(weights[i]) * power / first_total_;
  }
}

size_t RowDistribution::part_of(size_t block) const noexcept {
  const auto& parts = sums_.parts;
  const auto at =
      std::lower_bound(parts.begin(), parts.end(), block,
                       [](const Part& part, size_t number) { return part.block < number; });
  if (at == parts.end() || at->block != block) return parts.size();
  return static_cast<size_t>(at - parts.begin());
}

}  // namespace tokrail::logit_math
