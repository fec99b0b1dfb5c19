// SuffixIndex: the suffixes that may be spelled at a place of a word, found by the word's bytes.
//
// For each ending, the spellings of all suffixes behind it (its tail as the suffix wants it, then
// the suffix's text), in order of their first byte; and for each state and suffix the arcs. All of
// it says what Language::realise and Language::arcs say, turned round for whoever reads.
//
// Size and time of building: O(endings * suffixes + arcs), some milliseconds. Immutable, thread
// safe; owns the language.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/language.h"

namespace tokrail {

/// The word that is read: at least eight bytes may be loaded behind every place in it.
struct PaddedWord {
  static constexpr size_t kPadding = 8;

  const char* data = nullptr;
  size_t bytes = 0;

  std::string_view from(size_t at) const noexcept { return {data + at, bytes - at}; }
};

class SuffixIndex {
 public:
  /// A suffix behind an ending: what must stand in the word, and what is left open behind it.
  struct Spelling {
    uint64_t head;   ///< the first eight bytes of tail and text, zeros behind them
    uint16_t bytes;  ///< of tail and text together
    uint16_t tail;   ///< of the tail
    SuffixId suffix;
    EndingId end;
  };

  explicit SuffixIndex(std::shared_ptr<const Language> language);

  /// Spellings behind `left` that may stand at a place that begins with `first`.
  std::span<const Spelling> spelled(EndingId left, unsigned char first) const noexcept {
    const size_t at = left * row_ + byte_class_[first];
    return span(at);
  }
  /// Those that are nothing but the open tail of their new ending ("<a~á>" behind ház).
  std::span<const Spelling> open(EndingId left) const noexcept { return span(left * row_); }

  bool stands(const Spelling& spelling, EndingId left, const PaddedWord& word,
              size_t at) const noexcept {
    if (spelling.bytes > word.bytes - at) return false;
    if (!head_stands(spelling.head, spelling.bytes, word, at)) return false;
    return spelling.bytes <= kHead || whole_stands(spelling, left, word, at);
  }

  bool base_stands(EndingId ending, const PaddedWord& word, size_t at) const noexcept {
    return tail_stands(tails_[ending].base, word, at);
  }
  /// Whether the ending's tail stands there in one of its forms.
  bool tail_stands(EndingId ending, const PaddedWord& word, size_t at) const noexcept {
    const Tails& tails = tails_[ending];
    return tail_stands(tails.base, word, at) ||
           (tails.changes && tail_stands(tails.changed, word, at));
  }
  uint32_t base_bytes(EndingId ending) const noexcept { return tails_[ending].base.bytes; }
  /// Bytes that are certain to be written for the ending's tail.
  uint32_t least_bytes(EndingId ending) const noexcept { return tails_[ending].least; }

  /// The arcs of a state that lead through a suffix.
  std::span<const MorphArc> arcs(MorphState state, SuffixId suffix) const noexcept;

  bool is_final(MorphState state) const noexcept { return states_[state] & kFinal; }
  bool joins_any(MorphState state) const noexcept { return states_[state] & kJoins; }

  const Language& language() const noexcept { return *language_; }
  const std::shared_ptr<const Language>& shared_language() const noexcept { return language_; }

 private:
  static constexpr size_t kHead = 8;
  static constexpr uint8_t kFinal = 1, kJoins = 2;

  struct Tail {
    uint64_t head = 0;
    std::string_view text;
    uint32_t bytes = 0;
  };
  struct Tails {
    Tail base, changed;
    uint32_t least = 0;
    bool changes = false;
  };
  struct ArcSlot {
    uint32_t key = kNoIndex;
    uint32_t first = 0, count = 0;
  };

  static uint64_t load(const char* data) noexcept {
    uint64_t value;
    std::memcpy(&value, data, sizeof value);
    return value;
  }
  static uint64_t head_of(std::string_view text) noexcept;
  static Tail tail_of(std::string_view text) noexcept;

  std::span<const Spelling> span(size_t row) const noexcept {
    return {spellings_.data() + starts_[row], starts_[row + 1] - starts_[row]};
  }
  bool head_stands(uint64_t head, size_t bytes, const PaddedWord& word, size_t at) const noexcept {
    return ((load(word.data + at) ^ head) & masks_[bytes < kHead ? bytes : kHead]) == 0;
  }
  bool tail_stands(const Tail& tail, const PaddedWord& word, size_t at) const noexcept {
    if (tail.bytes > word.bytes - at) return false;
    if (tail.bytes > kHead) return word.from(at).starts_with(tail.text);
    return head_stands(tail.head, tail.bytes, word, at);
  }
  bool whole_stands(const Spelling& spelling, EndingId left, const PaddedWord& word,
                    size_t at) const noexcept;
  uint32_t slot_of(uint32_t key) const noexcept;

  void index_endings();
  void index_first_bytes();
  void index_spellings();
  void index_arcs();

  std::shared_ptr<const Language> language_;
  std::array<uint64_t, kHead + 1> masks_ = {};  // the first n bytes of a loaded word
  std::array<uint16_t, 256> byte_class_ = {};   // from 1; 0: nothing is spelled (see open)
  size_t row_ = 1;                              // classes
  std::vector<Tails> tails_;                    // by ending
  std::vector<Spelling> spellings_;
  std::vector<uint32_t> starts_;  // [ending * row_ + class], and the end
  std::vector<uint8_t> states_;   // kFinal, kJoins
  std::vector<MorphArc> arcs_;    // by state, then suffix
  std::vector<ArcSlot> slots_;    // a hash table; key: state and suffix
  uint32_t slot_shift_ = 0;
};

}  // namespace tokrail
