#include "grammar/matcher.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/parallel.h"
#include "grammar/recogniser/compiled_state.h"
#include "grammar/recogniser/matcher_step.h"

namespace tokrail {

using recogniser::Thread;

namespace {

/// Runs `work` on a grammar's state under its lock. A budget that ends inside (states, memory) is
/// `otherwise`: per-token calls do not throw.
template <typename Impl, typename Result, typename Work>
Result locked(Impl& impl, Result otherwise, Work work) noexcept {
  try {
    const std::lock_guard lock(impl.mutex);
    impl.keep_within_memory();
    return work();
  } catch (const std::exception&) {
    return otherwise;
  }
}

}  // namespace

const std::vector<Thread>& Matcher::Step::current(CompiledGrammar::Impl& impl) const {
  if (epoch == impl.epoch) return threads;
  std::vector<const Step*> steps;
  for (const Step* step = this; step->before; step = step->before.get()) steps.push_back(step);
  std::vector<Thread> now = impl.recogniser.start(), next;
  for (; !steps.empty(); steps.pop_back()) {
    const Step& step = *steps.back();
    if (step.ended) break;
    if (const size_t known = step.covered - step.before->covered; known > 0) {
      const std::string taken = step.id == kNoToken
                                    ? step.bytes
                                    : impl.vocabulary.bytes(step.before->context, step.id).str();
      impl.step_bytes(now, std::string_view(taken).substr(known), next);
    } else if (step.id == kNoToken) {
      impl.step_bytes(now, step.bytes, next);
    } else {
      impl.step_token(now, step.before->context, step.id, next);
    }
    now.swap(next);
  }
  threads = std::move(now);
  epoch = impl.epoch;
  return threads;
}

Matcher::Matcher(std::shared_ptr<const CompiledGrammar> grammar)
    : Matcher(grammar, grammar->vocabulary().inside_context()) {}

Matcher::Matcher(std::shared_ptr<const CompiledGrammar> grammar, DecodeContext context)
    : grammar_(std::move(grammar)) {
  auto first = std::make_shared<Step>();
  auto& impl = grammar_->impl();
  const std::lock_guard lock(impl.mutex);
  first->threads = impl.recogniser.start();
  first->epoch = impl.epoch;
  first->context = context;
  last_ = std::move(first);
}

Matcher Matcher::with_prefix(std::shared_ptr<const CompiledGrammar> grammar, std::string prefix,
                             DecodeContext context) {
  Matcher matcher(std::move(grammar), context);
  if (!prefix.empty()) matcher.prefix_ = std::make_shared<const std::string>(std::move(prefix));
  return matcher;
}

std::string_view Matcher::left_of_prefix() const noexcept {
  return prefix_ ? std::string_view(*prefix_).substr(last_->covered) : std::string_view();
}

Matcher::~Matcher() = default;
Matcher::Matcher(const Matcher& other) = default;
Matcher& Matcher::operator=(const Matcher& other) = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

bool Matcher::accept(TokenId id) noexcept {
  auto& impl = grammar_->impl();
  if (last_->ended || id >= impl.vocabulary.size()) return false;
  return locked(impl, false, [&] {
    auto next = std::make_shared<Step>();
    std::string_view left = left_of_prefix();
    impl.step_token(last_->current(impl), left, last_->context, id, next->threads);
    if (next->threads.empty()) {
      next->ended = impl.vocabulary.is_eos(id) &&
                    impl.can_end(last_->current(impl), left_of_prefix(), last_->context);
      if (!next->ended) return false;
    }
    next->id = id;
    next->epoch = impl.epoch;
    next->context = impl.vocabulary.next_context(last_->context, id);
    next->covered = next->ended || !prefix_ ? last_->covered : prefix_->size() - left.size();
    next->number = last_->number + 1;
    next->before = last_;
    last_ = std::move(next);
    return true;
  });
}

bool Matcher::accept_bytes(std::string_view bytes) noexcept {
  if (last_->ended) return false;
  auto& impl = grammar_->impl();
  return locked(impl, false, [&] {
    auto next = std::make_shared<Step>();
    if (!bytes.empty()) next->bytes = impl.vocabulary.table().released(last_->context);
    next->bytes += bytes;
    std::string_view left = left_of_prefix();
    if (!impl.step_bytes(last_->current(impl), left, next->bytes, next->threads)) return false;
    next->covered = prefix_ ? prefix_->size() - left.size() : 0;
    next->epoch = impl.epoch;
    next->context = bytes.empty() ? last_->context : impl.vocabulary.inside_context();
    next->number = last_->number + 1;
    next->before = last_;
    last_ = std::move(next);
    return true;
  });
}

bool Matcher::rollback(size_t steps) noexcept {
  if (steps > last_->number) return false;
  for (; steps > 0; --steps) last_ = last_->before;
  return true;
}

void Matcher::reset() noexcept {
  rollback(last_->number);
}

size_t Matcher::steps() const noexcept {
  return last_->number;
}

bool Matcher::allows(TokenId id) const noexcept {
  auto& impl = grammar_->impl();
  if (last_->ended || id >= impl.vocabulary.size()) return false;
  return locked(impl, false, [&] {
    std::vector<Thread> after;
    std::string_view left = left_of_prefix();
    impl.step_token(last_->current(impl), left, last_->context, id, after);
    return !after.empty() || (impl.vocabulary.is_eos(id) &&
                              impl.can_end(last_->current(impl), left_of_prefix(), last_->context));
  });
}

size_t Matcher::validate(std::span<const TokenId> ids) const noexcept {
  Matcher probe = *this;
  size_t count = 0;
  while (count < ids.size() && probe.accept(ids[count])) ++count;
  return count;
}

MaskStatus Matcher::fill_mask(std::span<uint32_t> mask, size_t width,
                              const std::atomic<bool>* cancel) const noexcept {
  auto& impl = grammar_->impl();
  std::ranges::fill(mask, 0u);
  if (last_->ended) return MaskStatus::kDead;
  const size_t size = impl.vocabulary.size();
  if (width == 0) width = size;
  const bool fits = width >= size && mask.size() >= mask_words(size);
  std::vector<uint32_t> own;
  std::span<uint32_t> words = mask.first(std::min(mask.size(), mask_words(size)));
  if (!fits) {
    own.assign(mask_words(size), 0);
    words = own;
  }
  recogniser::WalkBudget budget{impl.limits.mask_fuel, cancel};
  const bool done = locked(impl, false, [&] {
    const std::string_view left = left_of_prefix();
    if (!impl.add_masks(last_->current(impl), left, last_->context, budget, words)) return false;
    if (impl.can_end(last_->current(impl), left, last_->context)) {
      for (const TokenId id : impl.vocabulary.roles().eos) mask_set(words, id);
    }
    return true;
  });
  if (!done) {
    std::ranges::fill(mask, 0u);
    return budget.cancelled ? MaskStatus::kCancelled : MaskStatus::kFuel;
  }
  if (!fits) {
    const size_t count = std::min(mask.size(), mask_words(width));
    std::copy_n(own.begin(), std::min(count, own.size()), mask.begin());
    if (width % 32 != 0 && count == mask_words(width)) {
      mask[count - 1] &= (uint32_t{1} << (width % 32)) - 1;
    }
  }
  return mask_any(mask) ? MaskStatus::kOk : MaskStatus::kDead;
}

bool Matcher::is_complete() const noexcept {
  if (last_->ended) return true;
  auto& impl = grammar_->impl();
  return locked(impl, false, [&] {
    return impl.can_end(last_->current(impl), left_of_prefix(), last_->context);
  });
}

bool Matcher::is_finished() const noexcept {
  if (last_->ended) return true;
  if (!left_of_prefix().empty()) return false;
  auto& impl = grammar_->impl();
  return locked(impl, false, [&] {
    const bool goes_on = std::ranges::any_of(last_->current(impl), [&](const Thread& thread) {
      return thread.lexer != 0 ||
             (thread.at_start && !impl.recogniser.state(thread.stack).tokens.empty());
    });
    return !goes_on && impl.can_end(last_->current(impl), last_->context);
  });
}

uint64_t Matcher::state_key() const noexcept {
  using recogniser::mix_hash;
  auto& impl = grammar_->impl();
  return locked(impl, uint64_t{0}, [&] {
    std::vector<uint64_t> keys;
    for (const Thread& t : last_->current(impl)) {
      uint64_t key = mix_hash(mix_hash(t.lexer, t.stack), t.guard);
      key = mix_hash(key, uint64_t{t.text} * 2 + t.at_start);
      keys.push_back(key);
    }
    std::ranges::sort(keys);
    uint64_t all = mix_hash(impl.epoch * 2 + last_->ended, last_->context);
    for (const uint64_t key : keys) all = mix_hash(all, key);
    for (const char byte : left_of_prefix()) all = mix_hash(all, static_cast<uint8_t>(byte) + 1u);
    return all;
  });
}

bool Matcher::is_ended() const noexcept {
  return last_->ended;
}

bool Matcher::is_stuck() const noexcept {
  if (last_->ended || is_complete()) return false;
  std::vector<uint32_t> mask(mask_words(grammar_->vocabulary().size()));
  return fill_mask(mask) == MaskStatus::kDead;
}

std::vector<MaskStatus> fill_masks(std::span<const Matcher* const> matchers,
                                   std::span<uint32_t> masks, size_t row_words, size_t width,
                                   int threads) {
  std::vector<MaskStatus> status(matchers.size());
  const auto fill = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      status[i] = matchers[i]->fill_mask(masks.subspan(i * row_words, row_words), width);
    }
  };
  parallel_for(0, matchers.size(), 1, fill, threads);
  return status;
}

}  // namespace tokrail
