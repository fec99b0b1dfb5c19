// CertainCuts: places in a text that no token of a vocabulary reaches across.
//
// Chinese and Japanese write without spaces, so pieces are long and seldom seen again as a whole.
// But most pairs of neighbouring characters occur inside no token at all; between such two
// characters every encoding has a token border, and the sides can be encoded, and cached, apart.
//
// For every character border inside a token the pair of characters beside it is kept in a bit set
// by hash; where the token has only part of a character, all characters that share the visible
// outer bytes count. A cut is certain where neither table knows the pair. Hash collisions lose
// cuts, they never invent one.
//
//   CertainCuts cuts(token_bytes);
//   const char* next = cuts.next(p, end);   // end of the first part of a piece
//
// Only borders beside a character of three bytes are tried: the pairs of shorter ones are nearly
// all in use. Complexity: about 2 ns per character. Thread safety: immutable; copies share the
// tables. 40 KiB.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "tokenizers/byte_strings.h"

namespace tokrail {

class CertainCuts {
 public:
  explicit CertainCuts(const ByteStrings& tokens);

  /// The bit sets, one behind the other, and an object on such sets that `owner` keeps alive. Any
  /// bits are safe, but only those of the vocabulary keep the ids right.
  static constexpr size_t kWords = 5120;
  std::span<const uint64_t, kWords> words() const noexcept {
    return std::span<const uint64_t, kWords>(pairs_, kWords);
  }
  CertainCuts(std::span<const uint64_t, kWords> words, std::shared_ptr<const void> owner)
      : owner_(std::move(owner)), pairs_(words.data()), partial_(pairs_ + kPairWords) {}

  /// Whether it is worth asking: the piece has a character of three bytes.
  static bool may_cut(std::string_view piece) noexcept {
    for (const char c : piece) {
      if (is_three_byte_lead(c)) return true;
    }
    return false;
  }

  /// Whether the place between two whole characters is a certain cut.
  bool between(std::string_view left, std::string_view right) const noexcept {
    return (is_three_byte_lead(left[0]) || is_three_byte_lead(right[0])) &&
           !known(left.data(), static_cast<uint32_t>(left.size()), right.data(),
                  static_cast<uint32_t>(right.size()));
  }

  /// The first certain cut behind p, or `end`. Requires p < end; p is at a character.
  const char* next(const char* p, const char* end) const noexcept {
    uint32_t left_length = length_at(p, end);
    while (true) {
      const char* const at = p + left_length;
      if (at >= end) return end;
      const uint32_t right_length = length_at(at, end);
      if ((is_three_byte_lead(*p) || is_three_byte_lead(*at)) &&
          !known(p, left_length, at, right_length)) {
        return at;
      }
      p = at;
      left_length = right_length;
    }
  }

 private:
  static constexpr int kPairBits = 18;
  static constexpr size_t kPairWords = (size_t{1} << kPairBits) / 64;
  static_assert(kWords == kPairWords + 65536 / 64);

  static bool is_three_byte_lead(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xF0) == 0xE0;
  }
  static bool is_continuation(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
  }
  /// Bytes from a lead up to the next byte that is no continuation, at most what the lead asks for.
  static uint32_t length_at(const char* p, const char* end) noexcept {
    const auto lead = static_cast<unsigned char>(*p);
    const uint32_t wanted = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t length = 1;
    while (length < wanted && p + length < end && is_continuation(p[length])) ++length;
    return length;
  }
  static uint32_t load(const char* p, uint32_t length) noexcept {
    uint32_t value = 0;
    for (uint32_t i = 0; i < length; ++i) {
      value = value << 8 | static_cast<unsigned char>(p[i]);
    }
    return value;
  }
  static uint32_t pair_slot(uint32_t left, uint32_t right) noexcept {
    return static_cast<uint32_t>(((uint64_t{left} << 32 | right) * 0x9E3779B97F4A7C15ull) >>
                                 (64 - kPairBits));
  }
  static uint32_t outer_slot(char last, char lead) noexcept {
    return static_cast<uint32_t>(static_cast<unsigned char>(last)) << 8 |
           static_cast<unsigned char>(lead);
  }

  bool known(const char* left, uint32_t left_length, const char* right,
             uint32_t right_length) const noexcept {
    const uint32_t outer = outer_slot(left[left_length - 1], *right);
    if (partial_[outer >> 6] >> (outer & 63) & 1) return true;
    const uint32_t pair = pair_slot(load(left, left_length), load(right, right_length));
    return pairs_[pair >> 6] >> (pair & 63) & 1;
  }

  std::shared_ptr<const void> owner_;
  const uint64_t* pairs_;    // kPairWords
  const uint64_t* partial_;  // the words behind them
};

}  // namespace tokrail
