// SpanConstraint: the output is a piece of a given text, as it stands there: a quotation, a name
// out of a document, the line to be changed.
//
//   SpanConstraint quote(tokenizer.shared_vocabulary(), document,
//                        {.edges = SpanEdges::kWords, .min_bytes = 20});
//
// A span may begin and end anywhere, at whole characters, at whole words, or at offsets that the
// caller gives (token borders, sentences, lines). Where a span occurs several times, one occurrence
// with both edges right is enough. A word is a run of letters, marks, numbers and connecting
// punctuation; everything else stands for itself. Bytes that are not UTF-8 are characters of one
// byte each.
//
// Complexity: construction O(bytes) (a suffix automaton, about 50 bytes of memory per byte, twice
// that for kCharacters); the rest as TextConstraint. A byte costs O(log 256). Thread safety,
// ownership: as TextConstraint; the text is copied in the form of the automaton. Errors:
// Error(kInvalidArgument) for a text that holds no span of min_bytes, or offsets that are not
// ascending or outside of the text; kUnsupported for texts of more than 128 MiB.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "grammar/constraints/text_constraint.h"

namespace tokrail {

enum class SpanEdges : uint8_t {
  kBytes,       ///< anywhere
  kCharacters,  ///< not inside of a character
  kWords,       ///< not inside of a word
  kGiven,       ///< at SpanOptions::offsets, and at both ends of the text
};

struct SpanOptions {
  SpanEdges edges = SpanEdges::kCharacters;
  std::vector<uint32_t> offsets = {};  ///< of kGiven, ascending
  size_t min_bytes = 1;                ///< of a span that is not empty
  bool may_be_empty = false;
};

class SpanConstraint final : public TextConstraint {
 public:
  SpanConstraint(std::shared_ptr<const Vocabulary> vocabulary, std::string_view text,
                 SpanOptions span = {}, TextConstraintOptions options = {});
};

}  // namespace tokrail
