// Token premiums: how many more tokens the same content takes in another language.
//
// Petrov et al. 2023, "Language Model Tokenizers Introduce Unfairness Between Languages". Files are
// aligned line by line; the first is the base. A mixed premium counts the other language with a
// tokenizer of its own: tokens of file f by tokenizer A over tokens of the base by tokenizer B.
//
//   AlignedTexts texts = AlignedTexts::read({"en.txt", "tr.txt"});
//   Premiums premiums;
//   premiums.tokens.push_back(count_tokens(tokenizer, texts));
//   premiums.of(0, 1);      // Turkish over English, tokenizer 0
//
// Thread safety: values. Complexity: O(bytes), on all threads. Errors: read throws
// Error(kInvalidArgument) for fewer than two files and Error(kInvalidFile) for files whose numbers
// of lines differ.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/tokenizer.h"

namespace tokrail {

struct AlignedTexts {
  std::vector<std::string> names;               ///< file names without folders
  std::vector<std::vector<std::string>> lines;  ///< by file

  static AlignedTexts read(const std::vector<std::filesystem::path>& paths);
};

/// By file.
std::vector<uint64_t> count_tokens(const Tokenizer& tokenizer, const AlignedTexts& texts);

struct Premiums {
  std::vector<std::vector<uint64_t>> tokens;  ///< by tokenizer, by file

  /// 0 where the base has no tokens.
  double of(size_t tokenizer, size_t file) const { return of(tokenizer, file, tokenizer); }
  double of(size_t tokenizer, size_t file, size_t base_tokenizer) const;
};

}  // namespace tokrail
