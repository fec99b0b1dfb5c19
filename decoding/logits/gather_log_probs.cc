#include "decoding/logits/gather_log_probs.h"

#include <limits>
#include <string>

#include "base/error.h"
#include "decoding/logits/row_distribution.h"
#include "decoding/logits/rows.h"

namespace tokrail {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

void check_ids(const SampleBatch& batch, std::span<const TokenId> ids,
               std::span<const uint32_t> offsets, std::span<float> log_probs,
               std::span<float> log_sums) {
  const size_t rows = batch.logits.rows;
  if (offsets.size() != rows + 1) {
    refuse("expected " + std::to_string(rows + 1) + " offsets, got " +
           std::to_string(offsets.size()));
  }
  for (size_t row = 0; row < rows; ++row) {
    if (offsets[row] > offsets[row + 1]) {
      refuse("expected rising offsets, got a fall at row " + std::to_string(row));
    }
  }
  if (offsets[rows] > ids.size() || log_probs.size() < ids.size()) {
    refuse("expected " + std::to_string(offsets[rows]) +
           " ids and as much room for log-probabilities, got " + std::to_string(ids.size()) +
           " and " + std::to_string(log_probs.size()));
  }
  if (!log_sums.empty() && log_sums.size() != rows) {
    refuse("expected room for " + std::to_string(rows) + " log sums, got " +
           std::to_string(log_sums.size()));
  }
}

float log_prob_of(const logit_math::RowDistribution& row, TokenId id) {
  const logit_math::RowInput& input = row.input();
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  if ((row.flags() & kRowBadParameters) != 0) return std::numeric_limits<float>::quiet_NaN();
  if (id >= input.vocab || !input.allows(id)) return kNone;
  const float a = input.logit(id);
  if (!(a > kNone)) return kNone;
  if ((row.flags() & kRowInfinite) != 0) return row.could_draw(id) ? 0 : kNone;
  return static_cast<float>(row.log_prob(a));
}

}  // namespace

void gather_log_probs(const SampleBatch& batch, std::span<const TokenId> ids,
                      std::span<const uint32_t> offsets, std::span<float> log_probs,
                      std::span<float> log_sums, int threads) {
  logit_math::check_batch(batch);
  check_ids(batch, ids, offsets, log_probs, log_sums);
  logit_math::for_rows(batch.logits.rows, batch.logits.vocab, threads,
                       [&](size_t begin, size_t end) {
                         logit_math::RowDistribution row;
                         for (size_t number = begin; number < end; ++number) {
                           row.prepare(logit_math::row_input(batch, number), {.truncate = false});
                           if (!log_sums.empty()) {
                             log_sums[number] = (row.flags() & kRowBadParameters) != 0
                                                    ? std::numeric_limits<float>::quiet_NaN()
                                                    : static_cast<float>(row.log_sum());
                           }
                           for (size_t i = offsets[number]; i < offsets[number + 1]; ++i) {
                             log_probs[i] = log_prob_of(row, ids[i]);
                           }
                         }
                       });
}

}  // namespace tokrail
