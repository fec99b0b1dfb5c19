#include "decoding/lane.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "decoding/logits/apply_bitmask.h"
#include "decoding/logits/draw_without_replacement.h"
#include "decoding/step_constraint.h"

namespace tokrail {

Lane::Lane(const LaneRequest& request, uint64_t stream, const Constraint* constraint,
           const SamplerChain& chain, const StepOptions& step)
    : request_(&request),
      stream_(stream),
      first_constraint_(constraint),
      constraint_(constraint == nullptr ? nullptr : constraint->fork()),
      chain_(chain),
      sampler_(step),
      text_(request.tokenizer->detokenizer(), request.prompt, request.stop) {}

Lane::Lane(const Lane& other)
    : request_(other.request_),
      stream_(other.stream_),
      first_constraint_(other.first_constraint_),
      constraint_(other.constraint_ == nullptr ? nullptr : other.constraint_->fork()),
      chain_(other.chain_),
      sampler_(other.sampler_),
      text_(other.text_),
      result_(other.result_),
      live_(other.live_),
      step_begin_(other.step_begin_),
      unscored_(other.unscored_),
      piece_(other.piece_) {}

Lane Lane::fork(uint64_t stream) const {
  Lane copy(*this);
  copy.stream_ = stream;
  return copy;
}

void Lane::restart() {
  constraint_ = first_constraint_ == nullptr ? nullptr : first_constraint_->fork();
  chain_.reset();
  sampler_.reset();
  text_ = OutputText(request_->tokenizer->detokenizer(), request_->prompt, request_->stop);
  result_.ids.clear();
  result_.log_prob = 0;
  step_begin_ = 0;
  unscored_ = 0;
  piece_.clear();
  live_ = true;
}

bool Lane::is_end(TokenId id) const noexcept {
  return std::ranges::binary_search(request_->end_ids, id);
}

// The distribution of the token at `position` of the output.
PreparedRow Lane::prepare(const LogitsView& row, size_t position) {
  return chain_.prepare(
      row, 0, {.prompt = request_->prompt, .output = std::span(result_.ids).first(position)},
      request_->end_ids,
      {.seed = request_->seed, .stream = stream_, .position = static_cast<uint32_t>(position)});
}

// At the last token there is room for, outputs with weights end or have weight 0. The least number
// of tokens gives way to a constraint that leaves nothing but the end.
EndRule Lane::end_rule() const noexcept {
  const size_t next = result_.ids.size() + 1;
  if (request_->weighted && next >= request_->max_tokens && !request_->end_ids.empty()) {
    return EndRule::kOnlyEnds;
  }
  const bool too_early = next <= request_->min_tokens;
  return too_early && (constraint_ == nullptr || !constraint_->is_finished()) ? EndRule::kNoEnds
                                                                              : EndRule::kFree;
}

// A chain that runs on a copy of the row has filtered before the step can mask; where the mask is
// to come first, it is put on the row here. An all-zero mask leaves the row to the step, which says
// what is wrong.
LogitsView Lane::masked_first(const LogitsView& row, const StepConstraint& narrowed) {
  const StepOptions& options = sampler_.options();
  if (options.mode != StepMode::kMask || options.order != ConstraintOrder::kFirst ||
      chain_.is_fused()) {
    return row;
  }
  mask_.resize(mask_words(row.vocab));
  if (narrowed.fill_mask(mask_, row.vocab, request_->cancel) != MaskStatus::kOk) {
    return row;
  }
  const size_t bytes = row.vocab * bytes_per_logit(row.type);
  masked_row_.resize(bytes);
  std::memcpy(masked_row_.data(), row.data, bytes);
  apply_bitmask({.data = masked_row_.data(),
                 .type = row.type,
                 .rows = 1,
                 .vocab = row.vocab,
                 .row_stride = row.vocab},
                {.words = mask_.data(), .row_words = mask_.size()}, 1);
  LogitsView masked = row;
  masked.data = masked_row_.data();
  return masked;
}

void Lane::step(const LaneRows& rows) {
  score_forced(rows);
  if (!live_) {
    return;
  }
  step_begin_ = result_.ids.size();
  piece_.clear();
  const StepConstraint narrowed(constraint_.get(), request_->tokenizer->size(), request_->end_ids,
                                end_rule());
  const PreparedRow prepared = prepare(masked_first(rows.last(), narrowed), step_begin_);
  const bool free = constraint_ == nullptr && narrowed.allows_all();
  take_step(sampler_.sample(prepared, free ? nullptr : &narrowed, request_->cancel));
}

// The only tokens that were allowed have their own probabilities as exact weights.
void Lane::score_forced(const LaneRows& rows) {
  for (; unscored_ > 0 && live_; --unscored_) {
    const size_t position = result_.ids.size() - unscored_;
    const PreparedRow prepared = prepare(rows[rows.size() - 1 - unscored_], position);
    RowDraws draws;
    draws.reset({.logits = prepared.logits,
                 .adjustments = prepared.adjustments,
                 .parameters = &prepared.parameters},
                0);
    const double log_prob = draws.log_prob(result_.ids[position]);
    result_.log_weight += log_prob;
    result_.log_prob += log_prob;
    if (!(log_prob > -std::numeric_limits<double>::infinity())) {
      end(GenerationStatus::kDeadEnd);
    }
  }
}

bool Lane::step_exact(const LogitsView& row, ExactSampler& exact) {
  step_begin_ = result_.ids.size();
  piece_.clear();
  const PreparedRow prepared = prepare(row, step_begin_);
  const StepConstraint narrowed(constraint_.get(), request_->tokenizer->size(), request_->end_ids,
                                end_rule());
  const ExactStep step = exact.step(prepared, narrowed);
  if (step.status == StepStatus::kOk && !step.accepted) {
    return false;
  }
  take_step({.token = step.token,
             .status = step.status,
             .log_weight = 0,
             .log_prob = step.log_prob,
             .report = step.report});
  return true;
}

void Lane::take_step(const StepResult& result) {
  GenerationStatistics& statistics = result_.statistics;
  statistics.tests += result.report.tests;
  statistics.explored += result.report.explored;
  statistics.masks += result.report.used == StepMode::kMask ? 1 : 0;
  if (result.status != StepStatus::kOk) {
    end_on_failure(result.status);
    return;
  }
  if (request_->weighted) {
    result_.log_weight += result.log_weight;
  }
  result_.log_prob += result.log_prob;
  take_token(result.token);
  if (live_ && request_->forced != ForcedTokens::kAskModel) {
    take_forced();
  }
}

void Lane::take_token(TokenId id) {
  result_.ids.push_back(id);
  chain_.accept(id);
  if (constraint_ != nullptr && !constraint_->accept(id)) {
    const std::string_view failure = constraint_->failure();
    end(GenerationStatus::kError, failure.empty()
                                      ? "the constraint refused a token that it had allowed"
                                      : std::string(failure));
    return;
  }
  if (is_end(id)) {
    end(GenerationStatus::kComplete);
    return;
  }
  piece_ += text_.push(id);
  const bool counts = result_.ids.size() >= request_->min_tokens;
  if (text_.stopped() && counts) {
    const bool complete = constraint_ == nullptr || constraint_->is_complete();
    end(complete ? GenerationStatus::kComplete : GenerationStatus::kStopped);
    return;
  }
  // Nothing but an end can follow: it needs no model where nothing is weighed.
  const bool finished = constraint_ != nullptr && constraint_->is_finished();
  if (finished && (!request_->weighted || request_->end_ids.empty())) {
    end(GenerationStatus::kComplete);
  }
}

// With weights the end is not taken here: it has to be scored, and a lane that has ended asks for
// no row; and the last token there is room for is a step of its own (see end_rule).
void Lane::take_forced() {
  if (constraint_ == nullptr) {
    return;
  }
  const size_t limit = request_->max_tokens - (request_->weighted ? 1 : 0);
  std::vector<TokenId> forced(request_->forced == ForcedTokens::kCanonical ? 64 : 1);
  while (live_ && result_.ids.size() < limit) {
    const size_t room = limit - result_.ids.size();
    size_t count = 0;
    if (request_->forced == ForcedTokens::kCanonical) {
      count = constraint_->forced(std::span(forced).first(std::min(room, forced.size())));
    } else {
      count = only_token(*constraint_, request_->tokenizer->size(), mask_, forced[0]) ? 1 : 0;
    }
    if (count == 0 || (request_->weighted && is_end(forced[0]))) {
      return;
    }
    for (size_t i = 0; i < count && live_; ++i) {
      ++result_.statistics.skipped_calls;
      unscored_ += request_->weighted ? 1 : 0;
      take_token(forced[i]);
    }
  }
}

bool Lane::end_if_full() {
  if (live_ && result_.ids.size() >= request_->max_tokens) {
    end(GenerationStatus::kLength);
  }
  return !live_;
}

void Lane::end_on_failure(StepStatus status) {
  switch (status) {
    case StepStatus::kOk: return;
    case StepStatus::kDeadEnd: end(GenerationStatus::kDeadEnd); return;
    case StepStatus::kFuel:
      end(GenerationStatus::kBudgetExhausted, "the constraint reached its limit of work");
      return;
    case StepStatus::kCancelled: end(GenerationStatus::kCancelled); return;
    case StepStatus::kBadLogits:
      end(GenerationStatus::kError, "the row of logits has no number above -inf, or has NaN");
      return;
    case StepStatus::kConstraintFailed:
      end(GenerationStatus::kError,
          constraint_ == nullptr ? std::string() : std::string(constraint_->failure()));
      return;
  }
}

void Lane::end(GenerationStatus status, std::string error) {
  if (live_) {
    live_ = false;
    result_.status = status;
    result_.error = std::move(error);
    piece_ += text_.finish();
    result_.stop = text_.stop();
  }
}

Generation Lane::take() {
  result_.text = text_.text();
  return std::move(result_);
}

}  // namespace tokrail
