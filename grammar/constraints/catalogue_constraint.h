// CatalogueConstraint: the output is one string of a catalogue, or a list of distinct ones.
//
//   auto products = std::make_shared<const Catalogue>(Catalogue::open("products.tkc"));
//   CatalogueConstraint one(tokenizer.shared_vocabulary(), products);
//   CatalogueConstraint some(tokenizer.shared_vocabulary(), products,
//                            {.separator = ", ", .at_least = 2, .at_most = 5});
//
// A list has its entries in any order and none twice: a token that leads only to entries that are
// used up is not allowed, nor is a separator behind which no entry would be left. Where a text can
// be read as a list in several ways (an entry contains the separator, say), all of them are
// followed; the text is right if one of them is.
//
// Complexity: as TextConstraint; a byte of a list costs O(arcs of the place + log of the entries
// used), a new entry O(entries used). Thread safety, ownership: as TextConstraint; shares the
// catalogue. Errors: Error(kInvalidArgument) for a null argument, an empty separator, or bounds
// that no list of the catalogue keeps. A list with more than 1000 readings at once fails
// (Constraint::failure).
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "grammar/constraints/catalogue.h"
#include "grammar/constraints/text_constraint.h"

namespace tokrail {

struct CatalogueList {
  std::string separator = ", ";
  size_t at_least = 1;  ///< entries; 0: the empty text is a list as well
  size_t at_most = std::numeric_limits<size_t>::max();
};

class CatalogueConstraint final : public TextConstraint {
 public:
  CatalogueConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                      std::shared_ptr<const Catalogue> catalogue,
                      TextConstraintOptions options = {});
  CatalogueConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                      std::shared_ptr<const Catalogue> catalogue, CatalogueList list,
                      TextConstraintOptions options = {});
};

}  // namespace tokrail
