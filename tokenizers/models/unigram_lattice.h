// UnigramLattice: all segmentations of one piece, for n-best and sampling.
//
// Nodes are the vocabulary pieces that match at each position, in order of position and length.
// Real is the type the reference system adds scores in. Built by Unigram, used once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tokenizers/models/model.h"

namespace tokrail {

template <typename Real>
class UnigramLattice {
 public:
  /// For a piece of that many bytes.
  explicit UnigramLattice(uint32_t size);

  /// Nodes come in ascending order of begin.
  void add(uint32_t begin, uint32_t end, TokenId id, Real score);
  /// After the last add: links nodes to those that end where they begin, finds best scores.
  void finish();

  /// Paths from the best down, with their scores.
  std::vector<std::pair<std::vector<ModelToken>, Real>> nbest(size_t n) const;
  std::vector<ModelToken> sample(double alpha, const UniformSource& uniform) const;

 private:
  static constexpr uint32_t kStart = 0;
  static constexpr uint32_t kNone = 0xFFFFFFFFu;
  struct Node {
    uint32_t begin, end;
    TokenId id;
    Real score;
    Real best = 0;  // score of the best path up to and with this node
  };
  // A path from a node to the end of the piece.
  struct Hypothesis {
    uint32_t node;
    uint32_t next;  // of hypotheses
    Real total;     // its score and the best that can stand before it
    Real score;     // of the nodes from the end down to this one
  };
  class Search;

  // Indices into ending_ of the nodes that end at a position, in the order they were added.
  std::pair<uint32_t, uint32_t> ending_at(uint32_t position) const {
    return {ending_starts_[position], ending_starts_[position + 1]};
  }
  uint32_t last() const { return static_cast<uint32_t>(nodes_.size()) - 1; }

  uint32_t size_;
  std::vector<Node> nodes_;  // first the start, last (after finish) the end of the piece
  std::vector<uint32_t> ending_starts_, ending_;
};

extern template class UnigramLattice<float>;
extern template class UnigramLattice<double>;

}  // namespace tokrail
