// Merges of a rank vocabulary: which two tokens each token is made of.
//
// Rank BPE merges any neighbours that form a token, lowest id first. Whenever a token comes about
// that way, its bytes have been merged by lower ranks alone, as if nothing stood around them, and
// that leaves the same two parts every time. So one merge per token gives the same ids as the rank
// rule. Tokens that lower ranks do not leave in two parts never come about by merging (only as a
// whole piece, which ModelSpec::ignore_merges expresses) and get no merge.
//
//   std::vector<Merge> merges = derive_merges(spec.vocabulary);     // in the order of ids
//
// Complexity: O(sum of length squared) hash look-ups; 200,000 tokens take about half a second.
// Errors: Error(kUnsupported) for a token longer than kLongestToken bytes. Pure function.
#pragma once

#include <cstddef>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

inline constexpr size_t kLongestMergedToken = 4096;

/// `vocabulary` holds raw bytes; only kNormal and kByte tokens take part.
std::vector<Merge> derive_merges(const VocabularySpec& vocabulary);

}  // namespace tokrail
