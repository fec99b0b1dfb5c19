// The attributes of root lines, which lexicon rules use too.
#pragma once

#include <string_view>

#include "tokenizers/morphology/language_source.h"

namespace tokrail {

/// Adds "change=soft", "set=a,b", "opposite", "pos=noun" and so on to a root; changes and flags add
/// up, other attributes replace earlier ones. False for what is no attribute.
bool add_root_attribute(std::string_view attribute, SourceRoot& root);

/// What add_root_attribute takes, for messages.
inline constexpr const char* kRootAttributes =
    "change=, changed=, trigger=, vowel=, set=, reading=, opposite, capital or upper";

}  // namespace tokrail
