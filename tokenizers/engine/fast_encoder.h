// FastEncoder: segments, a word cache, and the exact model for what the cache does not hold.
//
//   part of text ─Segmenter─► segments ─WordCache─► ids
//                                          └ miss ─► model ─► ids, kept
//
// Three kinds, by what a segment goes through when it is not in the cache (a fourth, for hybrid
// vocabularies, is in hybrid_encoder.h):
//   byte level      nothing: segments are pre-tokenizer pieces of raw bytes
//   sentencepiece   the normalizer; segments are spaces and the word behind them
//   pipeline        normalizer and pre-tokenizer; segments as above, or words and punctuation
// The ids of a segment inside a part depend on its bytes alone, so the cache never changes a
// result. Segments at the ends of a part may depend on being there (dummy prefixes, stripped
// spaces); the latter two kinds encode those without the cache. sentencepiece's unigram models sum
// scores over the whole text in single precision; see UnigramScore in fast_encoder.cc.
//
// Encoding with offsets takes the same way. Byte-level tokens are as long as their bytes; the other
// two kinds keep spans beside ids in a cache of their own.
//
// Complexity: O(bytes); 5 to 15 ns per segment that is in the cache. Memory: the caller's scratch.
// Thread safety: immutable; an EncodeScratch belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/engine/id_sink.h"
#include "tokenizers/engine/plain_words.h"
#include "tokenizers/engine/span_cache.h"
#include "tokenizers/engine/text_pipeline.h"
#include "tokenizers/engine/token_sink.h"
#include "tokenizers/engine/word_cache.h"
#include "tokenizers/models/certain_cuts.h"
#include "tokenizers/models/rank_bpe_model.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/pretokenization/segmenter.h"

namespace tokrail {

/// Memory that grows without being written first.
template <typename Element>
class RoomFor {
 public:
  /// Room for `count` elements; what was there is lost.
  Element* room(size_t count) {
    if (count > capacity_) {
      capacity_ = count + count / 4 + 4096;
      elements_ = std::make_unique_for_overwrite<Element[]>(capacity_);
    }
    return elements_.get();
  }
  /// Gives memory back after an unusually large call.
  void shrink(size_t keep) {
    if (capacity_ > keep) {
      elements_.reset();
      capacity_ = 0;
    }
  }

 private:
  std::unique_ptr<Element[]> elements_;
  size_t capacity_ = 0;
};

/// Working memory of one encoding thread. Belongs to one tokenizer, since caches do.
struct EncodeScratch {
  explicit EncodeScratch(int line_bits = 14) : cache(line_bits), cache_line_bits(line_bits) {}

  /// Made when first asked for.
  SpanCache& span_cache() {
    if (!spans) spans = std::make_unique<SpanCache>(cache_line_bits);
    return *spans;
  }

  WordCache cache;
  int cache_line_bits;
  std::unique_ptr<SpanCache> spans;
  RankBpe::Scratch bpe;
  RoomFor<TokenId> ids;
  RoomFor<PipelineToken> tokens;
  std::string well_formed;       ///< a part without ill-formed UTF-8
  std::string normalized;        ///< a part
  std::string segment;           ///< a segment, normalised
  std::string marked;            ///< a segment with its spaces marked
  std::vector<TokenId> waiting;  ///< ids of a part that is not cut
  std::vector<ModelToken> model_tokens;
  std::vector<PipelineToken> pipeline_tokens;
  std::vector<AlignedText> pieces;
  PlainWords::Room plain;
  std::shared_ptr<void> hybrid;  ///< of a hybrid encoder, made by it
};

class FastEncoder {
 public:
  virtual ~FastEncoder() = default;

  /// Writes the ids of a part of a text that has no added tokens in it; false when the sink has
  /// enough. `part` begins at byte `original_begin` of the text. Byte-level encoders want it
  /// normalised.
  virtual bool encode(std::string_view part, size_t original_begin, EncodeScratch& scratch,
                      IdSink& sink) const = 0;

  /// Whether encode_spans may be called.
  virtual bool has_spans() const { return true; }
  /// Writes the same tokens with their spans, and counts words on from `word`. Byte-level spans
  /// may begin and end inside of characters.
  virtual void encode_spans(std::string_view part, size_t original_begin, uint32_t& word,
                            EncodeScratch& scratch, TokenSink& sink) const = 0;

  /// Answers the bytes each id stands for; empty if some are more than 65535.
  using MakeLengths = std::function<std::vector<uint16_t>()>;

  /// Pieces of raw bytes for a byte-level `model` (rank_bpe: the same object, or null). With
  /// `cuts`, pieces that are not in the cache are cut further. `lengths` is called when spans are
  /// first asked for.
  static std::unique_ptr<const FastEncoder> byte_level(std::unique_ptr<const Segmenter> segmenter,
                                                       std::shared_ptr<const Model> model,
                                                       const RankBpeModel* rank_bpe,
                                                       std::shared_ptr<const CertainCuts> cuts,
                                                       MakeLengths lengths);
  /// Segments cut by spaces for a model without pre-tokenizer. `unigram` is the model when its
  /// scores are summed over the whole text; else null. `marks`: a Metaspace that does not split
  /// stands between normalizer and model, and this is how it prepends.
  static std::unique_ptr<const FastEncoder> sentencepiece(
      std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const TextPipeline> pipeline,
      const Unigram* unigram, std::optional<PrependScheme> marks);
  /// Segments that go through the pipeline. `one_word`: its pre-tokenizer makes one piece of a
  /// part.
  static std::unique_ptr<const FastEncoder> pipeline(std::unique_ptr<const Segmenter> segmenter,
                                                     std::shared_ptr<const TextPipeline> pipeline,
                                                     std::unique_ptr<const PlainWords> plain,
                                                     bool ends_matter, bool one_word);
};

}  // namespace tokrail
