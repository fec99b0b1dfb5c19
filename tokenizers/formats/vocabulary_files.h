// Vocabularies of older Hugging Face models: vocab.json with merges.txt, and vocab.txt.
//
// These files hold tokens and merges only; the rest is what the model's class does, which its
// tokenizer_config.json names. Without one: GPT-2's byte-level BPE, and BERT's WordPiece.
//
//   TokenizerSpec gpt2 = read_vocab_and_merges(vocab_json, merges_txt, "gpt2/");
//   TokenizerSpec bert = read_vocab_text(vocab_txt, "vocab.txt", {.lowercase = true});
//
// Complexity: O(bytes). Pure functions. Errors: as read_tokenizer_json; Error(kUnsupported) by name
// for a class that does something else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tokenizers/spec.h"

namespace tokrail {

struct BytePairOptions {
  /// "GPT2Tokenizer", "RobertaTokenizer", "Qwen2Tokenizer", ...; empty: GPT-2's.
  std::string tokenizer_class;
  bool add_prefix_space = false;
};

TokenizerSpec read_vocab_and_merges(std::string_view vocab_json, std::string_view merges_text,
                                    std::string_view name = {},
                                    const BytePairOptions& options = {});

struct WordPieceOptions {
  /// Unset: true unless some token of the vocabulary has a capital letter.
  std::optional<bool> lowercase;
  std::optional<bool> strip_accents;  ///< unset: as lowercase
  bool split_chinese_characters = true;
};

TokenizerSpec read_vocab_text(std::string_view bytes, std::string_view name = {},
                              const WordPieceOptions& options = {});

}  // namespace tokrail
