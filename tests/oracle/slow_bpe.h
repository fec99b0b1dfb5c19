// BPE as its definitions read: look at all neighbouring pairs, merge the best, repeat. Quadratic.
#pragma once

#include <string_view>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail::test {

/// BPE by a list of merges, with all options of tokenizer.json.
std::vector<ModelToken> slow_merge_bpe(const VocabularySpec& vocabulary, const ModelSpec& model,
                                       std::string_view piece);

/// sentencepiece's BPE by scores.
std::vector<ModelToken> slow_score_bpe(const VocabularySpec& vocabulary, const ModelSpec& model,
                                       SourceFormat format, std::string_view piece);

}  // namespace tokrail::test
