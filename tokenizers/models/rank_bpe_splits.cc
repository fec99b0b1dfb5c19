#include "tokenizers/models/rank_bpe_splits.h"

#include <bit>
#include <cstring>

namespace tokrail {
namespace {

constexpr uint32_t kNoPlace = TokenSplits::kNoPlace;

/// The keys that are prefixes of the current one, shortest first, in a walk over sorted keys.
class PrefixStack {
 public:
  struct Prefix {
    uint32_t size, place;
  };

  /// Goes on to the next key; what is left are its proper prefixes.
  void enter(const SortedKey& key) {
    const uint32_t shared = before_ == nullptr ? 0 : shared_length(*before_, key);
    while (!prefixes_.empty() && prefixes_.back().size > shared) prefixes_.pop_back();
    before_ = &key;
  }
  /// The current key may be a prefix of those that follow.
  void add(const SortedKey& key) { prefixes_.push_back({key.size, key.value}); }

  std::span<const Prefix> prefixes() const noexcept { return prefixes_; }
  uint32_t longest() const noexcept {
    return prefixes_.empty() ? kNoPlace : prefixes_.back().place;
  }

 private:
  const SortedKey* before_ = nullptr;
  std::vector<Prefix> prefixes_;
};

/// Hashes of the ends of a text, each a few steps longer than the one before. Ends of up to eight
/// bytes are one number.
class SuffixHash {
 public:
  explicit SuffixHash(std::string_view text, uint64_t head) : end_(text.data() + text.size()) {
    if (text.size() > kWord) {
      last_ = head_of({end_ - kWord, kWord});
    } else {
      last_ = text.empty() ? 0 : head >> (64 - 8 * text.size());
    }
    state_ = seed(last_, kWord);
  }

  /// The last `size` bytes; sizes of more than eight bytes must not go down from call to call.
  uint64_t of(uint32_t size) noexcept {
    if (size <= kWord) return finish(seed(last_ << (64 - 8 * size), size));
    for (; hashed_ < size; ++hashed_) {
      const auto byte = static_cast<unsigned char>(end_[-static_cast<std::ptrdiff_t>(hashed_) - 1]);
      state_ = std::rotl((state_ ^ byte) * 0x9E3779B97F4A7C15ull, 29);
    }
    return finish(state_);
  }

 private:
  static constexpr uint32_t kWord = SortedKey::kHead;

  static uint64_t seed(uint64_t word, uint32_t size) noexcept {
    return word ^ size * 0xC2B2AE3D27D4EB4Full;
  }
  static uint64_t finish(uint64_t state) noexcept {
    state *= 0xD6E8FEB86659FD93ull;
    return (state ^ state >> 32) * 0xD6E8FEB86659FD93ull;
  }

  const char* end_;
  uint64_t last_;   // the last eight bytes, or all, at the low end
  uint64_t state_;  // of the last hashed_ bytes
  uint32_t hashed_ = kWord;
};

uint64_t hash_of(std::string_view text, uint64_t head) noexcept {
  return SuffixHash(text, head).of(static_cast<uint32_t>(text.size()));
}

constexpr int kPlaceBits = 22;
constexpr uint32_t kPlaceMask = (1u << kPlaceBits) - 1;

/// Bits right below those that choose the slot, where places are not.
uint32_t tag_of(uint64_t hash, int shift) noexcept {
  return static_cast<uint32_t>(hash >> (shift - 32)) & ~kPlaceMask;
}

/// What is longer than a head costs a cache miss in sorted order.
void prefetch_rest(std::span<const SortedKey> keys, size_t at) noexcept {
  constexpr size_t kAhead = 16;
  if (at + kAhead >= keys.size()) return;
  const SortedKey& key = keys[at + kAhead];
  if (key.size > SortedKey::kHead) __builtin_prefetch(key.data + key.size - 1);
}

}  // namespace

std::vector<uint32_t> longest_prefixes(std::span<const SortedKey> keys, size_t places) {
  std::vector<uint32_t> longest(places, kNoPlace);
  PrefixStack stack;
  for (size_t i = 0; i < keys.size(); ++i) {
    prefetch_rest(keys, i);
    stack.enter(keys[i]);
    longest[keys[i].value] = stack.longest();
    stack.add(keys[i]);
  }
  return longest;
}

/// Looks the rests of a few tokens up side by side.
class TokenSplits::GuessFinder {
 public:
  explicit GuessFinder(TokenSplits& splits) : splits_(splits) {}

  void run(std::span<const SortedKey> keys) {
    constexpr size_t kTogether = 64;
    for (size_t begin = 0; begin < keys.size(); begin += kTogether) {
      waiting_.clear();
      for (size_t i = begin; i < std::min(begin + kTogether, keys.size()); ++i) {
        prefetch_rest(keys, i);
        ask(keys[i]);
      }
      for (const Question& question : waiting_) answer(question);
    }
  }

 private:
  /// Is the rest of the token at `place` behind the one at `left` a token?
  struct Question {
    uint64_t hash;
    uint32_t place, left;
  };

  void ask(const SortedKey& key) {
    stack_.enter(key);
    splits_.prefixes_[key.value] = stack_.longest();
    SuffixHash hashes(key.key(), key.head);
    const auto prefixes = stack_.prefixes();
    for (size_t i = prefixes.size(); i-- > 0;) {
      if (prefixes[i].place >= key.value) continue;
      const uint64_t hash = hashes.of(key.size - prefixes[i].size);
      __builtin_prefetch(&splits_.slots_[hash >> splits_.shift_]);
      waiting_.push_back({hash, key.value, prefixes[i].place});
    }
    stack_.add(key);
  }

  void answer(const Question& question) noexcept {
    const uint32_t right = splits_.first_alike(question.hash);
    if (right >= question.place) return;  // or kNoPlace
    Guess& guess = splits_.guesses_[question.place];
    const auto later = [&](int i) { return std::max(guess.left[i], guess.right[i]); };
    const uint32_t mine = std::max(question.left, right);
    if (mine >= later(1)) return;
    const int at = mine < later(0) ? 0 : 1;
    if (at == 0) {
      guess.left[1] = guess.left[0];
      guess.right[1] = guess.right[0];
    }
    guess.left[at] = question.left;
    guess.right[at] = right;
  }

  TokenSplits& splits_;
  PrefixStack stack_;
  std::vector<Question> waiting_;
};

TokenSplits::TokenSplits(const ByteStrings& texts, std::span<const TokenId> order,
                         std::span<const SortedKey> keys)
    : texts_(texts),
      order_(order),
      slots_(std::bit_ceil(std::max<size_t>(64, keys.size() * 2)), kNoPlace),
      shift_(64 - std::countr_zero(slots_.size())),
      prefixes_(order.size(), kNoPlace),
      guesses_(order.size()) {
  for (size_t i = 0; i < keys.size(); ++i) {
    prefetch_rest(keys, i);
    insert(keys[i]);
  }
  GuessFinder(*this).run(keys);
  if (keys.size() == order.size()) return;
  for (uint32_t place = 0; place < order.size(); ++place) {
    const uint32_t same = find(text(place));
    if (same != place) prefixes_[place] = prefixes_[same];
  }
}

void TokenSplits::insert(const SortedKey& key) noexcept {
  const uint64_t hash = hash_of(key.key(), key.head);
  size_t slot = hash >> shift_;
  while (slots_[slot] != kNoPlace) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = tag_of(hash, shift_) | key.value;
}

/// The first token whose tag is that of the hash.
uint32_t TokenSplits::first_alike(uint64_t hash) const noexcept {
  const uint32_t tag = tag_of(hash, shift_);
  for (size_t slot = hash >> shift_;; slot = (slot + 1) & (slots_.size() - 1)) {
    const uint32_t entry = slots_[slot];
    if (entry == kNoPlace) return kNoPlace;
    if ((entry & ~kPlaceMask) == tag) return entry & kPlaceMask;
  }
}

uint32_t TokenSplits::find(std::string_view whole) const noexcept {
  const uint64_t hash = hash_of(whole, head_of(whole));
  const uint32_t tag = tag_of(hash, shift_);
  for (size_t slot = hash >> shift_;; slot = (slot + 1) & (slots_.size() - 1)) {
    const uint32_t entry = slots_[slot];
    if (entry == kNoPlace) return kNoPlace;
    const uint32_t place = entry & kPlaceMask;
    if ((entry & ~kPlaceMask) == tag && text(place) == whole) return place;
  }
}

}  // namespace tokrail
