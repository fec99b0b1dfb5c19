// PostProcessor: puts special tokens around one or two encodings and trims their offsets.
//
// The steps of tokenizer.json in order: templates ("[CLS] $A [SEP] $B [SEP]"), the BERT and RoBERTa
// forms of the same, and ByteLevel, which takes white space out of the offsets. Without steps a
// pair is put one behind the other.
//
//   PostProcessor processor = PostProcessor::compile(spec);
//   size_t room = max_length - processor.added_tokens(is_pair);
//   Encoding both = processor.process(std::move(a), std::move(b), /*add_special=*/true);
//
// Immutable, thread safe; O(tokens). Spans must still be in bytes. Errors: compile throws Error
// kInvalidArgument for a template that names a token without ids or uses B without a pair, and
// kUnsupported for a template behind another template; process throws kUnsupported for a pair
// whose template would drop one of the sequences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/encoding.h"
#include "tokenizers/spec.h"

namespace tokrail {

class PostProcessor {
 public:
  PostProcessor() = default;

  /// Steps, token texts (for offset trimming) and the added tokens of a tokenizer.
  static PostProcessor compile(const TokenizerSpec& spec);

  /// Special tokens that process() adds when asked to; what truncation has to leave room for.
  size_t added_tokens(bool is_pair) const noexcept;

  /// Joins the encodings of sequence A and, for a pair, B. The original texts are needed only to
  /// trim the offsets of added tokens that swallowed white space; without them those keep theirs.
  Encoding process(Encoding a, std::optional<Encoding> b, bool add_special,
                   std::string_view text_a = {}, std::string_view text_b = {}) const;

 private:
  /// White space characters at both ends of a token's text.
  struct Margins {
    uint16_t leading = 0;
    uint16_t trailing = 0;
  };

  void trim_offsets(Encoding& encoding, bool add_prefix_space, std::string_view text) const;
  std::vector<Encoding> apply_template(const PostProcessorStep& step, std::vector<Encoding> parts,
                                       bool add_special) const;

  std::vector<PostProcessorStep> steps_;
  std::vector<Margins> margins_;        ///< by id; empty when no step trims
  std::vector<bool> measured_in_text_;  ///< by id: added tokens that swallow white space
};

}  // namespace tokrail
