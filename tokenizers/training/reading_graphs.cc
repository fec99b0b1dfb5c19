#include "tokenizers/training/reading_graphs.h"

namespace tokrail {

ReadingGraph make_reading_graph(const MorphLattice& lattice, const ReadingParameters& parameters,
                                const ReadingConstants& constants,
                                std::vector<ReadingGraph::Edge>& edges) {
  constexpr uint32_t kNone = ReadingGraph::kNone;
  const uint32_t end_node = static_cast<uint32_t>(lattice.node_count());
  edges.clear();
  for (const MorphLattice::Edge& edge : lattice.edges()) {
    ReadingGraph::Edge out{edge.from, edge.to, kNone, kNone, 0};
    if (edge.to == MorphLattice::kEndNode) {
      out.to = end_node;
      out.first = parameters.step(edge.from_class, parameters.classes.end());
    } else if (edge.kind == Morph::Kind::kSuffix) {
      out.first = parameters.step(edge.from_class, edge.to_class);
    } else if (edge.kind == Morph::Kind::kLexeme) {
      out.first = parameters.lexeme(edge.index);
      if (edge.from != 0) out.extra = static_cast<float>(-constants.join);
    } else if (edge.kind == Morph::Kind::kNumber) {
      out.first = parameters.number();
    } else {
      out.first = parameters.unknown();
      out.second = parameters.unknown_state(edge.index);
      out.extra = static_cast<float>(
          -(constants.unknown_penalty + constants.unknown_letter * edge.characters));
    }
    edges.push_back(out);
  }
  return {end_node, edges};
}

}  // namespace tokrail
