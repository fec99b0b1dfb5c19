// expected_counts: how often each parameter is used by the readings of a word, on average.
//
// A ReadingGraph is a MorphLattice with its edges turned into parameters of a product model: the
// probability of an edge is the product of at most two parameters and a constant. Forward-backward
// over it gives the probability of the word (the sum over all paths) and the expected number of
// times each parameter is used (the E step of EM).
//
//   ReadingGraph graph = ...;
//   double log_p = add_expected_counts(graph, log_parameters, weight, scratch, counts);
//
// Complexity: O(edges), one exp per edge and direction. Thread safety: pure but for the scratch.
// Method: Baum 1972; on lattices: Rabiner, A Tutorial on Hidden Markov Models (1989).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tokrail {

struct ReadingGraph {
  static constexpr uint32_t kNone = 0xFFFFFFFF;  ///< no parameter

  struct Edge {
    uint32_t from, to;       ///< nodes; `to` is above `from`
    uint32_t first, second;  ///< parameters, or kNone
    float extra;             ///< a constant logarithm
    bool operator==(const Edge&) const = default;
  };
  uint32_t end_node = 0;        ///< the highest node
  std::span<const Edge> edges;  ///< ascending by `from`; node 0 is the start
};

struct ForwardBackwardScratch {
  std::vector<double> forward, backward;
};

/// Adds `weight` times the expected uses to `counts` (as many as `log_parameters`) and returns the
/// logarithm of the sum over all paths; -infinity, and nothing added, where there is none.
double add_expected_counts(const ReadingGraph& graph, std::span<const double> log_parameters,
                           double weight, ForwardBackwardScratch& scratch,
                           std::span<double> counts);

/// The share of the word's probability that goes through an edge, from the scratch that
/// add_expected_counts left.
double edge_posterior(const ReadingGraph& graph, const ReadingGraph::Edge& edge,
                      std::span<const double> log_parameters,
                      const ForwardBackwardScratch& scratch);

/// Logarithm of the probability of one edge.
inline double log_edge(const ReadingGraph::Edge& edge, std::span<const double> log_parameters) {
  double sum = edge.extra;
  if (edge.first != ReadingGraph::kNone) sum += log_parameters[edge.first];
  if (edge.second != ReadingGraph::kNone) sum += log_parameters[edge.second];
  return sum;
}

}  // namespace tokrail
