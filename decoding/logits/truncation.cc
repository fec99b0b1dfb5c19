#include "decoding/logits/truncation.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

#include "decoding/logits/list_kernels.h"

namespace tokrail::logit_math {
namespace {

// Bins of the histogram over a; its two arrays stay in the first-level cache.
constexpr uint32_t kBins = 1024;
// Bins over the upper bits of ordering_key.
constexpr uint32_t kKeyShift = 20;

struct Entry {
  float a;
  uint32_t id;
};

bool stands_before(const Entry& x, const Entry& y) noexcept {
  return x.a > y.a || (x.a == y.a && x.id < y.id);
}

double mass_of(float a, float c, const BlockScale& scale) noexcept {
  return static_cast<double>(weight(a, c, scale));
}

// Appends what is allowed and from `low`, but always above -inf, to `high`.
void collect(BlockReader& reader, const std::vector<Part>& parts, float low, float high,
             TokenList& out) {
  low = std::max(low, -FLT_MAX);
  size_t count = out.size();
  for (const Part& part : parts) {
    if (!(part.max >= low)) continue;
    out.a.resize(count + kBlock + 16);
    out.ids.resize(count + kBlock + 16);
    const Block block = reader.read(part.block);
    count += list_kernels().collect(block.a, block.mask, low, high,
                                    static_cast<uint32_t>(part.block * kBlock),
                                    out.a.data() + count, out.ids.data() + count);
  }
  out.a.resize(count);
  out.ids.resize(count);
}

std::vector<Entry> entries_of(const TokenList& list) {
  std::vector<Entry> entries(list.size());
  for (size_t i = 0; i < entries.size(); ++i) entries[i] = {list.a[i], list.ids[i]};
  return entries;
}

// A value that at least k allowed tokens reach, or -inf; as high as is easy to tell.
float bound_of_k(BlockReader& reader, const std::vector<Part>& parts, size_t k) {
  std::vector<float> maxima;
  for (const Part& part : parts) {
    if (part.max > -kInfinity) maxima.push_back(part.max);
  }
  if (k <= maxima.size()) {
    const auto at = maxima.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(maxima.begin(), at, maxima.end(), std::greater<>());
    return *at;
  }
  // Counts by the upper bits of the ordering key.
  std::vector<uint32_t> counts(size_t{1} << (32 - kKeyShift));
  TokenList block_list;
  for (const Part& part : parts) {
    if (!(part.max > -kInfinity)) continue;
    block_list.clear();
    collect(reader, {part}, -FLT_MAX, kInfinity, block_list);
    for (const float a : block_list.a) ++counts[ordering_key(a) >> kKeyShift];
  }
  size_t seen = 0;
  for (size_t bin = counts.size(); bin-- > 0;) {
    seen += counts[bin];
    if (seen >= k) return bin == 0 ? -FLT_MAX : key_value(static_cast<uint32_t>(bin << kKeyShift));
  }
  return -kInfinity;
}

Cut cut_after(const Entry& last) noexcept {
  return {last.a, last.id};
}

// The end of the smallest prefix of sorted entries that reaches `wanted`, beginning with `mass`;
// 0 if none does.
size_t prefix_end(const std::vector<Entry>& entries, double mass, double wanted, float c,
                  const BlockScale& scale) noexcept {
  for (size_t i = 0; i < entries.size(); ++i) {
    mass += mass_of(entries[i].a, c, scale);
    if (mass >= wanted) return i + 1;
  }
  return 0;
}

void sort_by_id(std::vector<Entry>& entries, TokenList& list) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& x, const Entry& y) { return x.id < y.id; });
  list.a.resize(entries.size());
  list.ids.resize(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    list.a[i] = entries[i].a;
    list.ids[i] = entries[i].id;
  }
}

// Top-p and min-p on entries in order, top-k done. `total`, if not negative, is the mass of what
// top-p refers to where min-p has not acted.
void filter_sorted(const RowParameters& p, double total, float most, std::vector<Entry>& entries) {
  const float c = filter_scale(p);
  const BlockScale scale = block_scale(most, c);
  const auto keep_min_p = [&] {
    const float low = min_p_threshold(most, c, p.min_p);
    size_t count = entries.size();
    while (count > 0 && entries[count - 1].a < low) --count;
    const bool shorter = count < entries.size();
    entries.resize(count);
    return shorter;
  };
  if (p.order == FilterOrder::kVllm && keep_min_p()) total = -1;
  if (p.top_p < 1) {
    if (total < 0) {
      total = 0;
      for (const Entry& entry : entries) total += mass_of(entry.a, c, scale);
    }
    const size_t end = prefix_end(entries, 0, static_cast<double>(p.top_p) * total, c, scale);
    if (end > 0) entries.resize(end);
  }
  if (p.order != FilterOrder::kVllm) keep_min_p();
}

// Masses of the tokens from `most` down to `low`, bin by bin; what is below counts in the last one.
class Histogram {
 public:
  Histogram(float most, float low, float c, const BlockScale& scale)
      : most_(most), c_(c), scale_(scale) {
    // The width of extreme rows is no float: they have few bins, in the right order.
    const float width = std::min(most - low, FLT_MAX);
    per_unit_ = width > 0 ? static_cast<float>(kBins - 1) / width : 0;
    per_unit_ = std::min(per_unit_, FLT_MAX);
  }

  /// Up to 15 numbers behind `count` are read.
  void add(const float* values, size_t count) {
    list_kernels().histogram(values, count, most_, per_unit_, kBins - 1, c_, scale_, masses_);
  }
  double mass(uint32_t bin) const { return masses_[bin]; }
  double total() const { return std::accumulate(masses_, masses_ + kBins, 0.0); }
  uint32_t bin_of(float a) const {
    return static_cast<uint32_t>(std::min((most_ - a) * per_unit_, static_cast<float>(kBins - 1)));
  }
  /// A number not below any of the bin and those after it, give or take a rounding.
  float upper_edge(uint32_t bin) const {
    return per_unit_ > 0 ? most_ - static_cast<float>(bin) / per_unit_ : most_;
  }
  /// The bin where the running sum from `mass` on reaches `wanted`, or kBins; `mass` becomes what
  /// is before it.
  uint32_t find(double wanted, double& mass) const {
    uint32_t bin = 0;
    while (bin < kBins && mass + masses_[bin] < wanted) mass += masses_[bin++];
    return bin;
  }

 private:
  float most_;
  float c_;
  float per_unit_;
  BlockScale scale_;
  double masses_[kBins] = {};
};

// What top-p is asked, and of which tokens.
struct TopP {
  float most = 0;  ///< largest allowed a of the row
  float low = 0;   ///< tokens below cannot be in the prefix
  float c = 0;     ///< scale of the masses
  double wanted = 0;
  BlockScale scale = {};
};

// The cut in a list where its running sum, beginning with `mass`, reaches the wanted one; false
// where it does not.
bool cut_in_list(TokenList& list, float upper, float lower, double mass, const TopP& job,
                 Cut& cut) {
  if (mass >= job.wanted) return false;
  Histogram histogram(upper, lower, job.c, job.scale);
  const size_t count = list.size();
  list.a.resize(count + 16);
  histogram.add(list.a.data(), count);
  list.a.resize(count);
  const uint32_t bin = histogram.find(job.wanted, mass);
  if (bin == kBins) return false;
  std::vector<Entry> entries;
  for (size_t i = 0; i < count; ++i) {
    if (histogram.bin_of(list.a[i]) == bin) entries.push_back({list.a[i], list.ids[i]});
  }
  std::sort(entries.begin(), entries.end(), stands_before);
  const size_t end = prefix_end(entries, mass, job.wanted, job.c, job.scale);
  cut = cut_after(end > 0 ? entries[end - 1] : entries.back());
  return true;
}

// Reads one block in sixteen to guess where the tail of the wanted mass begins, then everything
// once: the mass above the guess and the tokens around it. False where the guess was wrong.
bool cut_by_sample(BlockReader& reader, const std::vector<Part>& parts, double total,
                   const TopP& job, Cut& cut) {
  constexpr size_t kOneIn = 16;
  if (parts.size() < 2 * kOneIn || !(job.wanted < total)) return false;
  Histogram sample(job.most, job.low, job.c, job.scale);
  std::vector<Part> some;
  for (size_t i = kOneIn / 2; i < parts.size(); i += kOneIn) some.push_back(parts[i]);
  TokenList list;
  collect(reader, some, -FLT_MAX, kInfinity, list);
  list.a.resize(list.size() + 16);
  sample.add(list.a.data(), list.size());
  const double tail =
      (total - job.wanted) * static_cast<double>(some.size()) / static_cast<double>(parts.size());
  double sum = 0;
  float lower = job.low;
  uint32_t bin = kBins;
  while (bin > 0 && sum + sample.mass(bin - 1) < tail * 0.92) sum += sample.mass(--bin);
  if (bin < kBins) lower = std::max(lower, sample.upper_edge(bin));
  while (bin > 0 && sum < tail * 1.09) sum += sample.mass(--bin);
  if (bin == 0) return false;
  const float upper = sample.upper_edge(bin);
  list.clear();
  double above = 0;
  size_t count = 0;
  for (const Part& part : parts) {
    if (!(part.max >= lower)) continue;
    list.a.resize(count + kBlock + 16);
    list.ids.resize(count + kBlock + 16);
    const Block block = reader.read(part.block);
    count += list_kernels().collect_and_sum(block.a, block.mask, lower, upper, job.c, job.scale,
                                            static_cast<uint32_t>(part.block * kBlock),
                                            list.a.data() + count, list.ids.data() + count, &above);
  }
  list.a.resize(count);
  list.ids.resize(count);
  return cut_in_list(list, upper, lower, above, job, cut);
}

// Top-p on the tokens down to `low` that have the mass `total`; below 0, it is found. With a total
// given there may be more tokens below `low`, which the prefix cannot need.
Cut cut_top_p(BlockReader& reader, const std::vector<Part>& parts, float most, float low, float c,
              double top_p, double total) {
  TopP job{.most = most, .low = low, .c = c, .scale = block_scale(most, c)};
  const bool given = total >= 0;
  job.wanted = top_p * total;
  Cut cut;
  if (given && cut_by_sample(reader, parts, total, job, cut)) return cut;
  Histogram histogram(most, low, c, job.scale);
  alignas(64) float values[kBlock + 16];
  alignas(64) uint32_t ids[kBlock + 16];
  for (const Part& part : parts) {
    if (!(part.max >= low)) continue;
    const Block block = reader.read(part.block);
    histogram.add(values,
                  list_kernels().collect(block.a, block.mask, low, kInfinity, 0, values, ids));
  }
  if (!given) job.wanted = top_p * histogram.total();
  double mass = 0;
  const uint32_t bin = histogram.find(job.wanted, mass);
  if (bin == kBins) return given ? Cut{} : Cut{low, 0xFFFFFFFFu};
  // The numbers of this bin, with some of its neighbours: the edges are rounded.
  TokenList near;
  const float lower = bin + 2 < kBins ? std::max(low, histogram.upper_edge(bin + 2)) : low;
  const float upper = bin > 1 ? histogram.upper_edge(bin - 1) : kInfinity;
  collect(reader, parts, lower, upper, near);
  std::vector<Entry> entries;
  for (size_t i = 0; i < near.size(); ++i) {
    if (histogram.bin_of(near.a[i]) == bin) entries.push_back({near.a[i], near.ids[i]});
  }
  std::sort(entries.begin(), entries.end(), stands_before);
  const size_t end = prefix_end(entries, mass, job.wanted, c, job.scale);
  if (end > 0) return cut_after(entries[end - 1]);
  return entries.empty() ? Cut{low, 0xFFFFFFFFu} : cut_after(entries.back());
}

// The row's total at another scale.
double total_at(BlockReader& reader, const std::vector<Part>& parts, float c) {
  PartSums sums;
  sums.parts.reserve(parts.size());
  for (const Part& part : parts) {
    if (!(part.max > -kInfinity)) continue;
    const Block block = reader.read(part.block);
    BlockSum sum;
    block_kernels().sum_blocks(block.a, block.mask, 1, c, Sums::kAllowed, &sum);
    Part again{.block = part.block};
    PartSums::set(again, sum.max, sum.sum, c);
    sums.parts.push_back(again);
  }
  sums.fold();
  return sums.total();
}

Cut tighter(const Cut& x, const Cut& y) noexcept {
  if (x.value != y.value) return x.value > y.value ? x : y;
  return x.last_id < y.last_id ? x : y;
}

}  // namespace

bool truncates(const RowParameters& p) noexcept {
  return p.top_k > 0 || p.top_p < 1 || p.min_p > 0;
}

void cut_block(const Block& block, size_t number, const Cut& cut, uint32_t* words) noexcept {
  const size_t first = number * kBlock;
  const BlockKernels& kernels = block_kernels();
  const bool none_equal = cut.last_id < first;
  kernels.select(block.a, block.mask, cut.value, none_equal, words);
  if (none_equal || cut.last_id >= first + kBlock - 1) return;
  uint32_t above[kBlockWords];
  kernels.select(block.a, block.mask, cut.value, true, above);
  const size_t last = cut.last_id - first;
  for (size_t w = 0; w < kBlockWords; ++w) {
    const size_t begin = w * kWord;
    const uint32_t upto = last < begin                ? 0
                          : last >= begin + kWord - 1 ? 0xFFFFFFFFu
                                                      : (uint32_t{2} << (last - begin)) - 1;
    words[w] = above[w] | (words[w] & upto);
  }
}

void first_of_list(size_t k, TokenList& list) {
  std::vector<Entry> entries = entries_of(list);
  const size_t count = std::min(k, entries.size());
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(count);
  if (count < entries.size()) std::nth_element(entries.begin(), end, entries.end(), stands_before);
  std::sort(entries.begin(), end, stands_before);
  list.clear();
  for (size_t i = 0; i < count; ++i) {
    list.a.push_back(entries[i].a);
    list.ids.push_back(entries[i].id);
  }
}

void first_k(BlockReader& reader, const std::vector<Part>& parts, size_t k, TokenList& out) {
  out.clear();
  if (k == 0) return;
  collect(reader, parts, bound_of_k(reader, parts, k), kInfinity, out);
  first_of_list(k, out);
}

void truncate(const RowInput& input, BlockReader& reader, const PartSums& sums, float most,
              Kept& kept) {
  const RowParameters& p = input.parameters;
  kept.listed = false;
  kept.cut = {};
  if (p.top_k > 0 && p.top_k < input.vocab) {
    TokenList list;
    first_k(reader, sums.parts, p.top_k, list);
    if (list.size() == p.top_k) {
      std::vector<Entry> entries = entries_of(list);
      filter_sorted(p, -1, most, entries);
      kept.listed = true;
      sort_by_id(entries, kept.list);
      return;
    }
  }
  const float c = filter_scale(p);
  const float low = min_p_threshold(most, c, p.min_p);
  const Cut min_p{low, 0xFFFFFFFFu};
  if (p.min_p > 0 && p.order == FilterOrder::kVllm) kept.cut = min_p;
  if (p.top_p < 1) {
    const bool everything = !(kept.cut.value > -kInfinity);
    double total = -1;
    float lowest = kept.cut.value;
    if (everything) {
      total = c == weight_scale(p) ? sums.total() : total_at(reader, sums.parts, c);
      // Tokens of less than a (1 - top_p) / vocab part of the mass are all in the tail.
      const double least =
          (1 - static_cast<double>(p.top_p)) * total * 0.999 / static_cast<double>(input.vocab);
      lowest = -FLT_MAX;
      if (c > 0 && least > 0) {
        const double exponent = block_scale(most, c).reference + std::log2(least);
        lowest = std::max(lowest, static_cast<float>(exponent / c));
      }
      lowest = std::min(lowest, most);
    }
    const Cut top_p = cut_top_p(reader, sums.parts, most, lowest, c, p.top_p, total);
    kept.cut = tighter(kept.cut, top_p);
  }
  if (p.min_p > 0) kept.cut = tighter(kept.cut, min_p);
}

void truncate_list(const RowInput& input, double total, float most, Kept& kept) {
  const RowParameters& p = input.parameters;
  kept.listed = true;
  std::vector<Entry> entries;
  for (size_t i = 0; i < kept.list.size(); ++i) {
    if (kept.list.a[i] > -kInfinity) entries.push_back({kept.list.a[i], kept.list.ids[i]});
  }
  std::sort(entries.begin(), entries.end(), stands_before);
  double base = filter_scale(p) == weight_scale(p) ? total : -1;
  if (p.top_k > 0 && p.top_k < entries.size()) {
    entries.resize(p.top_k);
    base = -1;
  }
  filter_sorted(p, base, most, entries);
  sort_by_id(entries, kept.list);
}

}  // namespace tokrail::logit_math
