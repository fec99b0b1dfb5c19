// sentencepiece .model files (unigram, BPE, word and char models).
//
// The file is a protocol buffer: pieces with scores and types, how the model was trained, and the
// normaliser's compiled rules. What the file leaves out has the defaults of its schema.
//
//   TokenizerSpec spec = read_sentencepiece(bytes, "tokenizer.model");
//
// Control symbols become special added tokens, which the format's own system never matches in text
// (special_text is kAsText). A surface of the unknown piece other than " \u2047 " is kept as a
// kReplace decoder step.
//
// Complexity: O(bytes). Pure functions. Errors: Error(kInvalidFile) with the byte offset or the
// piece for damage (no unknown piece, pieces that are empty or listed twice, byte pieces that are
// not all there, ...); Error(kUnsupported) for a denormaliser.
// Schema: src/sentencepiece_model.proto of google/sentencepiece.
#pragma once

#include <string_view>

#include "tokenizers/spec.h"

namespace tokrail {

/// Whether the bytes begin like a .model file.
bool looks_like_sentencepiece(std::string_view bytes);

TokenizerSpec read_sentencepiece(std::string_view bytes, std::string_view name = {});

}  // namespace tokrail
