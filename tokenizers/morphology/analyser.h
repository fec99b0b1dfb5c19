// Analyser: the best reading of a word, or all of them in order.
//
//   Analyser analyser(language, costs);
//   Analyser::Scratch scratch(analyser);
//   std::vector<Morph> morphs;
//   analyser.best("kitabımda", scratch, morphs);        // kitab ım da
//   for (const Analysis& analysis : analyser.all("gelin", 10)) ...
//
// The cost of a reading is the sum over its morphs (morph_costs.h); the best has the least, of
// equal ones the one with fewer morphs, then with the lower index at the first difference. Words
// are lower case (Language::lower). Complexity: linear in the edges of the MorphLattice. Immutable,
// thread safe; a Scratch belongs to one thread.
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
    std::vector<uint64_t> best;
    std::vector<uint32_t> via, path;
  };

  /// Replaces `out` by the best reading; there always is one.
  void best(std::string_view word, Scratch& scratch, std::vector<Morph>& out) const;
  /// The `limit` best readings, best first; readings through unknown stems only if there are no
  /// others or `with_unknown`.
  std::vector<Analysis> all(std::string_view word, size_t limit, bool with_unknown = false) const;

  const Language& language() const noexcept { return *language_; }
  const MorphCosts& costs() const noexcept { return *costs_; }
  std::shared_ptr<const Language> shared_language() const noexcept { return language_; }

 private:
  std::shared_ptr<const Language> language_;
  std::shared_ptr<const MorphCosts> costs_;
  MorphLattice::Options options_;
};

/// "kitap" or "kitap/noun" and tags (each a tag name of the pack or a suffix name) to surfaces, all
/// that the graph allows, without duplicates. Throws Error(kInvalidArgument) for a lemma or a tag
/// that the language does not know.
std::vector<std::string> generate_surfaces(const Language& language, std::string_view lemma,
                                           std::span<const std::string> tags);

/// "kitap+P1SG+LOC" with the stem's part of speech: what an analysis says, for people.
std::string describe(const Language& language, std::string_view word, const Analysis& analysis);

}  // namespace tokrail
