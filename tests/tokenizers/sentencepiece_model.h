// Small sentencepiece models, made in place by its own trainer, and what the normaliser needs to
// know of them. Only for tests that hold our normaliser against libsentencepiece.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail::test {

struct SentencePieceModel {
  std::string proto;                      ///< the bytes of a .model file
  NormalizerStep step;                    ///< kSentencePiece
  std::vector<std::string> user_defined;  ///< texts of the user-defined pieces
};

/// Trains a char model on a few words with these trainer options.
SentencePieceModel train_sentencepiece(std::unordered_map<std::string, std::string> options);

/// Reads the parts of a .model file that the normaliser needs; trusts the file.
SentencePieceModel read_sentencepiece(std::string proto);

}  // namespace tokrail::test
