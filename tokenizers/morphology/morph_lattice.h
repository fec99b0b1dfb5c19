// MorphLattice: all ways to read a word as stems and suffixes.
//
// A node is (bytes read, state of the graph, ending, class of the last morph); an edge is a morph
// whose spelling, as Language::realise gives it, stands in the word. Nodes are in topological
// order: every edge leads to a node behind its own. Only nodes from which the word can end are
// kept.
//
//   MorphLattice lattice(language);
//   lattice.build("kitabımda");
//   for (const MorphLattice::Edge& edge : lattice.edges()) ...
//
// Words begin with a stem of the lexicon, with a number (all its digits, and points and commas
// between two of them), or with a stem in no lexicon (any characters before an apostrophe, one
// edge each and for each of the language's unknown states); a word always has at least the reading
// "all of it is a stem in no lexicon", even in a language whose unknown states end no word. Unknown
// stems may be turned off; then a word may have no reading, and no edges. Nor has the empty word.
// Words are lower case; other bytes are read by unknown stems only. A suffix that may spell
// nothing, neither text nor tail, is never read.
//
// Complexity: O(word * readings), some microseconds for a word as texts have them. Words longer
// than kMaxBytes are read as one unknown stem. Thread safety: one thread; keep one for many words,
// its memory is used again.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/language.h"
#include "tokenizers/morphology/morph_costs.h"
#include "tokenizers/morphology/suffix_index.h"

namespace tokrail {

/// One morph of a reading, with the bytes [begin, end) of the word that it spells. A stem's changed
/// tail belongs to the stem (kitab-ın).
struct Morph {
  enum class Kind : uint8_t { kLexeme, kUnknown, kNumber, kSuffix };
  Kind kind = Kind::kUnknown;
  uint16_t tag = 0;    ///< kSuffix: Language::tag
  uint32_t index = 0;  ///< LexemeId or SuffixId; kUnknown: index in unknown_states()
  uint32_t begin = 0, end = 0;
  bool operator==(const Morph&) const = default;
};

/// End of the number that the text begins with (0: none): digits, with single points and commas
/// between them. Replaces `digits` by its digits.
size_t number_end(std::string_view text, std::string& digits);

class MorphLattice {
 public:
  static constexpr size_t kMaxBytes = 256;

  struct Options {
    bool unknown_stems = true;
    /// Unknown stems have at least so many characters, unless they are the whole word.
    uint32_t min_unknown_characters = 2;
  };

  /// An edge's morph, without its end: a tail left open is decided by the edge behind it.
  struct Edge {
    uint32_t from, to;  ///< nodes; to may be kEndNode
    Morph::Kind kind;
    MorphClass from_class, to_class;  ///< to_class is MorphClasses::end() for the last edge
    uint16_t tag;
    uint32_t index;
    uint32_t begin;       ///< where the morph begins, behind the tail before it
    uint32_t characters;  ///< kUnknown: of the stem; otherwise 0
  };
  /// Edges into this node are "the word ends here"; their kind and index say nothing. Edges out of
  /// node 0, the start, have from_class end().
  static constexpr uint32_t kEndNode = 0xFFFFFFFF;

  explicit MorphLattice(std::shared_ptr<const Language> language);
  MorphLattice(std::shared_ptr<const Language> language, Options options);
  /// Lattices of one language can share their index.
  MorphLattice(std::shared_ptr<const SuffixIndex> index, Options options);
  MorphLattice(MorphLattice&&) noexcept;
  MorphLattice& operator=(MorphLattice&&) noexcept;
  ~MorphLattice();

  void build(std::string_view word);

  size_t node_count() const noexcept { return node_count_; }
  /// Ascending by `from`.
  std::span<const Edge> edges() const noexcept { return edges_; }
  const Language& language() const noexcept;

  /// The cost of an edge.
  MorphCost cost(const Edge& edge, const MorphCosts& costs) const noexcept;

  /// The morphs of a path, given as edges from node 0 to kEndNode.
  void path_morphs(std::span<const uint32_t> path, std::vector<Morph>& out) const;

 private:
  struct Scratch;

  void build_long();
  void start();
  void start_stems();
  void start_number();
  void start_unknown();
  void leave(uint32_t node);
  void find_suffixes(uint32_t position, EndingId ending);
  void leave_by_suffix(uint32_t node);
  void leave_by_stem(uint32_t node);
  void leave_by_end(uint32_t node);
  void keep_useful();

  std::shared_ptr<const SuffixIndex> index_;
  Options options_;
  MorphClasses classes_;
  size_t node_count_ = 0;
  size_t word_bytes_ = 0;
  std::vector<Edge> edges_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace tokrail
