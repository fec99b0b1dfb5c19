// Segmenter: cuts a text into segments that can be encoded one by one.
//
// A text may be cut where encoding the two sides separately gives the same ids as encoding it
// whole. For byte-level models those places are the borders of pre-tokenizer pieces (Splitter);
// for models that normalise and mark spaces they are the seams before spaces (SpaceSegmenter); for
// BERT-like models also the borders of ASCII punctuation (WordSegmenter). Segments repeat as words
// do, so their ids can be kept in a cache keyed by the raw bytes, normalisation included.
//
// Complexity: O(bytes). Thread safety: immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "tokenizers/normalization/normalizer.h"

namespace tokrail {

class Segmenter {
 public:
  virtual ~Segmenter() = default;

  /// Writes the ends of at most `capacity` segments of text.substr(from), relative to `from`, and
  /// returns how many. Zero only if from == text.size(). `from` must be 0 or the end of a segment.
  /// Requires capacity >= 1. Throws Error(kUnsupported) for a segment of 4 GiB or more.
  virtual size_t split(std::string_view text, size_t from, uint32_t* ends,
                       size_t capacity) const = 0;
};

/// Pairs of neighbouring ASCII characters.
class AsciiPairs {
 public:
  void set(unsigned char first, unsigned char second) noexcept {
    bits_[first][second >> 6] |= uint64_t{1} << (second & 63);
  }
  bool has(unsigned char first, unsigned char second) const noexcept {
    return first < 128 && second < 128 && (bits_[first][second >> 6] >> (second & 63) & 1);
  }

 private:
  uint64_t bits_[128][2] = {};
};

/// Places between characters of which one has three bytes, as ideographs have.
class CharacterBorders {
 public:
  virtual ~CharacterBorders() = default;
  /// Whether a text may be cut between two well-formed characters.
  virtual bool may_cut(std::string_view left, std::string_view right) const noexcept = 0;
};

/// Segments end before a run of spaces (U+0020) that follows a code point the normalizer calls
/// stable; a segment is spaces and the word behind them. They also end between two ASCII characters
/// of `cuts`, and where `borders`, if there are any, says so.
std::unique_ptr<const Segmenter> make_space_segmenter(
    const Normalizer& normalizer, const AsciiPairs& cuts,
    std::unique_ptr<const CharacterBorders> borders = nullptr);

/// Segments are single punctuation characters, of ASCII and the blocks of East Asian punctuation,
/// and what stands between them and ASCII white space, with the white space before them; for
/// pre-tokenizers that cut there whatever the neighbours are (BERT's). `cuts_ideographs`: CJK
/// ideographs are segments, too.
std::unique_ptr<const Segmenter> make_word_segmenter(bool cuts_ideographs);

}  // namespace tokrail
