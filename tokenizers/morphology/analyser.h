// Analyser: the best reading of a word, or all of them in order.
//
//   Analyser analyser(language, costs);
//   Analyser::Scratch scratch(analyser);
//   std::vector<Morph> morphs;
//   analyser.best("kitabımda", scratch, morphs);        // kitab ım da
//   for (const Analysis& analysis : analyser.all("gelin", 10)) ...
//
// The cost of a reading is the sum over its morphs (morph_costs.h); the best has the least, of
// equal ones the one with fewer morphs, then the one whose morph at the first difference comes
// first by kind, index, tag and, of stems in no lexicon, length. Words are lower case
// (Language::lower). Complexity: linear in the edges of the MorphLattice; all(): times limit *
// log(limit). Immutable, thread safe; a Scratch belongs to one thread. Errors: costs that are not
// the language's are Error(kInvalidArgument).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/morph_costs.h"
#include "tokenizers/morphology/morph_lattice.h"

namespace tokrail {

struct Analysis {
  std::vector<Morph> morphs;
  MorphCost cost = 0;
};

class Analyser {
 public:
  Analyser(std::shared_ptr<const Language> language, std::shared_ptr<const MorphCosts> costs,
           MorphLattice::Options options = {});

  struct Scratch {
    explicit Scratch(const Analyser& analyser);
    MorphLattice lattice;
    std::vector<uint64_t> best;       ///< by node: cost, and morphs in the low 16 bits
    std::vector<uint32_t> via, path;  ///< edges: the last one to a node, all of the best reading
  };

  /// Replaces `out` by the best reading; there always is one (of the empty word: no morphs). Where
  /// unknown stems are turned off and nothing else is found, it is one all the same.
  void best(std::string_view word, Scratch& scratch, std::vector<Morph>& out) const;
  /// The `limit` best readings, best first; readings through unknown stems only if there are no
  /// others or `with_unknown`.
  std::vector<Analysis> all(std::string_view word, size_t limit, bool with_unknown = false) const;

  const Language& language() const noexcept { return *language_; }
  const MorphCosts& costs() const noexcept { return *costs_; }
  std::shared_ptr<const Language> shared_language() const noexcept { return language_; }

 private:
  std::shared_ptr<const Language> language_;
  std::shared_ptr<const SuffixIndex> index_;
  std::shared_ptr<const MorphCosts> costs_;
  MorphLattice::Options options_;
};

}  // namespace tokrail
