#include "decoding/models/ngram_counts.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/parallel.h"

namespace tokrail {
namespace {

constexpr size_t kPendingKeys = size_t{1} << 22;
constexpr size_t kSortedBlock = size_t{1} << 20;

bool by_key(const CountedNgram& a, const CountedNgram& b) noexcept {
  return a.key < b.key;
}

}  // namespace

NgramPacking::NgramPacking(size_t vocab) noexcept
    : bits_(std::max(1u, static_cast<unsigned>(std::bit_width(vocab - 1)))) {}

NgramKey NgramPacking::pack(std::span<const TokenId> tokens) const noexcept {
  NgramKey key = 0;
  for (size_t i = tokens.size() - 1; i-- > 0;) {
    key = key << bits_ | tokens[i];
  }
  return key << bits_ | tokens.back();
}

void NgramCollector::add(NgramKey key) {
  pending_.push_back(key);
  if (pending_.size() == kPendingKeys) {
    sort_pending();
  }
}

void NgramCollector::sort_pending() {
  if (pending_.empty()) {
    return;
  }
  parallel_for(
      0, pending_.size(), kSortedBlock,
      [&](size_t begin, size_t end) {
        std::sort(pending_.begin() + static_cast<std::ptrdiff_t>(begin),
                  pending_.begin() + static_cast<std::ptrdiff_t>(end));
      },
      threads_);
  for (size_t begin = 0; begin < pending_.size(); begin += kSortedBlock) {
    const size_t end = std::min(begin + kSortedBlock, pending_.size());
    NgramCounts run;
    for (size_t i = begin; i < end; ++i) {
      if (run.empty() || run.back().key != pending_[i]) {
        run.push_back({pending_[i], 0});
      }
      ++run.back().count;
    }
    runs_.push_back(std::move(run));
    while (runs_.size() > 1 && runs_[runs_.size() - 2].size() <= 2 * runs_.back().size()) {
      merge_last_runs();
    }
  }
  pending_.clear();
}

void NgramCollector::merge_last_runs() {
  NgramCounts last = std::move(runs_.back());
  runs_.pop_back();
  runs_.back() = merge_counts(runs_.back(), last);
}

NgramCounts NgramCollector::finish() {
  sort_pending();
  pending_.shrink_to_fit();
  while (runs_.size() > 1) {
    merge_last_runs();
  }
  NgramCounts counts = runs_.empty() ? NgramCounts() : std::move(runs_.back());
  runs_.clear();
  return counts;
}

NgramCounts merge_counts(const NgramCounts& a, const NgramCounts& b) {
  NgramCounts out;
  out.reserve(a.size() + b.size());
  auto i = a.begin();
  auto j = b.begin();
  while (i != a.end() && j != b.end()) {
    if (i->key == j->key) {
      out.push_back({i->key, i->count + j->count});
      ++i;
      ++j;
    } else {
      out.push_back(i->key < j->key ? *i++ : *j++);
    }
  }
  out.insert(out.end(), i, a.end());
  out.insert(out.end(), j, b.end());
  return out;
}

NgramCounts count_left_contexts(const NgramCounts& longer, const NgramPacking& packing) {
  NgramCounts out;
  out.reserve(longer.size());
  for (const CountedNgram& gram : longer) {
    // (newest ... second, oldest, token) without the oldest
    const NgramKey context = packing.context(packing.context(gram.key));
    out.push_back({context << packing.bits() | packing.token(gram.key), 1});
  }
  std::sort(out.begin(), out.end(), by_key);
  size_t kept = 0;
  for (const CountedNgram& gram : out) {
    if (kept > 0 && out[kept - 1].key == gram.key) {
      ++out[kept - 1].count;
    } else {
      out[kept++] = gram;
    }
  }
  out.resize(kept);
  out.shrink_to_fit();
  return out;
}

}  // namespace tokrail
