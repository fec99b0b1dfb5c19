// Interpolated modified Kneser-Ney straight from the definition: maps from sequences to counts, and
// a recursive probability. The oracle of decoding/models/ngram_trainer.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "tokenizers/token_id.h"

namespace tokrail::oracle {

class SlowNgram {
 public:
  using Tokens = std::vector<TokenId>;

  SlowNgram(const std::vector<Tokens>& documents, size_t order, size_t vocab, TokenId boundary,
            std::vector<uint64_t> min_counts)
      : order_(order), vocab_(vocab), boundary_(boundary), min_counts_(std::move(min_counts)) {
    std::vector<std::map<Tokens, uint64_t>> raw(order + 1);
    for (const Tokens& document : documents) {
      Tokens all{boundary};
      all.insert(all.end(), document.begin(), document.end());
      all.push_back(boundary);
      for (size_t i = 1; i < all.size(); ++i) {
        for (size_t n = 1; n <= std::min(order, i + 1); ++n) {
          const Tokens gram(all.begin() + static_cast<long>(i + 1 - n),
                            all.begin() + static_cast<long>(i + 1));
          ++raw[n][gram];
          // Nothing can stand before the first boundary.
          if (n == i + 1) beginnings_.insert(gram);
        }
      }
    }
    counts_.resize(order + 1);
    counts_[order] = raw[order];
    for (size_t n = order - 1; n >= 1; --n) {
      for (const auto& [gram, count] : counts_[n + 1]) {
        ++counts_[n][Tokens(gram.begin() + 1, gram.end())];
      }
      for (const auto& [gram, count] : raw[n]) {
        if (beginnings_.contains(gram)) counts_[n][gram] = count;
      }
    }
    for (size_t n = 1; n <= order; ++n) discounts_.push_back(discounts_of(counts_[n]));
  }

  /// context: the tokens before it, the whole text if it is shorter than order - 1.
  double prob(Tokens context, TokenId token) const {
    if (context.size() + 1 < order_) context.insert(context.begin(), boundary_);
    while (context.size() + 1 > order_) context.erase(context.begin());
    return interpolated(context, token);
  }

 private:
  static std::array<double, 3> discounts_of(const std::map<Tokens, uint64_t>& counts) {
    std::array<double, 5> n{};
    for (const auto& [gram, count] : counts) {
      if (count < 5) n[count] += 1;
    }
    std::array<double, 3> d{0.5, 1, 1.5};
    if (n[1] == 0 || n[2] == 0) return d;
    const double y = n[1] / (n[1] + 2 * n[2]);
    for (size_t k = 1; k <= 3; ++k) {
      const auto count = static_cast<double>(k);
      if (n[k] > 0) {
        d[k - 1] =
            std::clamp(count - (count + 1) * y * n[k + 1] / n[k], 0.05 * count, 0.95 * count);
      }
    }
    return d;
  }

  double interpolated(const Tokens& context, TokenId token) const {
    const size_t n = context.size() + 1;
    const Tokens shorter(context.empty() ? context.begin() : context.begin() + 1, context.end());
    const double below =
        context.empty() ? 1.0 / static_cast<double>(vocab_) : interpolated(shorter, token);
    double total = 0;
    double kept = 0;
    double own = 0;
    const uint64_t least = n == 1 ? 1 : min_counts_[std::min(n, min_counts_.size()) - 1];
    for (TokenId t = 0; t < vocab_; ++t) {
      Tokens gram = context;
      gram.push_back(t);
      const auto found = counts_[n].find(gram);
      if (found == counts_[n].end()) continue;
      const auto count = static_cast<double>(found->second);
      total += count;
      if (found->second >= least) {
        const double rest = count - discounts_[n - 1][std::min<uint64_t>(found->second, 3) - 1];
        kept += rest;
        if (t == token) own = rest;
      }
    }
    return total == 0 ? below : own / total + (1 - kept / total) * below;
  }

  size_t order_;
  size_t vocab_;
  TokenId boundary_;
  std::vector<uint64_t> min_counts_;
  std::set<Tokens> beginnings_;
  std::vector<std::map<Tokens, uint64_t>> counts_;
  std::vector<std::array<double, 3>> discounts_;
};

}  // namespace tokrail::oracle
