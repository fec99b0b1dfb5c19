// load_spec: any tokenizer file or model directory to a TokenizerSpec; the format is found by
// content.
//
//   TokenizerSpec spec = load_spec("models/llama/");                     // a directory
//   TokenizerSpec ranks = load_spec("cl100k_base.tiktoken.gz");
//   TokenizerSpec mine = load_spec("mine.tiktoken", {.pattern = "o200k"});
//
// Files: everything of detect.h, also compressed by gzip (up to kLargestUnpackedFile bytes). A
// vocab.json or merges.txt needs the other one beside it.
//
// Directories: the first there is of tokenizer.json, tokenizer.model (sentencepiece or ranks),
// tekken.json, vocab.json with merges.txt, vocab.txt, one *.gguf, one *.tiktoken, tiktoken.model,
// one other *.model. What tokenizer_config.json, special_tokens_map.json, added_tokens.json,
// generation_config.json and config.json say of tokens and roles is added.
//
// Complexity: O(bytes); a GGUF file is mapped and only its metadata is read. Pure but for reading
// files. Errors: those of the readers, with the path; Error(kNotFound) for a missing file or a
// directory without a tokenizer; Error(kUnsupported) for a file of no known format.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tokenizers/load_options.h"
#include "tokenizers/spec.h"

namespace tokrail {

inline constexpr size_t kLargestUnpackedFile = size_t{1} << 30;

TokenizerSpec load_spec(const std::string& path, const LoadOptions& options = {});

/// The bytes of one file. `name` is put into errors and may help to find a rank file's pattern.
TokenizerSpec read_spec(std::string_view bytes, std::string_view name = {},
                        const LoadOptions& options = {});

}  // namespace tokrail
