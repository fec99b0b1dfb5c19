// HybridSpec: what a hybrid tokenizer is, as plain data: a language, costs, and what each id stands
// for.
//
// Ids, in this order (ranges may be empty):
//
//   specials   <|endoftext|> ...
//   bytes      256 single bytes, verbatim
//   marks      capital, upper, join: they change how the next stem is spelled (see below)
//   suffixes   one id per suffix of the language, whatever its surface
//   chains     runs of suffixes
//   numerals   digits, "." and ","
//   stems      a stem form in one of three cases
//   pieces     byte strings, verbatim, learnt from what the language leaves
//
// How text is spelled. Decoding walks contexts (detokenization/hybrid_decode_table.h). Between two
// words stands a space, and it belongs to the word behind it: stems and numerals are spelled with
// it. They are spelled without it in the contexts "bare": at the start of a text, behind a special
// token, behind white space, an opening bracket or quote, a slash or a hyphen, and behind `join`. A
// straight quote opens behind a space (the piece ' "'), and as a byte in a bare context. Numerals
// are also bare behind numerals ("19" "90"), and behind "." and "," (bytes or numerals) that follow
// a numeral.
//
// `capital` changes the case of the next stem's first letter: a stem in lower case begins with a
// capital letter, and one whose id has capitals (a name) is in lower case. `upper` writes the next
// stem and the suffixes behind it in capitals. Both keep bareness and may precede stems only to any
// use. A stem in capitals by its id alone is closed: it is spelled whole, and the suffixes behind
// it are in lower case and do not change it.
//
// Suffixes and chains are spelled by Language::realise in the ending that stands to their left,
// which stems know from the lexicon, numerals from how the number is read, and pieces and bytes
// from the letters that they end in. A number is all its digits, as if the points between them were
// not there; directly behind a point suffixes lean on nothing. Pieces and bytes are spelled as they
// are, always. Everything but suffixes and chains releases a tail that is held back unchanged.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/morphology/language.h"
#include "tokenizers/morphology/morph_costs.h"
#include "tokenizers/token_id.h"

namespace tokrail {

/// How digits are grouped into numeral tokens.
enum class NumberChunks : uint8_t {
  kPieces,          ///< no rule: numbers are cut like other text, by learnt pieces
  kSingle,          ///< one token per digit
  kThreeFromLeft,   ///< 12345 -> 123 45
  kThreeFromRight,  ///< 12345 -> 12 345
};

enum class StemCase : uint8_t { kLower, kCapital, kUpper };

struct StemToken {
  FormId form = 0;
  StemCase letter_case = StemCase::kLower;
  bool operator==(const StemToken&) const = default;
};

/// Ids [begin, end).
struct IdRange {
  TokenId begin = 0, end = 0;
  bool has(TokenId id) const noexcept { return id >= begin && id < end; }
  size_t size() const noexcept { return end - begin; }
  bool operator==(const IdRange&) const = default;
};

struct HybridSpec {
  static constexpr size_t kMaxChain = 32;

  std::shared_ptr<const Language> language;
  MorphCosts costs;
  NumberChunks numbers = NumberChunks::kThreeFromRight;

  IdRange specials, bytes, marks, suffixes, chains, numerals, stems, pieces;

  // Marks, in the order of their ids.
  TokenId capital_mark() const noexcept { return marks.begin; }
  TokenId upper_mark() const noexcept { return marks.begin + 1; }
  TokenId join_mark() const noexcept { return marks.begin + 2; }

  /// By id - chains.begin; each of two suffixes or more, at most kMaxChain.
  std::vector<std::vector<SuffixId>> chain_suffixes;
  /// By id - stems.begin.
  std::vector<StemToken> stem_tokens;
  // Texts of numerals and pieces are VocabularySpec::texts of their ids, as bytes. Texts of the
  // others are for people: "+LOC", "+PL+LOC", "kitap", "<0x41>", "<capital>".

  /// Ids from here on are added tokens, verbatim.
  size_t size() const noexcept { return pieces.end; }
};

/// Throws Error(kInvalidFile) where ranges, chains, stems and costs do not fit together or to the
/// language. `vocabulary_size`: ids in all.
void check_hybrid_spec(const HybridSpec& spec, size_t vocabulary_size);

}  // namespace tokrail
