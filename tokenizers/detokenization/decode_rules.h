// Decode rules: from a TokenizerSpec to the DecodeTable of the system that owns its format.
//
// Conventions beyond spec.h that a reader must follow:
//   GGUF           a kLlamaSpm or kLlamaUgm normalizer with add_dummy_prefix: the first token loses
//                  one leading space. A kWordPiece decoder step with cleanup: llama.cpp's
//                  clean_spaces. kMergeBpe: texts in the byte-level alphabet unless raw_bytes.
//   sentencepiece  add_dummy_prefix and remove_extra_whitespaces of the kSentencePiece normalizer
//                  decide how the text begins. A kReplace decoder step whose pattern is the unknown
//                  piece gives its surface; without it the surface is " \u2047 ".
//
// Errors: Error kInvalidFile for steps that make no sense.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tokenizers/detokenization/decode_table.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// `normalize` may be empty; see Detokenizer::compile.
std::shared_ptr<const DecodeTable> compile_decode_table(
    const TokenizerSpec& spec, const std::function<std::string(std::string_view)>& normalize);

}  // namespace tokrail
