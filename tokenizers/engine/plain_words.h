// PlainWords: segments that become one piece without being changed, or only letter by letter.
//
// Most words that a cache does not hold are white space and plain letters: normalizer and
// pre-tokenizer leave one piece of them, which the model can be given at once. Which characters are
// plain is found by asking the stages themselves, about each character once.
//
//   auto plain = PlainWords::make(stages, steps);
//   if (const auto word = plain->match(segment, room)) model.tokenize(word->piece, tokens);
//
// Complexity: make asks about ASCII, a few hundred microseconds; match is O(bytes). Memory 64 KiB.
// Thread safety: immutable but for answers that any thread may fill in.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tokenizers/engine/text_pipeline.h"
#include "tokenizers/spec.h"

namespace tokrail {

class PlainWords {
 public:
  /// The piece of a segment. Byte i of it, less the mark, is byte `leading + i` of the segment; the
  /// mark belongs to the first character. An empty piece is none.
  struct Word {
    size_t leading;
    size_t mark;
    std::string_view piece;
  };

  /// Null where the pre-tokenizer does not look at one character at a time.
  static std::unique_ptr<const PlainWords> make(std::shared_ptr<const TextPipeline> pipeline,
                                                std::span<const PreTokenizerStep> steps);

  /// The word of a segment that is at neither end of its part; nothing where it is not known to be
  /// plain. `room` may hold the piece.
  std::optional<Word> match(std::string_view segment, std::string& room) const;

 private:
  /// What an ASCII character may be.
  enum Kind : uint8_t {
    kLeading = 1,     ///< is dropped in front of a word
    kAlone = 2,       ///< stays, whatever stands beside it
    kLocal = 4,       ///< becomes the same in every ASCII text
    kLetter = 8,      ///< is part of a word as it is
    kRespelled = 16,  ///< is part of a word as its image
    kSign = 32,       ///< is a word by itself
  };
  enum Answer : uint8_t { kUnknown, kPlain, kOther };

  explicit PlainWords(std::shared_ptr<const TextPipeline> pipeline)
      : pipeline_(std::move(pipeline)) {}
  std::optional<std::string> only_piece(std::string_view text) const;
  void classify(char character);
  bool is_plain_letter(char32_t code_point) const;
  bool ask(char32_t code_point) const;

  std::shared_ptr<const TextPipeline> pipeline_;
  std::string mark_;
  std::array<uint8_t, 128> kinds_{};
  std::array<char, 128> images_{};
  std::unique_ptr<std::atomic<uint8_t>[]> known_ { new std::atomic<uint8_t>[ 0x10000 ]() };
};

}  // namespace tokrail
