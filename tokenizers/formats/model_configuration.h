// The small JSON files beside a tokenizer in a model directory, and what they add to it.
//
// tokenizer_config.json and special_tokens_map.json name the special tokens, added_tokens.json and
// added_tokens_decoder add tokens, generation_config.json and config.json say which ids end a
// generation. Internal to the directory reader. Errors: Error(kInvalidFile) with file and pointer.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tokenizers/formats/vocabulary_files.h"
#include "tokenizers/spec.h"

namespace tokrail {

class ModelConfiguration {
 public:
  /// Reads those of the files that are there.
  explicit ModelConfiguration(const std::filesystem::path& directory);
  ~ModelConfiguration();

  BytePairOptions byte_pair_options() const;
  WordPieceOptions word_piece_options() const;

  /// Added tokens, roles, and for formats that leave it open whether BOS and EOS are added.
  void apply(TokenizerSpec& spec) const;

 private:
  struct File;
  void add_tokens(TokenizerSpec& spec) const;
  void set_roles(TokenizerSpec& spec) const;

  std::unique_ptr<const File> tokenizer_config_, special_tokens_map_, added_tokens_;
  std::unique_ptr<const File> generation_config_, config_;
};

}  // namespace tokrail
