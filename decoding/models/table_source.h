// TableSource: a language model written down as a table, for tests and exact calculations.
//
//   TableSource source(3, 1);                          // three tokens, one token of context
//   source.set({}, {0.5, 0.5, 0});                     // at the beginning of a text
//   source.set({{0}}, {0.1, 0.9, 0});
//
// A row is the natural logarithm of the entry for the last `order` tokens, or for all of them where
// there are fewer; a context that has no entry gives a uniform row. Probabilities need not sum
// to 1.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "decoding/models/context_source.h"

namespace tokrail {

class TableSource final : public ContextSource {
 public:
  TableSource(size_t vocab, size_t order);
  /// Error(kInvalidArgument) for a context longer than `order` or another number of probabilities.
  void set(std::vector<TokenId> context, std::span<const double> probabilities);

 protected:
  bool fill(std::span<const std::span<const TokenId>> contexts, std::span<float> rows) override;

 private:
  size_t order_;
  std::map<std::vector<TokenId>, std::vector<float>> rows_;
};

}  // namespace tokrail
