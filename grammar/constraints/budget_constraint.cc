#include "grammar/constraints/budget_constraint.h"

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/marks.h"

namespace tokrail {

namespace {

/// Bytes that no token is longer than, in any context.
size_t longest_token(const Vocabulary& vocabulary) {
  const DecodeTable& table = vocabulary.table();
  size_t longest = 0, longest_released = 0, longest_overlaid = 0;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    if (vocabulary.is_text(id)) longest = std::max(longest, vocabulary.bytes(id).size());
  }
  for (DecodeContext context = 0; context < vocabulary.context_count(); ++context) {
    longest_released = std::max(longest_released, table.released(context).size());
    table.for_each_overlay(context, [&](TokenId id) {
      longest_overlaid = std::max(longest_overlaid, vocabulary.bytes(context, id).size());
    });
  }
  return std::max(longest + longest_released, longest_overlaid);
}

}  // namespace

/// By context: the tokens that spell something, and the ends; found on first use.
struct BudgetConstraint::Texts {
  std::mutex mutex;
  std::map<DecodeContext, std::vector<uint32_t>> masks;
};

BudgetConstraint::BudgetConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                                   const Budget& budget, std::unique_ptr<Constraint> inside,
                                   std::optional<DecodeContext> context)
    : vocabulary_(std::move(vocabulary)), budget_(budget), inside_(std::move(inside)), trail_([&] {
        if (!vocabulary_) {
          throw Error(ErrorCode::kInvalidArgument, "a constraint needs a vocabulary");
        }
        return Place{0, 0, context.value_or(vocabulary_->inside_context()), false};
      }()) {
  if (trail_.top().context >= vocabulary_->context_count()) {
    throw Error(ErrorCode::kInvalidArgument, "the vocabulary has no such decode context");
  }
  if (budget.min_tokens > budget.max_tokens || budget.min_bytes > budget.max_bytes) {
    throw Error(ErrorCode::kInvalidArgument, "a budget's minimum is above its maximum");
  }
  if (inside_ && inside_->vocab_size() != vocabulary_->size()) {
    throw Error(ErrorCode::kInvalidArgument, "expected a constraint over the vocabulary's " +
                                                 std::to_string(vocabulary_->size()) +
                                                 " ids, got one over " +
                                                 std::to_string(inside_->vocab_size()));
  }
  if (!inside_) texts_ = std::make_shared<Texts>();
  longest_token_ = budget.max_bytes == Budget::kNoLimit ? 0 : longest_token(*vocabulary_);
}

BudgetConstraint::BudgetConstraint(const BudgetConstraint& other)
    : Constraint(other),
      vocabulary_(other.vocabulary_),
      budget_(other.budget_),
      inside_(other.inside_ ? other.inside_->fork() : nullptr),
      longest_token_(other.longest_token_),
      texts_(other.texts_),
      trail_(other.trail_) {}

std::unique_ptr<Constraint> BudgetConstraint::fork() const {
  return std::make_unique<BudgetConstraint>(*this);
}

std::span<const TokenId> BudgetConstraint::end_ids() const noexcept {
  if (inside_) return inside_->end_ids();
  return vocabulary_->roles().eos;
}

bool BudgetConstraint::is_end(TokenId id) const noexcept {
  return std::ranges::binary_search(end_ids(), id);
}

size_t BudgetConstraint::bytes_of(TokenId id) const noexcept {
  return vocabulary_->is_text(id) ? vocabulary_->bytes(trail_.top().context, id).size() : 0;
}

bool BudgetConstraint::may_mark(TokenId id) const noexcept {
  const DecodeContext context = trail_.top().context;
  return vocabulary_->is_mark(id) && mark_leads_on(*vocabulary_, context, id);
}

void BudgetConstraint::add_texts(std::span<uint32_t> mask) const {
  const std::lock_guard lock(texts_->mutex);
  std::vector<uint32_t>& texts = texts_->masks[trail_.top().context];
  if (texts.empty()) {
    texts.assign(mask.size(), 0);
    for (TokenId id = 0; id < vocab_size(); ++id) {
      if (is_end(id) || bytes_of(id) > 0 || may_mark(id)) mask_set(texts, id);
    }
  }
  mask_or(mask, texts);
}

/// The limits alone, one more token behind what was taken.
bool BudgetConstraint::fits(TokenId id) const noexcept {
  const Place& place = trail_.top();
  if (place.ended || id >= vocab_size()) return false;
  if (is_end(id)) return may_end();
  if (place.tokens >= budget_.max_tokens) return false;
  const size_t bytes = bytes_of(id);
  if (!inside_ && bytes == 0 && !may_mark(id)) return false;
  return bytes <= budget_.max_bytes - place.bytes;
}

bool BudgetConstraint::may_end() const noexcept {
  const Place& place = trail_.top();
  const size_t bytes = place.bytes + vocabulary_->final_bytes(place.context).size();
  return place.tokens >= budget_.min_tokens && bytes >= budget_.min_bytes &&
         bytes <= budget_.max_bytes;
}

/// Whether what is inside might not be completed in the tokens that are left behind one more.
bool BudgetConstraint::is_tight() const noexcept {
  const size_t left = budget_.max_tokens - trail_.top().tokens;
  return inside_ && budget_.max_tokens != Budget::kNoLimit &&
         (left == 0 || left - 1 < inside_->shortest_completion_limit());
}

bool BudgetConstraint::can_complete_behind(TokenId id) const noexcept {
  if (!inside_->accept(id)) return false;
  const size_t left = budget_.max_tokens - trail_.top().tokens - 1;
  const bool fits = inside_->shortest_completion().at_least <= left;
  inside_->rollback(1);
  return fits;
}

bool BudgetConstraint::allows(TokenId id) const noexcept {
  if (!fits(id)) return false;
  if (!inside_) return true;
  return is_end(id) || !is_tight() ? inside_->allows(id) : can_complete_behind(id);
}

bool BudgetConstraint::accept(TokenId id) noexcept {
  if (!allows(id)) return false;
  Place place = trail_.top();
  if (is_end(id)) {
    place.ended = true;
  } else {
    ++place.tokens;
    place.bytes += bytes_of(id);
    place.context = vocabulary_->next_context(place.context, id);
  }
  if (inside_ && !inside_->accept(id)) return false;
  try {
    trail_.push(place);
  } catch (const std::exception&) {
    if (inside_) inside_->rollback(1);
    return false;
  }
  return true;
}

bool BudgetConstraint::rollback(size_t count) noexcept {
  if (count > trail_.size()) return false;
  if (inside_ && !inside_->rollback(count)) return false;
  trail_.pop(count);
  return true;
}

/// Takes out what does not fit. False: cancelled.
bool BudgetConstraint::narrow(std::span<uint32_t> mask, const std::atomic<bool>* cancel) const {
  const Place& place = trail_.top();
  const bool tight = is_tight();
  if (!may_end()) {
    for (const TokenId id : end_ids()) mask_clear(mask, id);
  }
  const bool full = place.tokens >= budget_.max_tokens;
  const bool long_tokens_fit =
      budget_.max_bytes == Budget::kNoLimit || longest_token_ <= budget_.max_bytes - place.bytes;
  if (!full && !tight && long_tokens_fit) return true;
  size_t seen = 0;
  for (size_t at = mask_find_next(mask, 0); at != kMaskEnd; at = mask_find_next(mask, at + 1)) {
    const auto id = static_cast<TokenId>(at);
    if (is_end(id)) continue;
    if (cancel != nullptr && ++seen % 64 == 0 && cancel->load(std::memory_order_relaxed)) {
      return false;
    }
    if (!fits(id) || (tight && !can_complete_behind(id))) mask_clear(mask, id);
  }
  return true;
}

MaskStatus BudgetConstraint::fill_mask(std::span<uint32_t> mask, size_t width,
                                       const std::atomic<bool>* cancel) const noexcept {
  std::ranges::fill(mask, 0u);
  if (is_ended()) return MaskStatus::kDead;
  try {
    const size_t size = vocab_size();
    std::vector<uint32_t> own(mask_words(size));
    if (inside_) {
      const MaskStatus status = inside_->fill_mask(own, 0, cancel);
      if (status != MaskStatus::kOk) return status;
    } else {
      add_texts(own);
    }
    if (!narrow(own, cancel)) return MaskStatus::kCancelled;
    if (width != 0 && width < size) mask_clear_range(own, width, size);
    std::copy_n(own.begin(), std::min(own.size(), mask.size()), mask.begin());
  } catch (const std::exception&) {
    return MaskStatus::kFuel;
  }
  return mask_any(mask) ? MaskStatus::kOk : MaskStatus::kDead;
}

bool BudgetConstraint::is_complete() const noexcept {
  return is_ended() || (may_end() && (!inside_ || inside_->is_complete()));
}

bool BudgetConstraint::is_finished() const noexcept {
  if (is_ended()) return true;
  if (!is_complete()) return false;
  const Place& place = trail_.top();
  if (place.tokens >= budget_.max_tokens || (inside_ && inside_->is_finished())) return true;
  if (budget_.max_bytes == place.bytes && !inside_) return true;
  if (!is_tight() && budget_.max_bytes == Budget::kNoLimit) return false;
  try {
    std::vector<uint32_t> mask(mask_words(vocab_size()));
    const MaskStatus status = fill_mask(mask);
    if (status != MaskStatus::kOk && status != MaskStatus::kDead) return false;
    for (const TokenId id : end_ids()) mask_clear(mask, id);
    return !mask_any(mask);
  } catch (const std::exception&) {
    return false;
  }
}

size_t BudgetConstraint::forced(std::span<TokenId> out) const noexcept {
  if (!inside_) return 0;
  const size_t count = inside_->forced(out);
  return count == 0 ? 0 : validate(out.first(count));
}

Shortest BudgetConstraint::shortest_completion() const noexcept {
  if (is_complete()) return {0, 0};
  const Place& place = trail_.top();
  Shortest shortest{0, 0};
  if (inside_) shortest = inside_->shortest_completion();
  if (budget_.min_tokens > place.tokens) {
    shortest.at_least = std::max(shortest.at_least, budget_.min_tokens - place.tokens);
  }
  shortest.at_least = std::max<size_t>(shortest.at_least, 1);
  // Whether what is missing to a minimum can be added just so is not known.
  if (!may_end()) shortest.at_most = Shortest::kUnknown;
  return shortest;
}

size_t BudgetConstraint::shortest_completion_limit() const noexcept {
  const size_t inner = inside_ ? inside_->shortest_completion_limit() : 1;
  return std::max({inner, budget_.min_tokens, size_t{1}});
}

double BudgetConstraint::log_weight(TokenId id) const noexcept {
  if (!allows(id)) return kRefusedWeight;
  return inside_ ? inside_->log_weight(id) : 0;
}

}  // namespace tokrail
