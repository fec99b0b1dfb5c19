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
  explicit GuessFinder(TokenSplits& splits) : splits_(splits), questions_(kTogether * 8) {}

  void run(std::span<const SortedKey> keys) {
    for (size_t begin = 0; begin < keys.size(); begin += kTogether) {
      const auto some = keys.subspan(begin, std::min(kTogether, keys.size() - begin));
      size_t asked = 0;
      for (size_t i = 0; i < some.size(); ++i) {
        prefetch_rest(keys, begin + i);
        asked = ask(some[i], asked);
        ends_[i] = asked;
      }
      size_t at = 0;
      for (size_t i = 0; i < some.size(); ++i) {
        answer(some[i].value, std::span(questions_).subspan(at, ends_[i] - at));
        at = ends_[i];
      }
    }
  }

 private:
  static constexpr size_t kTogether = 32;

  /// Is the rest of a token behind the one at `left` a token?
  struct Question {
    uint64_t hash;
    uint32_t left;
  };

  /// Writes the questions of a token behind those `asked` already; answers how many there are then.
  size_t ask(const SortedKey& key, size_t asked) {
    stack_.enter(key);
    splits_.found_[key.value].prefix = stack_.longest();
    SuffixHash hashes(key.key(), key.head);
    const auto prefixes = stack_.prefixes();
    if (asked + prefixes.size() > questions_.size()) {
      questions_.resize((asked + prefixes.size()) * 2);
    }
    Question* to = questions_.data() + asked;
    for (size_t i = prefixes.size(); i-- > 0;) {
      if (prefixes[i].place >= key.value) continue;
      const uint64_t hash = hashes.of(key.size - prefixes[i].size);
      __builtin_prefetch(&splits_.slots_[hash >> splits_.shift_]);
      *to++ = {hash, prefixes[i].place};
    }
    stack_.add(key);
    return static_cast<size_t>(to - questions_.data());
  }

  // Answers are hard to predict, so that the best two are kept without branches.
  void answer(uint32_t place, std::span<const Question> questions) const noexcept {
    struct Split {
      uint32_t later = kNoPlace, left = kNoPlace, right = kNoPlace;
    };
    Split best, second;
    for (const Question& question : questions) {
      const uint32_t right = splits_.first_alike(question.hash);
      Split split{std::max(question.left, right), question.left, right};
      split.later = split.later < place ? split.later : kNoPlace;
      const bool is_best = split.later < best.later;
      const bool is_second = split.later < second.later;
      second = is_best ? best : is_second ? split : second;
      best = is_best ? split : best;
    }
    splits_.found_[place].guess = {{best.left, second.left}, {best.right, second.right}};
  }

  TokenSplits& splits_;
  PrefixStack stack_;
  std::vector<Question> questions_;
  size_t ends_[kTogether] = {};
};

TokenSplits::TokenSplits(const ByteStrings& texts, std::span<const TokenId> order,
                         std::span<const SortedKey> keys)
    : texts_(texts),
      order_(order),
      slots_(std::bit_ceil(std::max<size_t>(64, keys.size() * 2)), kNoPlace),
      shift_(64 - std::countr_zero(slots_.size())),
      found_(order.size()) {
  insert(keys);
  GuessFinder(*this).run(keys);
  if (keys.size() == order.size()) return;
  for (uint32_t place = 0; place < order.size(); ++place) {
    const uint32_t same = find(text(place));
    if (same != place) found_[place].prefix = found_[same].prefix;
  }
}

void TokenSplits::insert(std::span<const SortedKey> keys) noexcept {
  constexpr size_t kTogether = 32;
  uint64_t hashes[kTogether];
  for (size_t begin = 0; begin < keys.size(); begin += kTogether) {
    const size_t count = std::min(kTogether, keys.size() - begin);
    for (size_t i = 0; i < count; ++i) {
      prefetch_rest(keys, begin + i);
      const SortedKey& key = keys[begin + i];
      hashes[i] = hash_of(key.key(), key.head);
      __builtin_prefetch(&slots_[hashes[i] >> shift_], 1);
    }
    for (size_t i = 0; i < count; ++i) {
      size_t slot = hashes[i] >> shift_;
      while (slots_[slot] != kNoPlace) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = tag_of(hashes[i], shift_) | keys[begin + i].value;
    }
  }
}

/// The first token whose tag is that of the hash. Nearly always the first two slots tell.
uint32_t TokenSplits::first_alike(uint64_t hash) const noexcept {
  const uint32_t tag = tag_of(hash, shift_);
  const size_t mask = slots_.size() - 1;
  const auto is_end = [tag](uint32_t entry) {
    return (entry & ~kPlaceMask) == tag || entry == kNoPlace;
  };
  const auto place_of = [](uint32_t entry) {
    return entry == kNoPlace ? kNoPlace : entry & kPlaceMask;
  };
  size_t slot = hash >> shift_;
  const uint32_t first = slots_[slot], next = slots_[(slot + 1) & mask];
  uint32_t entry = is_end(first) ? first : next;
  if (!is_end(entry)) [[unlikely]] {
    ++slot;
    do {
      slot = (slot + 1) & mask;
      entry = slots_[slot];
    } while (!is_end(entry));
  }
  return place_of(entry);
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
