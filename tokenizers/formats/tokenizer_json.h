// Hugging Face tokenizer.json: reading and writing.
//
// The reader accepts what the Hugging Face library has written in any version (model types by
// name or, in old files, by their members) and gives ids exactly as that library does: an added
// token has the id of its text in the model, or else the next free id, whatever the file says.
// Vocabulary and merges are streamed, not built as a tree of JSON values.
//
//   TokenizerSpec spec = read_tokenizer_json(bytes, "tokenizer.json");
//   for (const std::string& reason : tokenizer_json_cannot_express(spec)) std::cerr << reason;
//   std::string text = write_tokenizer_json(spec);
//
// Complexity: O(bytes); 2 MB with 50,000 tokens and merges take about 10 ms. Pure functions.
// Errors: Error(kInvalidFile) with a byte offset or JSON pointer for what is damaged (a merge of
// unknown tokens, two tokens with one id, ...), Error(kUnsupported) that names what is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

/// `name` is put into errors.
TokenizerSpec read_tokenizer_json(std::string_view bytes, std::string_view name = {});

/// Why a tokenizer cannot be written as tokenizer.json with equal ids; empty if it can.
std::vector<std::string> tokenizer_json_cannot_express(const TokenizerSpec& spec);

/// The file's text, always the same bytes for the same spec. A rank file's byte strings become
/// texts in the byte-level alphabet with merges that give the same ids. Throws
/// Error(kUnsupported) with all reasons of tokenizer_json_cannot_express.
std::string write_tokenizer_json(const TokenizerSpec& spec);

}  // namespace tokrail
