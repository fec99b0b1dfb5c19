// PreTokenizer: cuts normalised text into the pieces a model sees, compiled.
//
// The steps of a file, applied in order, each to all pieces the step before left. Every kind does
// what the system that owns the file format does: tokenizer.json's pre-tokenizers, and llama.cpp's
// word splitter for BERT vocabularies. Pieces that become empty are dropped. Offsets survive: the
// pieces are slices of the text given, and rewritten bytes know where they came from.
//
//   auto pre_tokenizer = PreTokenizer::compile(spec.pre_tokenizers);
//   std::vector<AlignedText> pieces = {AlignedText("Hey  you!")};
//   pre_tokenizer.split(pieces);            // ByteLevel: "Hey" "Ġ" "Ġyou" "!"
//   pieces[2].original_range(0, 5);         // {4, 8}
//
// Patterns known to Splitter (splitter.h) run without the regex engine; others run in RegexFinder.
// A text of several pieces stands for one input: Metaspace's "first" looks at original_begin() ==
// 0.
//
// Ill-formed UTF-8: an ill-formed unit is one character without any property (RegexFinder says
// more); the byte-level alphabet spells its bytes, llama.cpp's word splitter drops it.
// Complexity: O(bytes) per step. Thread safety: immutable; copies share state.
// Errors: compile throws Error(kInvalidArgument) for a pattern that does not compile or a length of
// 0, naming the step; split throws Error(kBudgetExhausted) as RegexFinder does.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "tokenizers/normalization/aligned_text.h"
#include "tokenizers/pretokenization/regex_finder.h"
#include "tokenizers/spec.h"

namespace tokrail {

class PreTokenizer {
 public:
  /// Without steps: the pieces stay as they are.
  PreTokenizer();

  /// `dialect` is how the patterns of kSplit are read.
  static PreTokenizer compile(std::span<const PreTokenizerStep> steps,
                              RegexDialect dialect = RegexDialect::kOniguruma);

  /// Cuts and rewrites the pieces in place.
  void split(std::vector<AlignedText>& pieces) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace tokrail
