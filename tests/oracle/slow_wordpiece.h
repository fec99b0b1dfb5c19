// WordPiece by looking up every substring, the longest first.
#pragma once

#include <string_view>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail::test {

std::vector<ModelToken> slow_wordpiece(const VocabularySpec& vocabulary, const ModelSpec& model,
                                       std::string_view word);

}  // namespace tokrail::test
