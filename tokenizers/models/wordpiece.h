// WordPiece: cuts a word greedily into the longest pieces, continuing pieces marked by a prefix.
//
// tokenizer.json: the first piece is looked up as it is and all others behind the continuing
// prefix ("##"); a word that cannot be cut to the end, or has more characters than the limit, is
// the unknown token. llama.cpp (llama_wordpiece): "▁" is put before the word, no piece carries a
// mark, and there is no limit.
//
//   "unaffable" with un, ##aff, ##able:  un ##aff ##able
//
// Longest matches are found in one pass: where the trie has no way on, a failure link says which
// pieces the text so far is certainly cut into and in which node to go on, as in LinMaxMatch.
// Complexity: O(n) in the bytes of the word. Thread safety: immutable. Errors: throws Error
// (kTextRefused) for a word that cannot be cut where there is no unknown token.
//
// X. Song, A. Salcianu, Y. Song, D. Dopson, D. Zhou, "Fast WordPiece Tokenization", 2021.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail {

class WordPiece final : public Model {
 public:
  WordPiece(const VocabularySpec& vocabulary, const ModelSpec& model);
  ~WordPiece() override;

  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace tokrail
