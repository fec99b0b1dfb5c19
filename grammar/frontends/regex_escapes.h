// What stands behind a backslash in a regular expression. Internal to the front ends.
#pragma once

#include "grammar/frontends/regex_tree_builder.h"

namespace tokrail {

/// Reads the escape at `p`, which points at the backslash, and moves `p` behind it.
RegexAtom scan_regex_escape(RegexTreeBuilder& builder, const char*& p, const char* last,
                            bool in_class);

}  // namespace tokrail
