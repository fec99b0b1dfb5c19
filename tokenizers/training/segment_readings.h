// Segments of text as the hybrid trainer sees them: which morphs a word is read as, and how each of
// them is written.
//
//   " Kitabımda"  ->  spaced, lower "kitabımda", morphs kitab|ım|da written "Kitab" "ım" "da"
//
// Thread safety: split() may be called from many threads; a SegmentReader belongs to one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/analyser.h"
#include "tokenizers/training/piece_splitter.h"

namespace tokrail {

/// Cuts text as the encoder does: words, each with one space before it, and what is between them.
std::unique_ptr<const PieceSplitter> split_segments();

/// Whether a segment is a word, with its space or without.
bool is_word_segment(std::string_view segment);

/// How letters are written.
enum class WrittenCase : uint8_t { kLower, kCapital, kUpper, kMixed };

struct WrittenMorph {
  Morph morph;
  uint32_t begin = 0, end = 0;  ///< bytes of the segment as written
  WrittenCase letter_case = WrittenCase::kLower;
};

class SegmentReader {
 public:
  explicit SegmentReader(const Analyser& analyser)
      : analyser_(analyser), language_(analyser.language()), scratch_(analyser) {}

  /// Reads a word segment. What it returns holds until the next call.
  const std::vector<WrittenMorph>& read(std::string_view segment);

 private:
  WrittenCase case_of(std::string_view written, std::string_view lower);

  const Analyser& analyser_;
  const Language& language_;
  Analyser::Scratch scratch_;
  std::string lower_, changed_;
  std::vector<uint32_t> written_at_;  // by byte of lower_
  std::vector<Morph> morphs_;
  std::vector<WrittenMorph> written_;
};

}  // namespace tokrail
