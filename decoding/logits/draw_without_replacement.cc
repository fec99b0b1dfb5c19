#include "decoding/logits/draw_without_replacement.h"

#include <limits>
#include <string>

#include "base/error.h"
#include "decoding/logits/row_distribution.h"
#include "decoding/logits/rows.h"

namespace tokrail {

using logit_math::RowDistribution;

struct RowDraws::State {
  RowDistribution row;
};

RowDraws::RowDraws() : state_(std::make_unique<State>()) {}
RowDraws::~RowDraws() = default;
RowDraws::RowDraws(RowDraws&&) noexcept = default;
RowDraws& RowDraws::operator=(RowDraws&&) noexcept = default;

void RowDraws::reset(const SampleBatch& batch, size_t row) {
  logit_math::check_logits(batch.logits);
  logit_math::check_masks(batch.masks, batch.logits);
  if (row >= batch.logits.rows) {
    throw Error(ErrorCode::kInvalidArgument, "expected a row below " +
                                                 std::to_string(batch.logits.rows) + ", got " +
                                                 std::to_string(row));
  }
  if (batch.parameters == nullptr) {
    throw Error(ErrorCode::kInvalidArgument, "expected parameters for each row");
  }
  state_->row.prepare(logit_math::row_input(batch, row), {.removal = true});
}

Draw RowDraws::next(double u) noexcept {
  Draw draw = peek(u);
  if (draw.token == kNoToken) return draw;
  state_->row.remove({&draw.token, 1});
  draw.remaining = state_->row.remaining();
  return draw;
}

Draw RowDraws::peek(double u) const noexcept {
  RowDistribution& row = state_->row;
  Draw draw;
  draw.flags = row.flags();
  draw.token = row.empty() ? kNoToken : row.draw(u);
  if (draw.token == kNoToken) {
    draw.log_prob = -std::numeric_limits<double>::infinity();
    return draw;
  }
  draw.log_prob = row.log_probability(draw.token);
  draw.remaining = row.remaining();
  return draw;
}

void RowDraws::remove(std::span<const TokenId> ids) noexcept {
  state_->row.remove(ids);
}
void RowDraws::remove_mask(std::span<const uint32_t> mask) noexcept {
  state_->row.remove_mask(mask);
}
double RowDraws::remaining() const noexcept {
  return state_->row.remaining();
}
double RowDraws::log_sum() const noexcept {
  return state_->row.log_sum();
}
double RowDraws::log_prob(TokenId id) const noexcept {
  return state_->row.log_probability(id);
}
double RowDraws::mass(std::span<const uint32_t> mask) const noexcept {
  return state_->row.mass(mask);
}
uint32_t RowDraws::flags() const noexcept {
  return state_->row.flags();
}

void draw_without_replacement(const SampleBatch& batch, uint32_t count, std::span<Draw> draws,
                              int threads) {
  logit_math::check_batch(batch);
  if (draws.size() != batch.logits.rows * count) {
    throw Error(ErrorCode::kInvalidArgument, "expected room for " + std::to_string(count) +
                                                 " draws of " + std::to_string(batch.logits.rows) +
                                                 " rows, got " + std::to_string(draws.size()));
  }
  logit_math::for_rows(
      batch.logits.rows, batch.logits.vocab, threads, [&](size_t begin, size_t end) {
        RowDraws row_draws;
        for (size_t row = begin; row < end; ++row) {
          row_draws.reset(batch, row);
          const RowParameters& p = batch.parameters[row];
          const CounterRandom random(p.seed);
          for (uint32_t i = 0; i < count; ++i) {
            draws[row * count + i] = row_draws.next(random.uniform(logit_math::row_draw(p, i)));
          }
        }
      });
}

}  // namespace tokrail
