#include "grammar/constraints/callback_constraint.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <stdexcept>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/marks.h"

namespace tokrail {

namespace {

bool stops(const std::atomic<bool>* cancel) noexcept {
  return cancel != nullptr && cancel->load(std::memory_order_relaxed);
}

std::shared_ptr<const Vocabulary> there(std::shared_ptr<const Vocabulary> vocabulary) {
  if (!vocabulary) throw Error(ErrorCode::kInvalidArgument, "a constraint needs a vocabulary");
  return vocabulary;
}

}  // namespace

CallbackConstraint::CallbackConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                                       ConstraintFunctions functions)
    : CallbackConstraint(vocabulary, std::move(functions), there(vocabulary)->inside_context()) {}

CallbackConstraint::CallbackConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                                       ConstraintFunctions functions, DecodeContext context)
    : vocabulary_(there(std::move(vocabulary))), context_(context) {
  if (context >= vocabulary_->context_count()) {
    throw Error(ErrorCode::kInvalidArgument, "the vocabulary has no such decode context");
  }
  if ((functions.prefix == nullptr) != (functions.complete == nullptr)) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected both of the functions prefix and complete, or neither");
  }
  functions_ = std::make_shared<const ConstraintFunctions>(std::move(functions));
}

std::unique_ptr<Constraint> CallbackConstraint::fork() const {
  return std::make_unique<CallbackConstraint>(*this);
}

bool CallbackConstraint::takes_bytes(const std::string& text, DecodeContext next) const {
  const auto& pending = vocabulary_->pending(next);
  if (pending.empty()) return functions_->prefix(text);
  return std::ranges::any_of(
      pending, [&](const std::string& held) { return functions_->prefix(text + held); });
}

bool CallbackConstraint::takes_text(TokenId id) const {
  if (!vocabulary_->is_text(id)) return false;
  if (vocabulary_->is_mark(id)) return takes_mark(id);
  const SpelledBytes spelled = vocabulary_->bytes(context_, id);
  if (spelled.size() == 0) return false;
  std::string text = text_;
  text.append(spelled.released).append(spelled.own);
  return takes_bytes(text, vocabulary_->next_context(context_, id));
}

// A mark says how what follows is spelled: it needs something that may follow, and to lead on.
bool CallbackConstraint::takes_mark(TokenId id) const {
  if (!mark_leads_on(*vocabulary_, context_, id)) return false;
  std::string text = text_ + vocabulary_->bytes(context_, id).str();
  if (!functions_->prefix(text)) return false;
  text.push_back('\0');
  for (int byte = 0; byte < 256; ++byte) {
    text.back() = static_cast<char>(byte);
    if (functions_->prefix(text)) return true;
  }
  return false;
}

bool CallbackConstraint::can_end() const {
  if (!functions_->complete) return true;
  return functions_->complete(text_ + std::string(vocabulary_->final_bytes(context_)));
}

void CallbackConstraint::ask_for_mask(std::vector<uint32_t>& mask) const {
  mask.resize(mask_words(vocabulary_->size()));
  mask_set_all(mask, vocabulary_->size());
  functions_->mask(ids_, mask);
  if (const size_t rest = vocabulary_->size() % 32; rest != 0) {
    mask.back() &= (uint32_t{1} << rest) - 1;
  }
}

bool CallbackConstraint::in_users_mask(TokenId id) const {
  if (users_mask_.empty()) {
    std::vector<uint32_t> mask;
    ask_for_mask(mask);
    users_mask_ = std::move(mask);
  }
  return mask_test(users_mask_, id);
}

bool CallbackConstraint::may_take(TokenId id) const {
  if (ended_ || id >= vocabulary_->size()) return false;
  if (functions_->mask && !in_users_mask(id)) return false;
  if (vocabulary_->is_eos(id)) {
    if (!can_end()) return false;
  } else if (functions_->prefix && !takes_text(id)) {
    return false;
  }
  if (functions_->token && !functions_->token(ids_, id)) return false;
  return !functions_->log_weight || log_weight_of(id) > kRefusedWeight;
}

bool CallbackConstraint::allows(TokenId id) const noexcept {
  return failure_.guarded(false, [&] { return may_take(id); });
}

bool CallbackConstraint::accept(TokenId id) noexcept {
  return failure_.guarded(false, [&] {
    if (!may_take(id)) return false;
    ids_.reserve(ids_.size() + 1);
    places_.push_back({text_.size(), context_});
    const bool end = vocabulary_->is_eos(id);
    if (!end && vocabulary_->is_text(id)) {
      const SpelledBytes spelled = vocabulary_->bytes(context_, id);
      text_.append(spelled.released).append(spelled.own);
    }
    if (!end) context_ = vocabulary_->next_context(context_, id);
    ids_.push_back(id);
    ended_ = end;
    users_mask_.clear();
    return true;
  });
}

bool CallbackConstraint::rollback(size_t count) noexcept {
  if (count > ids_.size()) return false;
  if (count == 0) return true;
  const Place place = places_[places_.size() - count];
  text_.resize(place.bytes);
  context_ = place.context;
  ids_.resize(ids_.size() - count);
  places_.resize(places_.size() - count);
  ended_ = false;
  users_mask_.clear();
  return true;
}

bool CallbackConstraint::walk(const TokenTrie& trie, std::string_view released,
                              std::vector<uint32_t>& found, const std::atomic<bool>* cancel) const {
  std::string text = text_;
  text.append(released);
  const size_t before = text.size();
  for (size_t node = 0; node < trie.size();) {
    if (stops(cancel)) return false;
    text.resize(before + trie.depth(node) - 1);
    text.push_back(static_cast<char>(trie.byte(node)));
    if (!functions_->prefix(text)) {
      node += trie.subtree_size(node);
      continue;
    }
    for (const TokenId id : trie.tokens(node)) {
      const DecodeContext next = vocabulary_->next_context(context_, id);
      if (vocabulary_->pending(next).empty() || takes_bytes(text, next)) mask_set(found, id);
    }
    ++node;
  }
  return true;
}

// Leaves what `prefix` and `complete` allow.
bool CallbackConstraint::keep_texts(std::vector<uint32_t>& mask,
                                    const std::atomic<bool>* cancel) const {
  std::vector<uint32_t> found(mask.size(), 0);
  const ContextTries& tries = vocabulary_->tries(context_);
  if (!walk(*tries.own, {}, found, cancel)) return false;
  if (!tries.shared->empty() && !walk(*tries.shared, tries.released, found, cancel)) return false;
  for (const TokenId id : vocabulary_->marks()) {
    if (takes_mark(id)) {
      mask_set(found, id);
    } else {
      mask_clear(found, id);
    }
  }
  for (const TokenId id : vocabulary_->roles().eos) mask_clear(found, id);
  if (can_end()) {
    for (const TokenId id : vocabulary_->roles().eos) mask_set(found, id);
  }
  mask_and(mask, found);
  return true;
}

// Leaves what `token` and `log_weight` allow.
bool CallbackConstraint::keep_tokens(std::vector<uint32_t>& mask,
                                     const std::atomic<bool>* cancel) const {
  for (size_t at = mask_find_next(mask, 0); at != kMaskEnd; at = mask_find_next(mask, at + 1)) {
    if (stops(cancel)) return false;
    const auto id = static_cast<TokenId>(at);
    if ((functions_->token && !functions_->token(ids_, id)) ||
        (functions_->log_weight && log_weight_of(id) == kRefusedWeight)) {
      mask_clear(mask, id);
    }
  }
  return true;
}

MaskStatus CallbackConstraint::fill_mask(std::span<uint32_t> mask, size_t width,
                                         const std::atomic<bool>* cancel) const noexcept {
  std::ranges::fill(mask, 0u);
  if (failure_.failed()) return MaskStatus::kFailed;
  if (ended_) return MaskStatus::kDead;
  return failure_.guarded(MaskStatus::kFailed, [&] {
    const size_t size = vocabulary_->size();
    std::vector<uint32_t> own(mask_words(size));
    mask_set_all(own, size);
    if (functions_->mask) {
      if (users_mask_.empty()) (void)in_users_mask(0);
      own = users_mask_;
    }
    if (functions_->prefix && !keep_texts(own, cancel)) return MaskStatus::kCancelled;
    if ((functions_->token || functions_->log_weight) && !keep_tokens(own, cancel)) {
      return MaskStatus::kCancelled;
    }
    const size_t bits = width == 0 ? size : std::min(width, size);
    if (bits < size) mask_clear_range(own, bits, size);
    std::copy_n(own.begin(), std::min(own.size(), mask.size()), mask.begin());
    return mask_any(mask) ? MaskStatus::kOk : MaskStatus::kDead;
  });
}

bool CallbackConstraint::mask_is_cheap() const noexcept {
  return !functions_->prefix && !functions_->token && !functions_->log_weight;
}

bool CallbackConstraint::is_complete() const noexcept {
  if (ended_) return true;
  return failure_.guarded(false, [&] {
    if (functions_->complete) return can_end();
    const std::vector<TokenId>& ends = vocabulary_->roles().eos;
    return ends.empty() ||
           std::ranges::any_of(ends, [&](const TokenId id) { return may_take(id); });
  });
}

bool CallbackConstraint::is_finished() const noexcept {
  if (ended_) return true;
  if (!is_complete()) return false;
  return failure_.guarded(false, [&] {
    std::vector<uint32_t> mask(mask_words(vocabulary_->size()));
    const MaskStatus status = fill_mask(mask);
    if (status != MaskStatus::kOk && status != MaskStatus::kDead) return false;
    for (const TokenId id : vocabulary_->roles().eos) mask_clear(mask, id);
    return !mask_any(mask);
  });
}

double CallbackConstraint::log_weight_of(TokenId id) const {
  const double weight = functions_->log_weight(ids_, id);
  if (std::isnan(weight) || weight == -kRefusedWeight) {
    throw std::range_error("log_weight gave NaN or infinity");
  }
  return weight;
}

double CallbackConstraint::log_weight(TokenId id) const noexcept {
  if (!functions_->log_weight) return allows(id) ? 0 : kRefusedWeight;
  return failure_.guarded(kRefusedWeight,
                          [&] { return may_take(id) ? log_weight_of(id) : kRefusedWeight; });
}

}  // namespace tokrail
