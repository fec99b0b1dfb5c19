// FastEncoder: segments, a word cache, and the exact model for what the cache does not hold.
//
//   part of text ─Segmenter─► segments ─WordCache─► ids
//                                          └ miss ─► model ─► ids, kept
//
// Three kinds, by what a segment goes through when it is not in the cache:
//   byte level      nothing: segments are pre-tokenizer pieces of raw bytes
//   sentencepiece   the normalizer; segments are spaces and the word behind them
//   pipeline        normalizer and pre-tokenizer; segments as above, or words and punctuation
// The ids of a segment inside a part depend on its bytes alone, so the cache never changes a
// result. Segments at the ends of a part may depend on being there (dummy prefixes, stripped
// spaces); the latter two kinds encode those without the cache. sentencepiece's unigram models sum
// scores over the whole text in single precision; see UnigramScore in fast_encoder.cc.
//
// Complexity: O(bytes); 5 to 15 ns per segment that is in the cache. Memory: the caller's scratch.
// Thread safety: immutable; an EncodeScratch belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/engine/id_sink.h"
#include "tokenizers/engine/text_pipeline.h"
#include "tokenizers/engine/word_cache.h"
#include "tokenizers/models/certain_cuts.h"
#include "tokenizers/models/rank_bpe_model.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/pretokenization/segmenter.h"

namespace tokrail {

/// Ids in memory that grows without being written first.
class IdBuffer {
 public:
  /// Room for `count` ids; what was there is lost.
  TokenId* room(size_t count) {
    if (count > capacity_) {
      capacity_ = count + count / 4 + 4096;
      ids_ = std::make_unique_for_overwrite<TokenId[]>(capacity_);
    }
    return ids_.get();
  }
  /// Gives memory back after an unusually large call.
  void shrink(size_t keep) {
    if (capacity_ > keep) {
      ids_.reset();
      capacity_ = 0;
    }
  }

 private:
  std::unique_ptr<TokenId[]> ids_;
  size_t capacity_ = 0;
};

/// Working memory of one encoding thread. Belongs to one tokenizer, since caches do.
struct EncodeScratch {
  explicit EncodeScratch(int cache_line_bits = 14) : cache(cache_line_bits) {}

  WordCache cache;
  RankBpe::Scratch bpe;
  IdBuffer ids;
  std::string well_formed;       ///< a part without ill-formed UTF-8
  std::string normalized;        ///< a part
  std::string segment;           ///< a segment, normalised
  std::string marked;            ///< a segment with its spaces marked
  std::vector<TokenId> waiting;  ///< ids of a part that is not cut
  std::vector<ModelToken> model_tokens;
  std::vector<PipelineToken> pipeline_tokens;
};

class FastEncoder {
 public:
  virtual ~FastEncoder() = default;

  /// Writes the ids of a part of a text that has no added tokens in it; false when the sink has
  /// enough. `part` begins at byte `original_begin` of the text. Byte-level encoders want it
  /// normalised.
  virtual bool encode(std::string_view part, size_t original_begin, EncodeScratch& scratch,
                      IdSink& sink) const = 0;

  /// Pieces of raw bytes for a byte-level `model` (rank_bpe: the same object, or null). With
  /// `cuts`, pieces that are not in the cache are cut further.
  static std::unique_ptr<const FastEncoder> byte_level(std::unique_ptr<const Segmenter> segmenter,
                                                       std::shared_ptr<const Model> model,
                                                       const RankBpeModel* rank_bpe,
                                                       std::shared_ptr<const CertainCuts> cuts);
  /// Segments cut by spaces for a model without pre-tokenizer. `unigram` is the model when its
  /// scores are summed over the whole text; else null. `marks`: a Metaspace that does not split
  /// stands between normalizer and model, and this is how it prepends.
  static std::unique_ptr<const FastEncoder> sentencepiece(
      std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const TextPipeline> pipeline,
      const Unigram* unigram, std::optional<PrependScheme> marks);
  /// Segments that go through the pipeline.
  static std::unique_ptr<const FastEncoder> pipeline(std::unique_ptr<const Segmenter> segmenter,
                                                     std::shared_ptr<const TextPipeline> pipeline,
                                                     bool ends_matter);
};

}  // namespace tokrail
