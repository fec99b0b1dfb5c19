// Steps and masks of a text that must begin with given bytes, the rest of a prompt, before the
// grammar's own text begins.
#include <algorithm>
#include <string>

#include "grammar/recogniser/compiled_state.h"

namespace tokrail {

using recogniser::Thread;

bool CompiledGrammar::Impl::step_bytes(std::span<const Thread> threads, std::string_view& left,
                                       std::string_view bytes, std::vector<Thread>& out) {
  const size_t covered = std::min(left.size(), bytes.size());
  if (left.substr(0, covered) != bytes.substr(0, covered)) {
    out.clear();
    return false;
  }
  left.remove_prefix(covered);
  return step_bytes(threads, bytes.substr(covered), out);
}

void CompiledGrammar::Impl::step_token(std::span<const Thread> threads, std::string_view& left,
                                       DecodeContext context, TokenId id,
                                       std::vector<Thread>& out) {
  out.clear();
  if (left.empty()) {
    step_token(threads, context, id, out);
    return;
  }
  if (!vocabulary.is_text(id)) return;
  if (vocabulary.is_mark(id)) {
    step_mark(threads, left, context, id, out);
    return;
  }
  const std::string spelled = vocabulary.bytes(context, id).str();
  if (spelled.empty() || !step_bytes(threads, left, spelled, out)) return;
  if (!can_hold(out, left, vocabulary.next_context(context, id))) out.clear();
}

bool CompiledGrammar::Impl::can_end(std::span<const Thread> threads, std::string_view left,
                                    DecodeContext context) {
  if (left.empty()) return can_end(threads, context);
  std::vector<Thread> after;
  return step_bytes(threads, left, vocabulary.final_bytes(context), after) && left.empty() &&
         recogniser.can_end(after);
}

bool CompiledGrammar::Impl::can_hold(std::span<const Thread> threads, std::string_view left,
                                     DecodeContext context) {
  if (left.empty()) return can_hold(threads, context);
  const auto& pending = vocabulary.pending(context);
  std::vector<Thread> after;
  return pending.empty() ||
         std::ranges::any_of(pending,
                             [&](const std::string& bytes) {
                               std::string_view still_left = left;
                               return step_bytes(threads, still_left, bytes, after);
                             }) ||
         can_end(threads, left, context);
}

bool CompiledGrammar::Impl::add_masks(std::span<const Thread> threads, std::string_view left,
                                      DecodeContext context, recogniser::WalkBudget& budget,
                                      std::span<uint32_t> mask) {
  if (left.empty()) return add_masks(threads, context, budget, mask);
  const ContextTries& tries = vocabulary.tries(context);
  if (!masks.add_behind(*tries.own, left, threads, budget, mask)) return false;
  std::string_view behind_released = left;
  std::vector<Thread> after;
  if (!tries.shared->empty() && step_bytes(threads, behind_released, tries.released, after)) {
    const bool done = behind_released.empty()
                          ? masks.add(*tries.shared, after, budget, mask)
                          : masks.add_behind(*tries.shared, behind_released, after, budget, mask);
    if (!done) return false;
  }
  for (size_t id = holds_back ? mask_find_next(mask, 0) : kMaskEnd; id != kMaskEnd;
       id = mask_find_next(mask, id + 1)) {
    std::string_view still_left = left;
    step_token(threads, still_left, context, static_cast<TokenId>(id), after);
    if (after.empty()) mask_clear(mask, id);
  }
  add_marks(threads, left, context, mask);
  return true;
}

}  // namespace tokrail
