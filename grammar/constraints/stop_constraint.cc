#include "grammar/constraints/stop_constraint.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/constraints/string_matcher.h"

namespace tokrail {

namespace {

constexpr size_t kMostBytes = size_t{1} << 26;
/// Steps of the search for dead ends.
constexpr uint64_t kMostWork = uint64_t{1} << 33;
constexpr uint8_t kStop = 1, kBanned = 2;
constexpr uint32_t kNever = 0xFFFFFFFF;

/// place: the state of the matcher.
class StopLanguage final : public TextLanguage {
 public:
  StopLanguage(std::shared_ptr<const Vocabulary> vocabulary, const StopStrings& strings)
      : vocabulary_(std::move(vocabulary)),
        ends_at_first_(strings.ends_at_first),
        has_stops_(!strings.stops.empty()) {
    if (strings.stops.empty() && strings.banned.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "expected a stop string or a banned one");
    }
    size_t bytes = 0;
    for (const auto& [list, kind] :
         {std::pair(&strings.stops, kStop), std::pair(&strings.banned, kBanned)}) {
      for (const std::string& string : *list) {
        if (string.empty()) {
          throw Error(ErrorCode::kInvalidArgument, "a stop string or a banned one is empty");
        }
        bytes += string.size();
        if (bytes > kMostBytes) {
          throw Error(ErrorCode::kUnsupported, "expected at most 64 MiB of strings");
        }
        matcher_.add(string, kind);
      }
    }
    matcher_.finish();
    find_ends();
    if (ends_[0] == kNever) {
      throw Error(ErrorCode::kInvalidArgument,
                  "every way to a stop string leads through a banned one");
    }
  }

  State start() const override { return {}; }
  bool step(State& state, uint8_t byte) const override {
    const uint32_t next = step_state(static_cast<uint32_t>(state.place), byte);
    state.place = next;
    return next != kNever;
  }
  bool is_complete(const State& state) const override { return ends_[state.place] == 0; }
  ByteSet next_bytes(const State& state) const override {
    ByteSet bytes;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const auto from = static_cast<uint32_t>(state.place);
      if (step_state(from, static_cast<uint8_t>(byte)) != kNever) {
        bytes.add(static_cast<uint8_t>(byte));
      }
    }
    return bytes;
  }
  Shortest shortest(const State& state) const override {
    return {ends_[state.place], ends_[state.place]};
  }
  size_t shortest_limit() const override { return longest_end_; }
  void mark(const State& state, const TokenTrie& trie, std::span<uint32_t> words) const override;

 private:
  /// kNever: not allowed.
  uint32_t step_state(uint32_t state, uint8_t byte) const noexcept {
    if (ends_at_first_ && (matcher_.kinds(state) & kStop) != 0) return kNever;
    const uint32_t next = matcher_.next(state, byte);
    return ends_[next] == kNever ? kNever : next;
  }
  void find_ends();
  std::vector<uint8_t> reached() const;
  const std::vector<uint32_t>& mask_of_start(const TokenTrie& trie) const;

  std::shared_ptr<const Vocabulary> vocabulary_;  ///< keeps the tries below
  bool ends_at_first_, has_stops_;
  StringMatcher matcher_;
  std::vector<uint32_t> ends_;  ///< by state: bytes to the nearest end; kNever: none, or banned
  size_t longest_end_ = 0;
  mutable std::mutex mutex_;
  mutable std::map<const TokenTrie*, std::vector<uint32_t>> start_masks_;
};

/// By state: whether some byte leads to a state that an end is known for. A state moves like the
/// one of its longest end, except along its own string.
std::vector<uint8_t> StopLanguage::reached() const {
  const auto known = [&](uint32_t state) { return ends_[state] != kNever ? 1 : 0; };
  std::vector<int> count(matcher_.size());
  std::vector<uint8_t> result(matcher_.size());
  for (const uint32_t state : matcher_.by_length()) {
    if (state == 0) {
      count[0] = 256 * known(0);
      matcher_.for_each_child(0, [&](uint8_t, uint32_t at) { count[0] += known(at) - known(0); });
    } else {
      count[state] = count[matcher_.shorter(state)];
      matcher_.for_each_child(state, [&](uint8_t, uint32_t at) {
        count[state] += known(at) - known(matcher_.shorter(at));
      });
    }
    result[state] = count[state] > 0 ? 1 : 0;
  }
  return result;
}

/// Round by round, one byte further from the ends.
void StopLanguage::find_ends() {
  const size_t size = matcher_.size();
  ends_.assign(size, kNever);
  for (size_t state = 0; state < size; ++state) {
    const uint8_t kinds = matcher_.kinds(static_cast<uint32_t>(state));
    if ((kinds & kBanned) == 0 && (!has_stops_ || (kinds & kStop) != 0)) ends_[state] = 0;
  }
  uint64_t work = 0;
  for (uint32_t bytes = 1, more = has_stops_ ? 1 : 0; more != 0; ++bytes) {
    more = 0;
    work += size;
    if (work > kMostWork) {
      throw Error(ErrorCode::kBudgetExhausted,
                  "the ways from the strings to a stop string are too many and too long");
    }
    const std::vector<uint8_t> reaches = reached();
    for (size_t state = 0; state < size; ++state) {
      const uint8_t kinds = matcher_.kinds(static_cast<uint32_t>(state));
      if (reaches[state] == 0 || ends_[state] != kNever || (kinds & kBanned) != 0) continue;
      ends_[state] = bytes;
      longest_end_ = bytes;
      more = 1;
    }
  }
}

const std::vector<uint32_t>& StopLanguage::mask_of_start(const TokenTrie& trie) const {
  const std::lock_guard lock(mutex_);
  std::vector<uint32_t>& mask = start_masks_[&trie];
  if (!mask.empty()) return mask;
  mask.assign(mask_words(vocabulary_->size()), 0);
  std::vector<uint32_t> states(trie.max_depth() + 1, 0);
  for (size_t node = 0; node < trie.size();) {
    const size_t depth = trie.depth(node);
    states[depth] = step_state(states[depth - 1], trie.byte(node));
    if (states[depth] == kNever) {
      node += trie.subtree_size(node);
      continue;
    }
    for (const TokenId id : trie.tokens(node)) mask_set(mask, id);
    ++node;
  }
  return mask;
}

// Below a node where no string from before the token is under way any more, tokens are allowed as
// they are at the start. (What forbids a token there lies inside of it, or ahead.)
void StopLanguage::mark(const State& state, const TokenTrie& trie,
                        std::span<uint32_t> words) const {
  const auto from = static_cast<uint32_t>(state.place);
  if (ends_at_first_ && (matcher_.kinds(from) & kStop) != 0) return;
  std::vector<uint32_t> mask = mask_of_start(trie);
  std::vector<uint32_t> states(trie.max_depth() + 1, from);
  for (size_t node = 0; from != 0 && node < trie.size();) {
    const size_t depth = trie.depth(node);
    states[depth] = step_state(states[depth - 1], trie.byte(node));
    if (states[depth] == kNever) {
      for (const TokenId id : trie.tokens_below(node)) mask_clear(mask, id);
      node += trie.subtree_size(node);
    } else if (matcher_.length(states[depth]) <= depth) {
      node += trie.subtree_size(node);
    } else {
      for (const TokenId id : trie.tokens(node)) mask_set(mask, id);
      ++node;
    }
  }
  mask_or(words, mask);
}

std::shared_ptr<const StopLanguage> language_of(const std::shared_ptr<const Vocabulary>& vocabulary,
                                                const StopStrings& strings) {
  return std::make_shared<const StopLanguage>(vocabulary, strings);
}

}  // namespace

StopConstraint::StopConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                               const StopStrings& strings, TextConstraintOptions options)
    : TextConstraint(vocabulary, language_of(vocabulary, strings), std::move(options)) {}

}  // namespace tokrail
