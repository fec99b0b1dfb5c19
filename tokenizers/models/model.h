// Model: one pre-tokenized piece of normalised text to token ids.
//
// The interface the five model families (BPE, Unigram, WordPiece, WordLevel, sentencepiece word and
// char) share. A model sees a piece in the notation of its vocabulary (after normalisation) and
// answers ids with the byte range of the piece each id covers; ranges are in order and ids of one
// unknown or byte-fallback character may share a range.
//
// Immutable after construction and thread safe. Complexity is stated by each model; none recurses
// on the length of the piece.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

/// An id and the bytes [begin, end) of the piece it stands for.
struct ModelToken {
  TokenId id;
  uint32_t begin;
  uint32_t end;
  bool operator==(const ModelToken&) const = default;
};

/// Gives the next number of a uniform distribution over [0, 1): where sampling models take their
/// chance from, so that equal sources give equal tokens.
using UniformSource = std::function<double()>;

class Model {
 public:
  virtual ~Model() = default;

  /// Appends the tokens of `piece` (shorter than 4 GiB) to `out`.
  virtual void tokenize(std::string_view piece, std::vector<ModelToken>& out) const = 0;
};

}  // namespace tokrail
