// Whether longest matches may lead to where no text of the language goes on.
//
// The rules are free of dead ends, but the longest match may take what the rules need next:
// `start: A B`, A = /a+/, B = /a/ has no text at all, and after "%ignore / +/" a terminal that
// begins with a space can never come. Such grammars are rare, and looking for the way out at each
// place is slow; so it is done only where this check cannot exclude them.
//
// What excludes them: whatever has been read of a terminal, it can be brought to an end such that
// some first byte of each terminal that may follow (or of what is ignored before that) makes no
// terminal of the grammar longer. Found by a fixed point over the states of all terminals together.
//
// Internal to the module. Complexity: states of the lexer over all terminals, at most kMostStates;
// beyond that, and for huge automata, the answer is `false`: dead ends are then not looked for.
#pragma once

#include "grammar/recogniser/rule_automaton.h"
#include "grammar/regex/regex_set.h"

namespace tokrail::recogniser {

bool may_trap(const RuleAutomaton& automaton, const RegexSet& regexes);

}  // namespace tokrail::recogniser
