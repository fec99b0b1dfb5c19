// TextPipeline: a tokenizer step by step, as its file describes it.
//
//   text ─added tokens─► plain text ─normalizer─► ─added tokens─► ─pre-tokenizer─► pieces ─model─►
//   ids
//
// Every stage keeps alignment, so that each token knows the bytes of the original text it stands
// for. This is the path that defines the result; the fast encoder (fast_encoder.h) is held equal to
// it by tests. Byte-level models have two forms here: the reference form rewrites every byte into
// the byte-level alphabet as the file says, the raw form leaves the bytes alone and uses a model
// over bytes; both give the same tokens.
//
// Complexity: O(bytes) with large constants (about 10 to 30 MB/s). Thread safety: immutable.
// Errors: see Tokenizer.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenizers/added_tokens.h"
#include "tokenizers/models/model.h"
#include "tokenizers/normalization/aligned_text.h"
#include "tokenizers/normalization/normalizer.h"
#include "tokenizers/pretokenization/pretokenizer.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// A token, the bytes [begin, end) of the original it covers, and the piece it belongs to.
struct PipelineToken {
  TokenId id;
  uint32_t word;
  size_t begin;
  size_t end;
  bool operator==(const PipelineToken&) const = default;
};

class TextPipeline {
 public:
  /// Stages that stand between added tokens and model, compiled; the engine makes them once and
  /// shares them between pipelines and the fast encoder.
  struct Stages {
    AddedTokenMatcher raw_matcher;         ///< added tokens in the text as given
    AddedTokenMatcher normalized_matcher;  ///< added tokens in the normalised text
    Normalizer normalizer;
    PreTokenizer pre_tokenizer;
    bool prefix_space = false;          ///< a space before every part that does not begin with one
    bool replace_invalid_utf8 = false;  ///< ill-formed parts become U+FFFD first
    std::shared_ptr<const Model> model;
  };

  explicit TextPipeline(std::shared_ptr<const Stages> stages) : stages_(std::move(stages)) {}

  /// Appends the tokens of the whole text.
  void encode(std::string_view text, const SpecialText& policy,
              std::vector<PipelineToken>& out) const;

  /// Appends the tokens of a part that has no added tokens of the first stage; the part begins at
  /// `original_begin` of the user's text, and words are counted on from `word`.
  void encode_part(std::string_view part, size_t original_begin, TextEnds ends,
                   const SpecialText& policy, uint32_t& word,
                   std::vector<PipelineToken>& out) const;

  /// The first half of encode_part: calls added(token) for added tokens of the second stage and
  /// plain(AlignedText) for the normalised texts between them, in order.
  template <typename Plain, typename Added>
  void for_each_plain(std::string_view part, size_t original_begin, TextEnds ends,
                      const SpecialText& policy, Plain plain, Added added) const {
    AlignedText text = normalized(part, original_begin, ends);
    if (stages_->normalized_matcher.empty()) {
      plain(std::move(text));
      return;
    }
    size_t at = 0;
    AddedTokenScanner scanner(stages_->normalized_matcher, text.text(), policy);
    while (const auto match = scanner.next()) {
      if (at < match->begin) plain(text.slice(at, match->begin));
      const OriginalRange range = text.original_range(match->begin, match->end);
      added(PipelineToken{match->id, 0, range.begin, range.end});
      at = match->end;
    }
    if (at < text.text().size()) plain(text.slice(at, text.text().size()));
  }

  const Stages& stages() const noexcept { return *stages_; }

 private:
  AlignedText normalized(std::string_view part, size_t original_begin, TextEnds ends) const;
  void encode_normalized(AlignedText text, uint32_t& word, std::vector<PipelineToken>& out) const;

  std::shared_ptr<const Stages> stages_;
};

}  // namespace tokrail
