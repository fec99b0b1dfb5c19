// Unigram: the most probable way to cut a piece into vocabulary pieces, each with its own score.
//
// A Viterbi search over a byte trie of the vocabulary. Characters that are no piece cost ten less
// than the worst piece, and become the unknown token or bytes. Three systems define the details,
// down to the arithmetic that decides ties, and SourceFormat says which one rules:
//   kTokenizerJson   double; runs of unknown characters are one token, or all their bytes
//   kSentencePiece   sums rounded to float; user-defined pieces always win
//   kGguf            double; user-defined pieces score 0; no byte fallback
//
//   Unigram unigram(spec.vocabulary, spec.model, spec.format);
//   unigram.tokenize("▁hello", tokens);
//   for (auto& [tokens, score] : unigram.nbest("▁hello", 5)) ...
//
// Complexity: O(n · longest piece) time; memory O(longest stretch without a cut that all
// segmentations share), from the stack up to a few hundred bytes. nbest and sample keep the whole
// lattice: O(n · pieces that start at a byte). Thread safety: immutable.
// Errors: throws Error (kTextRefused) for unknown text where there is no unknown token.
//
// T. Kudo, "Subword Regularization", 2018; n-best by A* as in M. Nagata, 1994.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// One segmentation of a piece and the sum of its scores.
struct ScoredTokens {
  std::vector<ModelToken> tokens;
  double score = 0;
};

class Unigram final : public Model {
 public:
  Unigram(const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat format);
  ~Unigram() override;

  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;

  /// The score of the text so far, where pieces follow each other in one search (sentencepiece
  /// sums single-precision scores over a whole text, so that rounding, and with it the choice
  /// between segmentations of nearly equal score, depends on everything before).
  struct RunningScore {
    float sum = 0;
    float magnitude() const noexcept { return sum < 0 ? -sum : sum; }
  };

  /// tokenize() as if `score` had been reached before the piece, which no token crosses the
  /// beginning of; advances it. Answers a bound: while the magnitude of the running score is below
  /// it, the piece gives the same tokens, whatever came before. 0 when there is none.
  float tokenize_after(std::string_view piece, RunningScore& score,
                       std::vector<ModelToken>& out) const;
  /// Advances the score over a token that tokenize_after found earlier (not over unknown text).
  void advance(RunningScore& score, TokenId id) const noexcept {
    score.sum = static_cast<float>(scores_[id] + static_cast<double>(score.sum));
  }

  /// The best segmentations, best first: at most n, and at most 1024. Where more than 10,000
  /// partial segmentations compete, the search keeps the 512 most promising, as sentencepiece does.
  std::vector<ScoredTokens> nbest(std::string_view piece, size_t n) const;

  /// A segmentation drawn with probability proportional to exp(alpha * score). Appends to `out`.
  void sample(std::string_view piece, double alpha, const UniformSource& uniform,
              std::vector<ModelToken>& out) const;

  /// The same, among the n best only.
  void sample_nbest(std::string_view piece, size_t n, double alpha, const UniformSource& uniform,
                    std::vector<ModelToken>& out) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
  const double* scores_ = nullptr;
};

}  // namespace tokrail
