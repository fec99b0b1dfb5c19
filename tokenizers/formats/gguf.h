// GGUF files of llama.cpp: the vocabulary inside (gpt2, llama, bert and t5 vocabularies).
//
// Gives the tokenizer llama.cpp makes of the file, with its defaults for keys the file lacks, its
// table of pre-tokenizers by name (tokenizers/pretokenization/gguf_pre_patterns.h) and its rules
// for tokens that it takes for special by their text. Only the metadata is read; a mapped file of
// many gigabytes costs no more than its vocabulary.
//
//   TokenizerSpec spec = read_gguf(file.bytes(), "model.gguf");
//
// Complexity: O(bytes of the metadata). Pure functions. Errors: Error(kInvalidFile) with the byte
// offset, key, token or merge; Error(kUnsupported) by name for other vocabularies (rwkv, plamo2,
// ...), unknown pre-tokenizers, versions other than 2 and 3, big-endian files.
#pragma once

#include <string_view>

#include "tokenizers/spec.h"

namespace tokrail {

/// Whether the bytes begin with the letters GGUF.
bool looks_like_gguf(std::string_view bytes);

TokenizerSpec read_gguf(std::string_view bytes, std::string_view name = {});

}  // namespace tokrail
