// What a matcher's text must go on with: bytes, and the tokens that a tokenizer writes them in.
#include <mutex>
#include <utility>

#include "grammar/matcher.h"
#include "grammar/recogniser/compiled_state.h"
#include "grammar/recogniser/matcher_step.h"
#include "tokenizers/canonical_encoder.h"

namespace tokrail {

using recogniser::Thread;

std::string Matcher::forced_bytes(size_t limit) const {
  std::string forced;
  auto& impl = grammar_->impl();
  if (last_->ended || !impl.vocabulary.pending(last_->context).empty()) return forced;
  const std::lock_guard lock(impl.mutex);
  forced = left_of_prefix().substr(0, limit);
  std::vector<Thread> now = last_->current(impl), next;
  while (forced.size() < limit && !impl.recogniser.can_end(now)) {
    ByteSet first;
    bool has_tokens = false;
    for (const Thread& thread : now) {
      first |= impl.recogniser.lexer().first_bytes(thread.lexer);
      has_tokens |= thread.at_start && !impl.recogniser.state(thread.stack).tokens.empty();
    }
    // A byte that cannot come because of a guard is seen by stepping.
    std::vector<uint8_t> possible;
    first.for_each([&](uint8_t byte) {
      if (possible.size() > 1) return;
      next.clear();
      impl.recogniser.step(now, byte, next);
      if (!next.empty()) possible.push_back(byte);
    });
    if (has_tokens || possible.size() != 1) break;
    next.clear();
    impl.recogniser.step(now, possible[0], next);
    now.swap(next);
    forced.push_back(static_cast<char>(possible[0]));
  }
  return forced;
}

std::vector<TokenId> Matcher::forced_tokens(const CanonicalEncoder& encoder, size_t limit) const {
  Matcher probe = *this;
  std::vector<TokenId> ids;
  for (const TokenId id : encoder.encode_certain(forced_bytes()).ids) {
    if (ids.size() == limit || !probe.accept(id)) break;
    ids.push_back(id);
  }
  return ids;
}

}  // namespace tokrail
