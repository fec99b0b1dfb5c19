#include "decoding/logits/sample_masked.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "decoding/logits/row_distribution.h"
#include "decoding/logits/rows.h"

namespace tokrail {
namespace {

using logit_math::RowDistribution;
using logit_math::RowInput;
using logit_math::TokenList;

bool token_only(const SampleBatch& batch, const RowInput& input) {
  return batch.outputs == kTokenOnly && batch.top_n == 0 && logit_math::is_greedy(input.parameters);
}

// The model's own log-probability of a token: temperature 1, nothing adjusted, nothing masked.
float raw_log_prob(const RowInput& input, TokenId token, RowDistribution& work) {
  RowInput raw = input;
  raw.mask = nullptr;
  raw.adjustments = {};
  raw.parameters = {};
  work.prepare(raw, {.truncate = false});
  if ((work.flags() & kRowInfinite) != 0) {
    return raw.logit(token) == logit_math::kInfinity ? 0 : -logit_math::kInfinity;
  }
  return static_cast<float>(work.log_prob(raw.logit(token)));
}

// The top_n of a row that is prepared without truncation.
void list_top(RowDistribution& row, uint32_t top_n, TokenId* ids, float* log_probs) {
  std::fill_n(ids, top_n, kNoToken);
  std::fill_n(log_probs, top_n, -logit_math::kInfinity);
  if ((row.flags() & kRowInfinite) != 0) {
    ids[0] = row.draw(0);
    log_probs[0] = 0;
    return;
  }
  if (row.most() == -logit_math::kInfinity) return;
  TokenList best;
  row.first(top_n, best);
  for (size_t i = 0; i < best.size(); ++i) {
    ids[i] = best.ids[i];
    log_probs[i] = static_cast<float>(row.log_prob(best.a[i]));
  }
}

class RowSampler {
 public:
  explicit RowSampler(const SampleBatch& batch) : batch_(batch) {}

  void sample(size_t number, RowResult& result) {
    result = {};
    const RowInput input = logit_math::row_input(batch_, number);
    const bool all = (batch_.outputs & kWithLogSumAll) != 0;
    row_.prepare(input, {.sums = !token_only(batch_, input),
                         .all_sums = all,
                         .entropy = (batch_.outputs & kWithEntropy) != 0});
    result.flags = row_.flags();
    if ((result.flags & kRowBadParameters) == 0) {
      if (all) result.log_sum_all = static_cast<float>(row_.log_sum_all());
      fill(input, result);
    }
    if (batch_.top_n > 0) fill_top(input, number);
  }

 private:
  void fill(const RowInput& input, RowResult& result) {
    const RowParameters& p = input.parameters;
    if ((batch_.outputs & kWithCounts) != 0 && !row_.empty()) {
      result.allowed = row_.count_allowed();
      result.kept = row_.count_kept();
    }
    const bool sums = !token_only(batch_, input);
    if (sums) result.log_sum = static_cast<float>(row_.log_sum());
    if (row_.empty()) return;
    result.max_logit = logit_math::is_greedy(p) ? row_.most() : row_.most() * p.inverse_temperature;
    if ((batch_.outputs & kWithEntropy) != 0) result.entropy = static_cast<float>(row_.entropy());
    result.token = row_.is_point()
                       ? row_.draw(0)
                       : row_.draw(CounterRandom(p.seed).uniform(logit_math::row_draw(p)));
    if (!sums || result.token == kNoToken) return;
    const float a = input.logit(result.token);
    result.log_prob = static_cast<float>(row_.log_prob(a));
    if ((batch_.outputs & kWithLogSumAll) != 0) {
      result.log_prob_all =
          a == logit_math::kInfinity
              ? 0
              : static_cast<float>(logit_math::kLn2 * (static_cast<double>(a) * row_.scale()) -
                                   row_.log_sum_all());
    }
    if ((batch_.outputs & kWithRawLogProb) != 0) {
      result.raw_log_prob = raw_log_prob(input, result.token, other_);
    }
  }

  void fill_top(const RowInput& input, size_t number) {
    RowDistribution* whole = &row_;
    if (logit_math::truncates(input.parameters) || logit_math::is_greedy(input.parameters)) {
      RowInput untruncated = input;
      if (logit_math::is_greedy(input.parameters)) untruncated.parameters.inverse_temperature = 1;
      other_.prepare(untruncated, {.truncate = false});
      whole = &other_;
    }
    list_top(*whole, batch_.top_n, batch_.top_ids + number * batch_.top_n,
             batch_.top_log_probs + number * batch_.top_n);
  }

  const SampleBatch& batch_;
  RowDistribution row_;
  RowDistribution other_;
};

}  // namespace

void sample_masked(const SampleBatch& batch, std::span<RowResult> results, int threads) {
  logit_math::check_batch(batch);
  if (results.size() != batch.logits.rows) {
    throw Error(ErrorCode::kInvalidArgument, "expected room for " +
                                                 std::to_string(batch.logits.rows) +
                                                 " results, got " + std::to_string(results.size()));
  }
  if (batch.top_n > 0 && (batch.top_ids == nullptr || batch.top_log_probs == nullptr)) {
    throw Error(ErrorCode::kInvalidArgument, "expected room for the top_n, got a null pointer");
  }
  logit_math::for_rows(batch.logits.rows, batch.logits.vocab, threads,
                       [&](size_t begin, size_t end) {
                         RowSampler sampler(batch);
                         for (size_t row = begin; row < end; ++row) {
                           sampler.sample(row, results[row]);
                         }
                       });
}

}  // namespace tokrail
