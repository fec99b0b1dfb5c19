// HybridReading: the parts of a segment, as the encoder writes them one by one.
//
//   " Kitabımda"  ─lower-case─►  "kitabımda"  ─Analyser─►  kitab ım da  ─►  " Kitab" | "ım" | "da"
//
// Parts are in bytes of the segment; together they cover it. What is no word is one part. Private
// to HybridModel. A HybridReading belongs to one thread; its memory is used again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "tokenizers/engine/hybrid_tables.h"

namespace tokrail::detail {

struct HybridPart {
  enum class Kind : uint8_t {
    kStem,  ///< of the lexicon
    kSuffix,
    kNumber,   ///< that a word begins with
    kLiteral,  ///< a stem in no lexicon, or no word
  };
  Kind kind = Kind::kLiteral;
  bool is_lower = true;  ///< kStem: the text is in lower case
  bool has_ids = false;  ///< kStem: some id stands for it
  SuffixId suffix = 0;   ///< kSuffix
  FormId form = 0;       ///< kStem
  uint32_t begin = 0, end = 0;
};

class HybridReading {
 public:
  explicit HybridReading(const HybridTables& tables)
      : tables_(tables), scratch_(tables.analyser()) {}

  void read(std::string_view segment);

  std::string_view text() const noexcept { return text_; }
  const std::vector<HybridPart>& parts() const noexcept { return parts_; }
  /// Bytes of the space that the segment's word has in front of it: 0 or 1.
  uint32_t space() const noexcept { return space_; }
  /// End of the numeral that begins at byte `at`, or 0: digits there are in no numeral, or inside.
  uint32_t numeral_end(size_t at) const noexcept { return chunk_ends_[at]; }
  /// Whether the byte is a digit that belongs into a numeral.
  bool is_digit(size_t at) const noexcept { return cuts_digits_ && is_ascii_digit(text_[at]); }
  bool has_digits() const noexcept { return cuts_digits_; }

 private:
  void lower_case();
  void take_morphs();
  void cut_numbers();
  void cut_number(uint32_t begin, uint32_t end);
  bool has_stem_ids(FormId form) const noexcept;

  // Words have no morphs beyond this; runs of letters without spaces would cost much.
  static constexpr size_t kMaxReadBytes = 96;

  const HybridTables& tables_;
  Analyser::Scratch scratch_;
  std::string_view text_;
  uint32_t space_ = 0;
  std::string lower_;
  std::vector<uint32_t> places_;  // of each byte of lower_, and of its end, in the segment
  std::vector<Morph> morphs_;
  std::vector<HybridPart> parts_;
  bool cuts_digits_ = false;
  std::vector<uint32_t> chunk_ends_;
};

}  // namespace tokrail::detail
