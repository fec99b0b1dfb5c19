// The suffix lines of language packs: forms with conditions, and what the suffix does.
#pragma once

#include "tokenizers/morphology/pack_line.h"

namespace tokrail {

SourceSuffix read_suffix(const PackLine& line);

}  // namespace tokrail
