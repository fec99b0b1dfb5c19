// Unigram segmentation by trying every substring, and by listing every segmentation.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/spec.h"

namespace tokrail::test {

/// The best segmentation; equal scores are decided as each format's system decides them.
std::vector<ModelToken> slow_unigram(const VocabularySpec& vocabulary, const ModelSpec& model,
                                     SourceFormat format, std::string_view piece);

/// Every segmentation into tokens (unknown characters one by one) with the sum of its scores.
/// Exponential.
std::vector<std::pair<std::vector<ModelToken>, double>> all_unigram_segmentations(
    const VocabularySpec& vocabulary, const ModelSpec& model, SourceFormat format,
    std::string_view piece);

}  // namespace tokrail::test
