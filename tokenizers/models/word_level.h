// The models that do not look inside words: WordLevel, and sentencepiece's Word and Char models.
//
//   WordLevel   the whole piece is a token or unknown              (tokenizer.json)
//   SpmWord     the piece is cut before every "▁"; each part likewise
//   SpmChar     the piece is cut into characters and user-defined pieces; each likewise
//
// The sentencepiece models spell unknown parts in bytes if the model has byte fallback, else
// neighbouring unknown parts become one token.
// Complexity: O(n). Thread safety: immutable. Errors: throw Error (kTextRefused) for unknown text
// where there is no unknown token.
#pragma once

#include <string_view>
#include <vector>

#include "tokenizers/byte_trie.h"
#include "tokenizers/models/model.h"
#include "tokenizers/models/unknown_pieces.h"
#include "tokenizers/spec.h"

namespace tokrail {

class WordLevel final : public Model {
 public:
  WordLevel(const VocabularySpec& vocabulary, const ModelSpec& model);
  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;

 private:
  ByteTrie words_;
  UnknownPieces unknown_;
};

class SpmWord final : public Model {
 public:
  SpmWord(const VocabularySpec& vocabulary, const ModelSpec& model);
  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;

 private:
  ByteTrie words_;
  UnknownPieces unknown_;
};

class SpmChar final : public Model {
 public:
  SpmChar(const VocabularySpec& vocabulary, const ModelSpec& model);
  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;

 private:
  ByteTrie characters_;
  ByteTrie user_defined_;
  UnknownPieces unknown_;
};

}  // namespace tokrail
