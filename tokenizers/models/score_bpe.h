// ScoreBpe: byte pair encoding as sentencepiece defines it: any two neighbours whose concatenation
// is a piece may merge, the best score first, the leftmost of equals.
//
// No pair table: a symbol is a node of the trie of all pieces, and whether two neighbours form a
// piece is a walk from the left one's node along the right one's bytes. User-defined pieces are cut
// out first and never merge; unused pieces take part in merging and are taken apart again after
// it; what is no piece is spelled in bytes or is unknown. llama.cpp's reading of the same models
// (SourceFormat::kGguf) has all tokens as pieces, no user-defined cut, and unknown characters
// always as bytes where there are byte tokens.
//
// Complexity: O(n log n) in the characters of the piece, close to linear. Thread safety: immutable.
// Errors: throws Error (kTextRefused) for unknown text where there is no unknown piece.
//
// T. Kudo, J. Richardson, "SentencePiece", 2018.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail {

class ScoreBpe final : public Model {
 public:
  ScoreBpe(const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat format);
  ~ScoreBpe() override;

  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;

  /// BPE-dropout as sentencepiece has it: each merge is refused for good with the probability.
  void tokenize_with_dropout(std::string_view piece, double probability,
                             const UniformSource& uniform, std::vector<ModelToken>& out) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace tokrail
