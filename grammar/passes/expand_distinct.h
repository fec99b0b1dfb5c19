// Grammar -> Grammar without distinct entries, for notations that have none: a rule for each set of
// entries that may have been seen.
//
// Entries in one order need a rule for each entry; in any order a rule for each subset, so that
// only a few fit. Open entries that must differ from each other are beyond rules: an error, or with
// `lenient` a warning, and they may repeat. Errors: Error(kUnsupported) with the rule's name.
#pragma once

#include <string>
#include <vector>

#include "grammar/grammar.h"

namespace tokrail {

struct ExpandDistinctOptions {
  bool lenient = false;
  size_t max_rules = 4096;  ///< for one set of entries
};

Grammar expand_distinct(const Grammar& grammar, const ExpandDistinctOptions& options,
                        std::vector<std::string>& warnings);

}  // namespace tokrail
