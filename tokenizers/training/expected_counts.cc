#include "tokenizers/training/expected_counts.h"

#include <cmath>
#include <limits>

namespace tokrail {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double log_add(double a, double b) {
  if (a < b) std::swap(a, b);
  if (b == kNever) return a;
  return a + std::log1p(std::exp(b - a));
}

}  // namespace

double add_expected_counts(const ReadingGraph& graph, std::span<const double> log_parameters,
                           double weight, ForwardBackwardScratch& scratch,
                           std::span<double> counts) {
  auto& forward = scratch.forward;
  auto& backward = scratch.backward;
  forward.assign(graph.end_node + 1, kNever);
  backward.assign(graph.end_node + 1, kNever);
  forward[0] = 0;
  for (const auto& edge : graph.edges) {
    if (forward[edge.from] == kNever) continue;
    forward[edge.to] =
        log_add(forward[edge.to], forward[edge.from] + log_edge(edge, log_parameters));
  }
  const double total = forward[graph.end_node];
  if (total == kNever) return total;

  backward[graph.end_node] = 0;
  for (size_t i = graph.edges.size(); i-- > 0;) {
    const auto& edge = graph.edges[i];
    if (backward[edge.to] == kNever) continue;
    const double onwards = log_edge(edge, log_parameters) + backward[edge.to];
    backward[edge.from] = log_add(backward[edge.from], onwards);
    const double uses = weight * std::exp(forward[edge.from] + onwards - total);
    if (edge.first != ReadingGraph::kNone) counts[edge.first] += uses;
    if (edge.second != ReadingGraph::kNone) counts[edge.second] += uses;
  }
  return total;
}

double edge_posterior(const ReadingGraph& graph, const ReadingGraph::Edge& edge,
                      std::span<const double> log_parameters,
                      const ForwardBackwardScratch& scratch) {
  return std::exp(scratch.forward[edge.from] + log_edge(edge, log_parameters) +
                  scratch.backward[edge.to] - scratch.forward[graph.end_node]);
}

}  // namespace tokrail
