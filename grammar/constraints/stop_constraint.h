// StopConstraint: free text that must end with one of some strings, that must never contain some
// others, or both.
//
//   StopConstraint answer(tokenizer.shared_vocabulary(), {.stops = {"\n\n", "END"}});
//   StopConstraint clean(tokenizer.shared_vocabulary(), {.banned = {"foo", "bar"}});
//
// With stop strings a text is complete where one has just ended. By default the first one ends the
// text and nothing follows; a token that goes on behind it is not allowed. Strings may lie across
// tokens and inside of them; masks are exact. A place from which every way to a stop string leads
// through a banned one is a dead end, and what leads there is not allowed.
//
// Complexity: construction O(bytes of the strings) (the automaton of Aho and Corasick), times the
// length of the nearest way to a stop string; accept amortised O(bytes); the first mask of a decode
// context walks the whole vocabulary (about 1 ms for 32,000 tokens), later ones of other states
// walk what continues a string and copy the rest. Thread safety, ownership: as TextConstraint.
// Errors: Error(kInvalidArgument) for no string at all, an empty one, or strings that leave no
// text; kUnsupported for more than 2^26 bytes of strings; kBudgetExhausted for strings whose dead
// ends cannot be found in reasonable time.
//
// A. Aho, M. Corasick, "Efficient string matching: an aid to bibliographic search", 1975.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grammar/constraints/text_constraint.h"

namespace tokrail {

struct StopStrings {
  std::vector<std::string> stops = {};   ///< none: a text may end anywhere
  std::vector<std::string> banned = {};  ///< wins where both end at the same place
  /// The first stop string ends the text. Otherwise it may go on, and end behind a later one.
  bool ends_at_first = true;
};

class StopConstraint final : public TextConstraint {
 public:
  StopConstraint(std::shared_ptr<const Vocabulary> vocabulary, const StopStrings& strings,
                 TextConstraintOptions options = {});
};

}  // namespace tokrail
