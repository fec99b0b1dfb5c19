#include "grammar/compiled_grammar.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "grammar/marks.h"
#include "grammar/recogniser/compiled_state.h"

namespace tokrail {
namespace {

using recogniser::Recogniser;
using recogniser::Thread;

Recogniser make_recogniser(const Grammar& grammar, const CompileLimits& limits) {
  RegexSet regexes = grammar.regexes();
  auto automaton = recogniser::compile_rules(grammar, regexes, limits);
  return Recogniser(std::move(automaton), std::move(regexes));
}

/// The limits of later work: it belongs to no caller who could cancel it, and what was compiled
/// once in time may be compiled again.
CompileLimits limits_of_later(CompileLimits limits) {
  limits.cancel = nullptr;
  limits.seconds = std::numeric_limits<double>::infinity();
  return limits;
}

std::vector<uint32_t> resolve(const TokenSet& set, const Vocabulary& vocabulary) {
  const size_t size = vocabulary.size();
  std::vector<uint32_t> words(mask_words(size), 0);
  for (const TokenSet::Range& range : set.ids) {
    if (range.first > range.last || range.last >= size) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the grammar names token " + std::to_string(range.last) +
                      "; the vocabulary has ids up to " + std::to_string(size - 1));
    }
    mask_set_range(words, range.first, size_t{range.last} + 1);
  }
  for (const std::string& name : set.names) {
    const auto id = vocabulary.id_of_piece(name);
    if (!id) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the grammar names the token " + name + ", which the vocabulary does not have");
    }
    mask_set(words, *id);
  }
  if (set.negated) mask_invert(words, size);
  return words;
}

}  // namespace

CompiledGrammar::Impl::Impl(const Grammar& source, const MaskTables& tables,
                            const CompileLimits& compile_limits)
    : vocabulary(*tables.vocabulary()),
      grammar(source),
      limits(limits_of_later(compile_limits)),
      recogniser(make_recogniser(source, compile_limits)),
      masks(recogniser, tables.impl(), vocabulary.size()) {
  for (const TokenSet& set : recogniser.automaton().token_sets) {
    token_sets.push_back(resolve(set, vocabulary));
  }
  for (DecodeContext c = 0; c < vocabulary.context_count() && !holds_back; ++c) {
    const auto& pending = vocabulary.pending(c);
    holds_back = pending.size() > 1 || (pending.size() == 1 && !pending[0].empty());
  }
  if (recogniser.start().empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the language of the grammar is empty: longest matches always take what must "
                "follow");
  }
  for (const Grammar::Rule& rule : source.rules()) {
    rule_names.push_back(rule.name);
    rule_places.push_back(rule.where);
  }
}

void CompiledGrammar::Impl::restart() {
  recogniser = make_recogniser(grammar, limits);
  masks.forget();
  unholdable_.clear();
  unholdable_bytes_ = 0;
  ++epoch;
}

void CompiledGrammar::Impl::keep_within_memory() {
  constexpr uint32_t kCallsBetween = 1024;
  if (++calls_ % kCallsBetween != 0) return;
  if (recogniser.memory() + mask_memory() > limits.memory) restart();
}

bool CompiledGrammar::Impl::step_bytes(std::span<const Thread> threads, std::string_view bytes,
                                       std::vector<Thread>& out) {
  scratch_.assign(threads.begin(), threads.end());
  for (const char byte : bytes) {
    scratch_next_.clear();
    recogniser.step(scratch_, static_cast<uint8_t>(byte), scratch_next_);
    if (scratch_next_.empty()) {
      out.clear();
      return false;
    }
    scratch_.swap(scratch_next_);
  }
  out = scratch_;
  return !out.empty();
}

bool CompiledGrammar::Impl::can_hold(std::span<const Thread> threads, DecodeContext context) {
  if (!holds_back) return true;
  const auto& pending = vocabulary.pending(context);
  std::vector<Thread> after;
  return pending.empty() ||
         std::ranges::any_of(
             pending,
             [&](const std::string& bytes) { return step_bytes(threads, bytes, after); }) ||
         can_end(threads, context);
}

void CompiledGrammar::Impl::step_token(std::span<const Thread> threads, DecodeContext context,
                                       TokenId id, std::vector<Thread>& out) {
  out.clear();
  if (vocabulary.is_mark(id)) {
    std::string_view nothing_left;
    step_mark(threads, nothing_left, context, id, out);
  } else if (vocabulary.is_text(id)) {
    const SpelledBytes spelled = vocabulary.bytes(context, id);
    if (spelled.size() > 0) {
      std::vector<Thread> middle;
      if (spelled.released.empty()) {
        step_bytes(threads, spelled.own, out);
      } else if (step_bytes(threads, spelled.released, middle)) {
        step_bytes(middle, spelled.own, out);
      }
      if (!out.empty() && !can_hold(out, vocabulary.next_context(context, id))) out.clear();
    }
  }
  recogniser.step_token(
      threads, [&](uint32_t set) { return mask_test(token_sets[set], id); }, out);
}

bool CompiledGrammar::Impl::can_end(std::span<const Thread> threads, DecodeContext context) {
  const std::string_view held = vocabulary.final_bytes(context);
  if (held.empty()) return recogniser.can_end(threads);
  std::vector<Thread> after;
  return step_bytes(threads, held, after) && recogniser.can_end(after);
}

bool CompiledGrammar::Impl::can_go_on(std::span<const Thread> threads) {
  ByteSet first;
  for (const Thread& thread : threads) first |= recogniser.lexer().first_bytes(thread.lexer);
  // A byte that cannot come because of a guard is seen by stepping.
  bool goes_on = false;
  std::vector<Thread> next;
  first.for_each([&](uint8_t byte) {
    if (goes_on) return;
    next.clear();
    recogniser.step(threads, byte, next);
    goes_on = !next.empty();
  });
  return goes_on;
}

// A mark says how what follows is spelled: it needs something that may follow, and to lead on.
bool CompiledGrammar::Impl::step_mark(std::span<const Thread> threads, std::string_view& left,
                                      DecodeContext context, TokenId id, std::vector<Thread>& out) {
  out.clear();
  if (!mark_leads_on(vocabulary, context, id)) return false;
  if (!step_bytes(threads, left, vocabulary.bytes(context, id).str(), out)) return false;
  if (left.empty() && !can_go_on(out)) out.clear();
  return !out.empty();
}

void CompiledGrammar::Impl::add_marks(std::span<const Thread> threads, std::string_view left,
                                      DecodeContext context, std::span<uint32_t> mask) {
  std::vector<Thread> after;
  for (const TokenId id : vocabulary.marks()) {
    std::string_view still_left = left;
    if (step_mark(threads, still_left, context, id, after)) {
      mask_set(mask, id);
    } else {
      mask_clear(mask, id);
    }
  }
}

size_t CompiledGrammar::Impl::PlaceHash::operator()(const Place& place) const noexcept {
  uint64_t hash = place.context;
  for (const Thread& thread : place.threads) {
    hash = recogniser::mix_hash(recogniser::mix_hash(hash, thread.lexer), thread.stack);
    hash = recogniser::mix_hash(hash, uint64_t{thread.guard} * 2 + thread.at_start);
  }
  return hash;
}

void CompiledGrammar::Impl::drop_unholdable(std::span<const Thread> threads, DecodeContext context,
                                            std::span<uint32_t> mask) {
  // As in MaskBuilder: the bytes of captured terminals are hardly ever the same again.
  const bool keeps = std::ranges::none_of(threads, [](const Thread& t) { return t.text != 0; });
  Place place{context, {threads.begin(), threads.end()}};
  if (const auto known = unholdable_.find(place); keeps && known != unholdable_.end()) {
    for (const TokenId id : known->second) mask_clear(mask, id);
    return;
  }
  std::vector<TokenId> dropped;
  std::vector<Thread> after;
  for (size_t id = mask_find_next(mask, 0); id != kMaskEnd; id = mask_find_next(mask, id + 1)) {
    const auto token = static_cast<TokenId>(id);
    if (vocabulary.pending(vocabulary.next_context(context, token)).empty()) continue;
    step_token(threads, context, token, after);
    if (after.empty()) dropped.push_back(token);
  }
  for (const TokenId id : dropped) mask_clear(mask, id);
  if (!keeps) return;
  dropped.shrink_to_fit();
  unholdable_bytes_ += sizeof(Place) + sizeof(dropped) + 32 +
                       place.threads.capacity() * sizeof(Thread) +
                       dropped.capacity() * sizeof(TokenId);
  unholdable_.emplace(std::move(place), std::move(dropped));
}

bool CompiledGrammar::Impl::add_masks(std::span<const Thread> threads, DecodeContext context,
                                      recogniser::WalkBudget& budget, std::span<uint32_t> mask) {
  const ContextTries& tries = vocabulary.tries(context);
  if (!masks.add(*tries.own, threads, budget, mask)) return false;
  if (!tries.shared->empty()) {
    if (tries.released.empty()) {
      if (!masks.add(*tries.shared, threads, budget, mask)) return false;
    } else {
      std::vector<Thread> after;
      if (step_bytes(threads, tries.released, after) &&
          !masks.add(*tries.shared, after, budget, mask)) {
        return false;
      }
    }
  }
  if (holds_back) drop_unholdable(threads, context, mask);
  add_marks(threads, {}, context, mask);
  for (const Thread& thread : threads) {
    if (!thread.at_start) continue;
    for (const auto& offer : recogniser.state(thread.stack).tokens) {
      mask_or(mask, token_sets[offer.token_set]);
    }
  }
  return true;
}

std::shared_ptr<const CompiledGrammar> CompiledGrammar::compile(const Grammar& grammar,
                                                                std::shared_ptr<MaskTables> tables,
                                                                const CompileLimits& limits) {
  if (!tables) throw Error(ErrorCode::kInvalidArgument, "compiling a grammar needs mask tables");
  auto impl = std::make_unique<Impl>(grammar, *tables, limits);
  return std::shared_ptr<const CompiledGrammar>(
      new CompiledGrammar(std::move(tables), std::move(impl)));
}

CompiledGrammar::CompiledGrammar(std::shared_ptr<MaskTables> tables, std::unique_ptr<Impl> impl)
    : tables_(std::move(tables)), impl_(std::move(impl)) {}

CompiledGrammar::~CompiledGrammar() = default;

size_t CompiledGrammar::memory() const {
  const std::lock_guard lock(impl_->mutex);
  return sizeof(Impl) + impl_->grammar.memory() + impl_->recogniser.memory() + impl_->mask_memory();
}

}  // namespace tokrail
