#include "decoding/models/table_source.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"

namespace tokrail {

TableSource::TableSource(size_t vocab, size_t order)
    // Order 0 would mean the whole context to the base; one token is then looked at in vain.
    : ContextSource({.name = "table", .vocab = vocab}, std::max<size_t>(order, 1)), order_(order) {}

void TableSource::set(std::vector<TokenId> context, std::span<const double> probabilities) {
  if (context.size() > order_ || probabilities.size() != info().vocab) {
    throw Error(ErrorCode::kInvalidArgument, "expected a context of at most " +
                                                 std::to_string(order_) + " tokens and " +
                                                 std::to_string(info().vocab) + " probabilities");
  }
  std::vector<float> row(probabilities.size());
  std::ranges::transform(probabilities, row.begin(),
                         [](double p) { return static_cast<float>(std::log(p)); });
  rows_.insert_or_assign(std::move(context), std::move(row));
}

bool TableSource::fill(std::span<const std::span<const TokenId>> contexts, std::span<float> rows) {
  const size_t vocab = info().vocab;
  for (size_t i = 0; i < contexts.size(); ++i) {
    const auto context = contexts[i].last(std::min(order_, contexts[i].size()));
    const auto found = rows_.find({context.begin(), context.end()});
    const std::span<float> row = rows.subspan(i * vocab, vocab);
    if (found == rows_.end()) {
      std::ranges::fill(row, 0.0f);
    } else {
      std::ranges::copy(found->second, row.begin());
    }
  }
  return true;
}

}  // namespace tokrail
