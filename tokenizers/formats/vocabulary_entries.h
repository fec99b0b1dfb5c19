// From lists of (text, id) and of merges by text, as files hold them, to a vocabulary by id.
//
// Complexity: O(bytes of all texts). Errors: Error(kInvalidFile) that names the token or merge:
// two tokens with one id, a merge of unknown tokens, a merge whose result is no token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizers/formats/token_index.h"
#include "tokenizers/formats/tokenizer_json_parts.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// Whether entry i has id i, and no text comes twice: then the texts are the vocabulary.
bool entries_are_in_order(const VocabularyEntries& entries, const TokenIndex& index);

/// Texts in the order of ids; ids that no entry has are kUnused. Scores go along. Entries that
/// `index` (over entries.texts) does not find again are duplicates of a later one: their ids stay
/// unused, as in a map that is filled in the order of the file.
VocabularySpec arrange_vocabulary(const VocabularyEntries& entries, const TokenIndex& index,
                                  std::string_view where);

/// Which place a pair keeps that is listed twice: tokenizer.json the last, llama.cpp the first.
enum class RepeatedMerge : uint8_t { kFirst, kLast };

/// Ids of the merges, in order.
/// `prefix_length` bytes of the right side are left out of the result (continuing_prefix).
std::vector<Merge> resolve_merges(const MergeTexts& merges, const ByteStrings& texts,
                                  const TokenIndex& index, size_t prefix_length,
                                  std::string_view where,
                                  RepeatedMerge repeated = RepeatedMerge::kLast);

}  // namespace tokrail
