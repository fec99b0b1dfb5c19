// MergeBpe: byte pair encoding by an explicit list of merges, as tokenizer.json and merges.txt
// define it.
//
// A piece starts as its characters (or bytes, in raw mode); then, as long as some neighbouring
// pair is in the list, the pair that comes first in the list is merged, the leftmost of equals.
// Covers continuing_prefix, end_of_word_suffix, the unknown token (fused or not), byte fallback
// and ignore_merges.
//
//   MergeBpe bpe(spec.vocabulary, spec.model);
//   std::vector<ModelToken> tokens;
//   bpe.tokenize("lower", tokens);
//
// Ranges are those of the reference system: each byte token covers one byte of its character, a
// fused unknown covers its run. A character that is not in the vocabulary of a model that has
// neither byte tokens nor an unknown token gives nothing, and ranges after it are short by its
// length, as there.
//
// Complexity: O(n log n) time in the symbols of the piece, close to linear; O(n) memory, none from
// the heap up to 64 symbols. Thread safety: immutable. Errors: a merge that names ids outside of
// the vocabulary throws Error.
//
// R. Sennrich, B. Haddow, A. Birch, "Neural Machine Translation of Rare Words with Subword Units",
// 2016; BPE-dropout: I. Provilkov, D. Emelianenko, E. Voita, 2020.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail {

class MergeBpe final : public Model {
 public:
  MergeBpe(const VocabularySpec& vocabulary, const ModelSpec& model);
  ~MergeBpe() override;

  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;

  /// BPE-dropout: each merge is passed over with the given probability (0 merges everything, 1
  /// nothing) each time it would be next.
  void tokenize_with_dropout(std::string_view piece, double probability,
                             const UniformSource& uniform, std::vector<ModelToken>& out) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace tokrail
