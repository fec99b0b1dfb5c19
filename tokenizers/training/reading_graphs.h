// ReadingGraphs: the lattices of many words as graphs over the parameters of the model.
//
//   lexemes, unknown stem, number      how a word begins
//   steps [from class * classes + to]  what follows a morph
//   unknown states                     where a stem in no lexicon begins
//
// Words are in fixed parts of equal numbers, so that work on them can be shared by threads and
// added up in order. Thread safety: for_each_word on different parts may run at the same time.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/morph_lattice.h"
#include "tokenizers/training/expected_counts.h"
#include "tokenizers/training/word_counts.h"

namespace tokrail {

/// Where parameters are.
struct ReadingParameters {
  explicit ReadingParameters(const Language& language)
      : classes(language),
        lexemes(static_cast<uint32_t>(language.lexeme_count())),
        unknown_states(static_cast<uint32_t>(language.unknown_states().size())) {}

  uint32_t lexeme(LexemeId id) const noexcept { return id; }
  uint32_t unknown() const noexcept { return lexemes; }
  uint32_t number() const noexcept { return lexemes + 1; }
  uint32_t start_end() const noexcept { return lexemes + 2; }
  uint32_t step(MorphClass from, MorphClass to) const noexcept {
    return start_end() + static_cast<uint32_t>(from) * classes.count + to;
  }
  uint32_t unknown_state(uint32_t index) const noexcept {
    return start_end() + static_cast<uint32_t>(classes.count) * classes.count + index;
  }
  uint32_t count() const noexcept { return unknown_state(unknown_states); }

  MorphClasses classes;
  uint32_t lexemes, unknown_states;
};

/// What edges cost beside their parameters, in nats.
struct ReadingConstants {
  double unknown_penalty = 0, unknown_letter = 0, join = 0;
};

/// Replaces `edges` by those of a lattice; returns the graph over them.
ReadingGraph make_reading_graph(const MorphLattice& lattice, const ReadingParameters& parameters,
                                const ReadingConstants& constants,
                                std::vector<ReadingGraph::Edge>& edges);

class ReadingGraphs {
 public:
  static constexpr size_t kParts = 32;
  static constexpr size_t kMaxKeptEdges = size_t{1} << 25;  ///< 20 bytes each

  ReadingGraphs(std::shared_ptr<const Language> language, const WordCounts& words,
                const ReadingConstants& constants)
      : index_(std::make_shared<const SuffixIndex>(language)),
        parameters_(*language),
        words_(words),
        constants_(constants),
        kept_(kParts) {}

  const ReadingParameters& parameters() const noexcept { return parameters_; }

  /// Calls use(word index, graph) for the words of a part.
  template <typename Use>
  void for_each_word(size_t part, Use&& use) {
    Kept& kept = kept_[part];
    const size_t begin = words_.words.size() * part / kParts;
    const size_t end = words_.words.size() * (part + 1) / kParts;
    if (begin == end) return;
    MorphLattice lattice(index_, {});
    std::vector<ReadingGraph::Edge> edges;
    for (size_t word = begin; word < end; ++word) {
      if (word - begin < kept.ends.size()) {
        const size_t from = word == begin ? 0 : kept.ends[word - begin - 1].edges;
        const auto& to = kept.ends[word - begin];
        use(word, ReadingGraph{to.end_node, {kept.edges.data() + from, to.edges - from}});
        continue;
      }
      lattice.build(words_.words[word]);
      const ReadingGraph graph = make_reading_graph(lattice, parameters_, constants_, edges);
      if (word - begin == kept.ends.size() &&
          kept.edges.size() + edges.size() <= kMaxKeptEdges / kParts) {
        kept.edges.insert(kept.edges.end(), edges.begin(), edges.end());
        kept.ends.push_back({kept.edges.size(), graph.end_node});
      }
      use(word, graph);
    }
  }

 private:
  struct End {
    size_t edges;
    uint32_t end_node;
  };
  struct Kept {
    std::vector<ReadingGraph::Edge> edges;
    std::vector<End> ends;  // of the first words of the part
  };
  std::shared_ptr<const SuffixIndex> index_;
  ReadingParameters parameters_;
  const WordCounts& words_;
  ReadingConstants constants_;
  std::vector<Kept> kept_;
};

}  // namespace tokrail
