// PlainWords: segments whose characters go through normalizer and pre-tokenizer one by one.
//
// Most text a cache does not hold is made of characters that become the same whatever stands beside
// them: they stay, lose an accent, end a word, or are a word. What each becomes is found by asking
// the stages themselves, once; then words are put together from the answers, with alignment, in a
// fraction of the time that the stages take.
//
//   auto plain = PlainWords::make(pipeline, steps);
//   PlainWords::Room room;
//   bool done = plain->for_each_word<true>(segment, room, [&](const PlainWords::Word& word) {
//     model.tokenize(word.text, tokens);    // byte i of it stands for [word.begins[i],
//     word.ends[i])
//   });                                     // of the segment
//
// Complexity: O(bytes); a question costs some microseconds. Memory: up to 512 KiB, less where few
// scripts are met. Thread safety: immutable but for answers that any thread may fill in.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizers/engine/text_pipeline.h"
#include "tokenizers/spec.h"

namespace tokrail {

class PlainWords {
 public:
  struct Word {
    std::string_view text;
    const uint32_t* begins;  ///< with alignment only
    const uint32_t* ends;
  };
  /// Where words are put together; belongs to one thread.
  struct Room {
    std::vector<char> text;
    std::vector<uint32_t> begins, ends;
  };

  /// Null where the pre-tokenizer does not look at one character at a time.
  static std::unique_ptr<const PlainWords> make(std::shared_ptr<const TextPipeline> pipeline,
                                                std::span<const PreTokenizerStep> steps);

  /// Whether words at the beginning of the user's text are like others.
  bool knows_beginnings() const noexcept { return knows_beginnings_; }

  /// Visits the words of a segment in order; false, perhaps after some words, when the segment is
  /// not known to be plain, or is long.
  template <bool kAligned, typename OnWord>
  bool for_each_word(std::string_view segment, Room& room, OnWord on_word) const {
    if (segment.size() > kMostBytes) return false;
    Builder<kAligned> word(*this, segment.size(), room);
    const char* const end = segment.data() + segment.size();
    bool is_fragile = false;
    for (const char* p = segment.data(); p < end;) {
      const Utf8Unit unit = decode_utf8(p, end);
      const Character character = unit.valid ? find(unit.code_point) : kNotPlain;
      const auto at = static_cast<uint32_t>(p - segment.data());
      p += unit.length;
      switch (character.kind) {
        case kFragile: is_fragile = true; [[fallthrough]];
        case kLetter: word.add(character, at, at + unit.length); break;
        case kWhite: word.finish(on_word); break;
        case kSign:
          word.finish(on_word);
          word.add(character, at, at + unit.length);
          word.finish(on_word);
          break;
        default: return false;
      }
    }
    word.finish(on_word);
    return !is_fragile || is_identity_on(segment);
  }

 private:
  enum Kind : uint8_t {
    kUnknown,  ///< not asked yet
    kOther,    ///< depends on what stands beside it, or is rare
    kLetter,   ///< becomes part of a word
    kSign,     ///< becomes a word by itself
    kWhite,    ///< stands between words
    kFragile,  ///< part of a word where the normalizer changes nothing in the segment
  };
  /// What becomes of a character. Fits a word, so that answers can be filled in by any thread.
  struct Character {
    static constexpr size_t kMostBytes = 6;
    Kind kind;
    uint8_t length;
    char bytes[kMostBytes];
  };
  static_assert(sizeof(Character) == sizeof(uint64_t));
  static constexpr Character kNotPlain = {kOther, 0, {}};
  static constexpr size_t kKnown = 0x10000;
  static constexpr size_t kMostBytes = 4096;  // of a segment; the room is many times that

  /// Puts one word after the other together.
  template <bool kAligned>
  class Builder {
   public:
    Builder(const PlainWords& words, size_t segment_bytes, Room& room)
        : mark_(words.mark_.size()), size_(mark_) {
      const size_t most = mark_ + (segment_bytes + 1) * Character::kMostBytes;
      if (room.text.size() < most) room.text.resize(most);
      text_ = room.text.data();
      words.mark_.copy(text_, mark_);
      if (!kAligned) return;
      if (room.begins.size() < most) room.begins.resize(most);
      if (room.ends.size() < most) room.ends.resize(most);
      begins_ = room.begins.data();
      ends_ = room.ends.data();
    }

    void add(const Character& character, uint32_t begin, uint32_t end) {
      std::memcpy(text_ + size_, character.bytes, Character::kMostBytes);
      const size_t next = size_ + character.length;
      if (kAligned) {
        // The mark belongs to the first character.
        for (size_t i = size_ == mark_ ? 0 : size_; i < next; ++i) {
          begins_[i] = begin;
          ends_[i] = end;
        }
      }
      size_ = next;
    }
    template <typename OnWord>
    void finish(OnWord& on_word) {
      if (size_ == mark_) return;
      on_word(Word{{text_, size_}, begins_, ends_});
      size_ = mark_;
    }

   private:
    size_t mark_, size_;
    char* text_;
    uint32_t *begins_ = nullptr, *ends_ = nullptr;
  };
  struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
  };

  explicit PlainWords(std::shared_ptr<const TextPipeline> pipeline);

  Character find(char32_t code_point) const {
    if (code_point >= kKnown) return kNotPlain;
    // Threads that ask for the same one at once store the same answer.
    std::atomic<uint64_t>& known = known_[code_point];
    const auto character = std::bit_cast<Character>(known.load(std::memory_order_relaxed));
    if (character.kind != kUnknown) return character;
    const Character answer = ask(code_point);
    known.store(std::bit_cast<uint64_t>(answer), std::memory_order_relaxed);
    return answer;
  }
  Character ask(char32_t code_point) const;
  std::vector<AlignedText> pieces_of(std::string_view text) const;
  bool is_identity_on(std::string_view segment) const;

  std::shared_ptr<const TextPipeline> pipeline_;
  std::string mark_;
  bool knows_beginnings_ = true;
  // By code point up to U+FFFF. From calloc, so that pages nobody asks for take no memory.
  std::unique_ptr<std::atomic<uint64_t>[], Free> known_;
};

}  // namespace tokrail
