// What the fast encoders share: keys of segments, the walk over segments, and buffers in front of
// sinks. Private to the encoders of fast_encoder.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tokenizers/engine/fast_encoder.h"

namespace tokrail::detail {

inline constexpr size_t kSegmentsPerCall = 1024;
inline constexpr size_t kKeptIds = size_t{1} << 20;  // scratch of a larger call is given back

/// The cache key of a segment of at most 15 bytes, wherever it stands in its text.
inline WordCache::Key key_of(const char* text, size_t length, const char* text_end) {
  if (text_end - text >= 16) return WordCache::key(text, length);
  char padded[16] = {};
  std::memcpy(padded, text, length);
  return WordCache::key(padded, length);
}

/// The same for a segment of 16 to 31 bytes.
inline WordCache::LongKey long_key_of(const char* text, size_t length, const char* text_end) {
  if (text_end - text >= 32) return WordCache::long_key(text, length);
  char padded[32] = {};
  std::memcpy(padded, text, length);
  return WordCache::long_key(padded, length);
}

/// Ids on their way to a sink. Room for eight more is always there, as a cache hit may write eight.
class IdWriter {
 public:
  IdWriter(EncodeScratch& scratch, IdSink& sink)
      : sink_(sink),
        first_(scratch.ids.room(kCapacity + 2 * WordCache::kMaxLongIds)),
        next_(first_) {}

  TokenId* next() noexcept { return next_; }
  /// `count` ids have been written at next().
  void advance(size_t count) {
    next_ += count;
    if (next_ > first_ + kCapacity) flush();
  }
  void push_back(TokenId id) {
    *next_ = id;
    advance(1);
  }
  bool flush() {
    go_on_ &= sink_.write({first_, next_});
    next_ = first_;
    return go_on_;
  }

 private:
  static constexpr size_t kCapacity = 4096;
  IdSink& sink_;
  TokenId* const first_;
  TokenId* next_;
  bool go_on_ = true;
};

/// Tokens on their way to a sink. Room for what a cache hit may write is always there.
class TokenWriter {
 public:
  TokenWriter(EncodeScratch& scratch, TokenSink& sink)
      : sink_(sink),
        first_(scratch.tokens.room(kCapacity + 2 * SpanCache::kMaxTokens)),
        next_(first_) {}

  PipelineToken* next() noexcept { return next_; }
  /// `count` tokens have been written at next().
  void advance(size_t count) {
    next_ += count;
    if (next_ > first_ + kCapacity) flush();
  }
  void push_back(const PipelineToken& token) {
    *next_ = token;
    advance(1);
  }
  bool flush() {
    sink_.write({first_, next_});
    next_ = first_;
    return true;
  }

 private:
  static constexpr size_t kCapacity = 2048;
  TokenSink& sink_;
  PipelineToken* const first_;
  PipelineToken* next_;
};

/// Calls visit(begin, end, ends of the part it touches) for every segment in order; false when the
/// sink had enough.
template <typename Writer, typename Visit>
bool for_each_segment(const Segmenter& segmenter, std::string_view part, Writer& writer,
                      Visit visit) {
  uint32_t ends[kSegmentsPerCall];
  for (size_t at = 0; at < part.size();) {
    const size_t count = segmenter.split(part, at, ends, kSegmentsPerCall);
    size_t begin = at;
    for (size_t i = 0; i < count; ++i) {
      const size_t end = at + ends[i];
      visit(begin, end, TextEnds{begin == 0, end == part.size()});
      begin = end;
    }
    at = begin;
    if (!writer.flush()) return false;
  }
  return true;
}

/// Encodes a part through the pipeline when its spans cannot be found segment by segment; false
/// when they can.
inline bool encode_if_not_local(const Segmenter& segmenter, const TextPipeline& pipeline,
                                std::string_view part, size_t original_begin, uint32_t& word,
                                EncodeScratch& scratch, TokenSink& sink) {
  uint32_t first_end = 0;
  if (segmenter.split(part, 0, &first_end, 1) == 0) return false;
  if (pipeline.stages().normalizer.aligns_in_parts(part.substr(0, first_end))) return false;
  scratch.pipeline_tokens.clear();
  pipeline.encode_part(part, original_begin, {}, SpecialText::as_text(), word,
                       scratch.pipeline_tokens);
  sink.write(scratch.pipeline_tokens);
  return true;
}

}  // namespace tokrail::detail
