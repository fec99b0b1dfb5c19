#include "decoding/samplers/fused_sampler.h"

#include <algorithm>

#include "decoding/logits/logit_math.h"

namespace tokrail {

void Adjuster::apply(SamplingRow& row, const History& history, const DrawPlace&) noexcept {
  entries_.clear();
  append_adjustments(row.logits.size(), row.end_ids, history, entries_);
  RowParameters parameters;
  set_parameters(parameters);
  for (const Adjustment& entry : entries_) {
    float& logit = row.logits[entry.token];
    logit = logit_math::adjusted(logit, entry, parameters);
  }
}

void merge_adjustments(std::vector<Adjustment>& entries) {
  // Biases of one token are added in rising order, so that the sum does not depend on the sort.
  const auto before = [](const Adjustment& a, const Adjustment& b) {
    return a.token != b.token ? a.token < b.token : a.bias < b.bias;
  };
  if (!std::is_sorted(entries.begin(), entries.end(), before)) {
    std::sort(entries.begin(), entries.end(), before);
  }
  size_t count = 0;
  for (const Adjustment& entry : entries) {
    if (count == 0 || entries[count - 1].token != entry.token) {
      entries[count++] = entry;
      continue;
    }
    Adjustment& merged = entries[count - 1];
    merged.bias += entry.bias;
    merged.context += entry.context;
    merged.output += entry.output;
  }
  entries.resize(count);
}

RecentTokens recent_tokens(const History& history, int64_t window) noexcept {
  RecentTokens recent{history.prompt, history.output};
  if (window < 0) return recent;
  const size_t most = static_cast<size_t>(window);
  recent.output = recent.output.last(std::min(most, recent.output.size()));
  recent.prompt = recent.prompt.last(std::min(most - recent.output.size(), recent.prompt.size()));
  return recent;
}

}  // namespace tokrail
