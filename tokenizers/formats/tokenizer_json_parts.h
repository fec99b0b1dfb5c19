// A tokenizer.json taken apart: vocabulary and merges as flat lists, everything else as a tree.
//
// Nine tenths of such a file are model.vocab and model.merges. They are streamed straight into
// byte strings, without a tree of JSON values, which makes reading several times faster.
// Internal to the reader (it shows Boost.JSON).
//
// Complexity: O(bytes). Errors: Error(kInvalidFile) with a byte offset for what is not JSON, with
// a JSON pointer for what is not a vocabulary or a list of merges.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/spec.h"

namespace tokrail {

struct MergeTexts {
  ByteStrings texts;             ///< left and right, without anything between them
  std::vector<uint32_t> splits;  ///< length of left
};

/// What a file says of its tokens, in the order of the file.
struct VocabularyEntries {
  ByteStrings texts;
  std::vector<TokenId> ids;    ///< of a vocabulary that is an object
  std::vector<double> scores;  ///< of a vocabulary that is a list of [text, score]
};

struct TokenizerJsonParts {
  enum class Vocabulary : uint8_t { kNone, kObject, kList };

  boost::json::value rest;  ///< the document; model.vocab and model.merges are null
  Vocabulary vocabulary = Vocabulary::kNone;
  VocabularyEntries entries;
  bool has_merges = false;
  MergeTexts merges;
};

TokenizerJsonParts parse_tokenizer_json(std::string_view bytes, std::string_view name);

/// A file that is only a vocabulary: {"token": id, ...}.
VocabularyEntries parse_vocabulary_json(std::string_view bytes, std::string_view name);

/// Appends a merge written "left right". False unless it is two texts with one space between.
bool append_merge_line(std::string_view line, MergeTexts& merges);

}  // namespace tokrail
