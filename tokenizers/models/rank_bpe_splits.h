// Which two tokens may a token be merged from, by text alone. Internal to building RankBpe.
//
// For every token of a vocabulary: its longest proper prefix that is a token, and guesses at the
// two tokens it is made of. Of several ways to write it as two tokens that come before it, the one
// whose later part comes earliest is the merge nine times in ten; two guesses are kept. Tokens are
// known by their place in an order.
//
//   const TokenSplits splits(texts, order, keys);
//   splits.guess(place).left[0];
//   splits.for_each_split(place, [&](uint32_t left, uint32_t right) { return is_it(left, right);
//   });
//
// Prefixes come from sorted order, where those of a token are a stack; the rests are looked up by
// hash, many at a time so that cache misses overlap. Complexity: O(bytes of the tokens), plus the
// pairs of tokens and their prefixes. Thread safety: immutable. Ownership: refers to the texts and
// the order it is given, not to the keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/sorted_keys.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// By place: the longest proper prefix that is a key, or kNoPlace. `keys` are in order, each once,
/// and their values are places.
std::vector<uint32_t> longest_prefixes(std::span<const SortedKey> keys, size_t places);

class TokenSplits {
 public:
  static constexpr uint32_t kNoPlace = 0xFFFFFFFFu;

  /// The likeliest splits, best first; kNoPlace where there are no more. That the right part spells
  /// the rest is taken from a hash: see spells.
  struct Guess {
    static constexpr uint32_t kKept = 2;
    uint32_t left[kKept] = {kNoPlace, kNoPlace};
    uint32_t right[kKept] = {kNoPlace, kNoPlace};
  };

  /// `order` has fewer than 2^22 ids; `keys` are its texts in order, each once, with places.
  TokenSplits(const ByteStrings& texts, std::span<const TokenId> order,
              std::span<const SortedKey> keys);

  /// The longest proper prefix that is a token, or kNoPlace.
  uint32_t prefix(uint32_t place) const noexcept { return found_[place].prefix; }
  const Guess& guess(uint32_t place) const noexcept { return found_[place].guess; }
  /// The best guess, or `none` twice.
  std::pair<uint32_t, uint32_t> first_guess(uint32_t place, uint32_t none) const noexcept {
    const Guess& found = guess(place);
    const bool any = found.left[0] != kNoPlace;
    return {any ? found.left[0] : none, any ? found.right[0] : none};
  }
  /// Whether a token is the other two one behind the other, where `left` is a prefix of it.
  bool spells(uint32_t place, uint32_t left, uint32_t right) const noexcept {
    return text(place).substr(text(left).size()) == text(right);
  }

  /// Calls visit(left, right) for every way to write a token as two others, longest left part
  /// first, until it answers true.
  template <typename Visit>
  void for_each_split(uint32_t place, Visit visit) const {
    const std::string_view whole = text(place);
    for (uint32_t left = prefix(place); left != kNoPlace; left = prefix(left)) {
      const uint32_t right = find(whole.substr(text(left).size()));
      if (right != kNoPlace && visit(left, right)) return;
    }
  }

 private:
  struct Found {
    Guess guess;
    uint32_t prefix = kNoPlace;
  };
  class GuessFinder;

  std::string_view text(uint32_t place) const noexcept { return texts_[order_[place]]; }
  void insert(std::span<const SortedKey> keys) noexcept;
  uint32_t find(std::string_view text) const noexcept;
  uint32_t first_alike(uint64_t hash) const noexcept;

  const ByteStrings& texts_;
  std::span<const TokenId> order_;
  std::vector<uint32_t> slots_;  // open addressing: tag of the hash and place
  int shift_;
  std::vector<Found> found_;  // by place
};

}  // namespace tokrail
