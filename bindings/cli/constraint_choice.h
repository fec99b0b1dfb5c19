// Constraints besides grammars, as given on the command line: a catalogue of strings, a piece of a
// text, strings that must not come.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "grammar/constraint.h"
#include "tokenizers/canonical_encoder.h"
#include "tokenizers/vocabulary.h"

namespace tokrail::cli {

struct ConstraintChoice {
  std::string catalogue;  ///< a file of lines, or one that `tokrail catalogue` wrote
  std::string separator;  ///< of a list of distinct entries; empty: one entry
  size_t entries_min = 1, entries_max = 0;  ///< 0: no limit
  std::string span_of;                      ///< a text file
  std::string span_edges = "characters";    ///< bytes, characters or words
  size_t span_min = 1;                      ///< bytes
  std::vector<std::string> banned;
  bool canonical = false;
};

/// Whether anything of it was given.
bool names_constraint(const ConstraintChoice& choice);

/// Puts what was given behind `parts`; errors name the file. `context`: before the first token.
void add_constraints(const ConstraintChoice& choice, DecodeContext context,
                     const std::shared_ptr<const Vocabulary>& vocabulary,
                     const std::shared_ptr<const CanonicalEncoder>& encoder,
                     std::vector<std::unique_ptr<Constraint>>& parts);

/// One constraint of several parts; null if there is none.
std::unique_ptr<Constraint> all_of(std::vector<std::unique_ptr<Constraint>> parts);

}  // namespace tokrail::cli
