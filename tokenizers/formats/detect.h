// Which format a tokenizer file has, by its content; names are not looked at.
//
//   detect_format(bytes) == FileFormat::kTokenizerJson
//
// Looks at the first bytes only (a JSON file's first member, the first line of a text). Pure
// function, O(1) for binary files, O(first line) for texts. Errors: none.
#pragma once

#include <cstdint>
#include <string_view>

namespace tokrail {

enum class FileFormat : uint8_t {
  kUnknown,
  kGzip,            ///< any of the others, compressed
  kTokenizerJson,   ///< Hugging Face tokenizer.json
  kVocabularyJson,  ///< vocab.json: {"token": id, ...}, with a merges.txt beside it
  kTekken,          ///< Mistral's tekken.json
  kTiktoken,        ///< base64 and rank, line by line
  kSentencePiece,   ///< protocol buffer of pieces
  kGguf,            ///< llama.cpp
  kTkz,             ///< this library's own cache
  kMerges,          ///< merges.txt, with a vocab.json beside it
  kVocabularyText,  ///< vocab.txt: one WordPiece token per line
};

FileFormat detect_format(std::string_view bytes);

/// For people: "Hugging Face tokenizer.json", ...
std::string_view format_description(FileFormat format) noexcept;

}  // namespace tokrail
