// TokenIndex: from the text of a token to its id, built in a millisecond or two per 50,000 tokens.
//
// Readers need it once, to turn merges into ids, so building matters as much as finding: a flat
// table of (part of the hash, id), linear probing, at most half full.
//
//   TokenIndex index(vocabulary.texts);
//   index.find("Ġthe");           // the id, or kNoToken
//
// Of several ids with one text the highest is found. Empty texts (ids the file leaves unused) are
// left out. Refers to the strings, which may only grow (then add() the new ones). Thread safety:
// const access.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/spec.h"

namespace tokrail {

class TokenIndex {
 public:
  explicit TokenIndex(const ByteStrings& texts) : texts_(&texts) {
    seed_ = hash_of(texts.bytes());
    slots_.resize(std::bit_ceil(texts.size() * 2 + 2), Slot{0, kNoToken});
    constexpr size_t kAhead = 12;
    for (size_t id = 0; id < texts.size(); ++id) {
      if (id + kAhead < texts.size()) prefetch(texts[id + kAhead]);
      add(static_cast<TokenId>(id));
    }
  }

  /// Takes in a string that was appended since.
  void add(TokenId id) {
    if ((*texts_)[id].empty()) {
      ++empty_texts_;
      return;
    }
    if (2 * (size_ + 1) > slots_.size()) grow();
    insert(id);
  }

  /// From now on the same strings lie there.
  void refer_to(const ByteStrings& texts) noexcept { texts_ = &texts; }

  /// Brings the place of a text into the cache; find() it soon.
  void prefetch(std::string_view text) const noexcept {
    __builtin_prefetch(&slots_[hash_of(text) & mask()]);
  }

  /// Number of different texts, and how many strings were left out for being empty.
  size_t size() const noexcept { return size_; }
  size_t empty_texts() const noexcept { return empty_texts_; }

  TokenId find(std::string_view text) const noexcept {
    const uint64_t hash = hash_of(text);
    for (size_t i = hash & mask();; i = (i + 1) & mask()) {
      const Slot& slot = slots_[i];
      if (slot.id == kNoToken) return kNoToken;
      if (slot.tag == tag_of(hash) && (*texts_)[slot.id] == text) return slot.id;
    }
  }

  uint64_t hash_of(std::string_view text) const noexcept {
    constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
    uint64_t hash = seed_ ^ text.size() * kMultiplier;
    const char* p = text.data();
    size_t left = text.size();
    for (; left >= 8; left -= 8, p += 8) hash = mix(hash, load<uint64_t>(p));
    if (left >= 4) {
      hash = mix(hash, load<uint32_t>(p) | uint64_t{load<uint32_t>(p + left - 4)} << 32);
    } else if (left > 0) {
      hash = mix(hash, load<uint8_t>(p) | load<uint8_t>(p + left / 2) << 8 |
                           load<uint8_t>(p + left - 1) << 16);
    }
    return hash ^ hash >> 29;
  }

 private:
  struct Slot {
    uint32_t tag;
    TokenId id;
  };

  template <typename Word>
  static Word load(const char* p) noexcept {
    Word word;
    std::memcpy(&word, p, sizeof(Word));
    return word;
  }
  static uint64_t mix(uint64_t hash, uint64_t word) noexcept {
    hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
    return hash ^ hash >> 32;
  }
  static uint32_t tag_of(uint64_t hash) noexcept { return static_cast<uint32_t>(hash >> 32); }
  size_t mask() const noexcept { return slots_.size() - 1; }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2, Slot{0, kNoToken});
    old.swap(slots_);
    size_ = 0;
    for (const Slot& slot : old) {
      if (slot.id != kNoToken) insert(slot.id);
    }
  }

  void insert(TokenId id) {
    const std::string_view text = (*texts_)[id];
    const uint64_t hash = hash_of(text);
    size_t i = hash & mask();
    for (; slots_[i].id != kNoToken; i = (i + 1) & mask()) {
      if (slots_[i].tag == tag_of(hash) && (*texts_)[slots_[i].id] == text) break;
    }
    if (slots_[i].id == kNoToken) ++size_;
    slots_[i] = {tag_of(hash), id};
  }

  const ByteStrings* texts_;
  // Taken from all texts, so that a file cannot easily be made whose tokens collide.
  uint64_t seed_ = 0;
  size_t size_ = 0;
  size_t empty_texts_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace tokrail
