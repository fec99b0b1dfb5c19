#include "tokenizers/engine/fast_encoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tokenizers/models/certain_cuts.h"

namespace tokrail {
namespace {

constexpr size_t kSegmentsPerCall = 1024;
constexpr size_t kKeptIds = size_t{1} << 20;  // scratch of a larger call is given back

/// The cache key of a segment of at most 15 bytes, wherever it stands in its text.
WordCache::Key key_of(const char* text, size_t length, const char* text_end) {
  if (text_end - text >= 16) return WordCache::key(text, length);
  char padded[16] = {};
  std::memcpy(padded, text, length);
  return WordCache::key(padded, length);
}

/// The same for a segment of 16 to 31 bytes.
WordCache::LongKey long_key_of(const char* text, size_t length, const char* text_end) {
  if (text_end - text >= 32) return WordCache::long_key(text, length);
  char padded[32] = {};
  std::memcpy(padded, text, length);
  return WordCache::long_key(padded, length);
}

class ByteLevelEncoder final : public FastEncoder {
 public:
  ByteLevelEncoder(std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const Model> model,
                   const RankBpeModel* rank_bpe, std::shared_ptr<const CertainCuts> cuts)
      : segmenter_(std::move(segmenter)),
        model_(std::move(model)),
        rank_bpe_(rank_bpe),
        cuts_(std::move(cuts)) {}

  bool encode(std::string_view part, size_t, EncodeScratch& scratch, IdSink& sink) const override {
    uint32_t ends[kSegmentsPerCall];
    const char* const text_end = part.data() + part.size();
    for (size_t at = 0; at < part.size();) {
      const size_t count = segmenter_->split(part, at, ends, kSegmentsPerCall);
      // At most one id per byte, and a hit writes up to eight.
      TokenId* const ids = scratch.ids.room(ends[count - 1] + WordCache::kMaxLongIds);
      TokenId* const end = encode_pieces(part.data() + at, ends, count, text_end, ids, scratch);
      if (!sink.write({ids, end})) return false;
      at += ends[count - 1];
    }
    scratch.ids.shrink(kKeptIds);
    return true;
  }

 private:
  TokenId* encode_pieces(const char* base, const uint32_t* ends, size_t count, const char* text_end,
                         TokenId* out, EncodeScratch& scratch) const {
    uint32_t begin = 0;
    for (size_t i = 0; i < count; ++i) {
      const char* const text = base + begin;
      const size_t length = ends[i] - begin;
      begin = ends[i];
      if (length > WordCache::kMaxBytes) {
        out += encode_long({text, length}, text_end, out, scratch);
        continue;
      }
      const WordCache::Key key = key_of(text, length, text_end);
      if (const size_t found = scratch.cache.find(key, out); found != 0) {
        out += found - 1;
        continue;
      }
      const size_t ids = encode_parts({text, length}, text_end, out, scratch);
      scratch.cache.insert(key, out, ids);
      out += ids;
    }
    return out;
  }

  size_t encode_long(std::string_view piece, const char* text_end, TokenId* out,
                     EncodeScratch& scratch) const {
    if (piece.size() > WordCache::kMaxLongBytes) {
      return encode_parts(piece, text_end, out, scratch);
    }
    const WordCache::LongKey key = long_key_of(piece.data(), piece.size(), text_end);
    if (const size_t found = scratch.cache.find_long(key, out); found != 0) return found - 1;
    const size_t count = encode_parts(piece, text_end, out, scratch);
    scratch.cache.insert_long(key, out, count);
    return count;
  }

  // Cuts a piece where no token can reach across, and looks the parts up like pieces.
  size_t encode_parts(std::string_view piece, const char* text_end, TokenId* out,
                      EncodeScratch& scratch) const {
    if (!cuts_ || !CertainCuts::may_cut(piece)) return encode_piece(piece, out, scratch);
    const TokenId* const first = out;
    const char* const end = piece.data() + piece.size();
    for (const char* p = piece.data(); p < end;) {
      const char* const cut = cuts_->next(p, end);
      const auto length = static_cast<size_t>(cut - p);
      if (length == piece.size()) return encode_piece(piece, out, scratch);
      if (length > WordCache::kMaxBytes) {
        out += encode_piece({p, length}, out, scratch);
      } else {
        const WordCache::Key key = key_of(p, length, text_end);
        size_t found = scratch.cache.find(key, out);
        if (found == 0) {
          found = encode_piece({p, length}, out, scratch) + 1;
          scratch.cache.insert(key, out, found - 1);
        }
        out += found - 1;
      }
      p = cut;
    }
    return static_cast<size_t>(out - first);
  }

  size_t encode_piece(std::string_view piece, TokenId* out, EncodeScratch& scratch) const {
    if (rank_bpe_) {
      const size_t count = rank_bpe_->encode(piece, out, scratch.bpe);
      if (count != RankBpe::kUnknown) return count;
    }
    scratch.model_tokens.clear();
    model_->tokenize(piece, scratch.model_tokens);
    for (const ModelToken& token : scratch.model_tokens) *out++ = token.id;
    return scratch.model_tokens.size();
  }

  std::unique_ptr<const Segmenter> segmenter_;
  std::shared_ptr<const Model> model_;
  const RankBpeModel* rank_bpe_;
  std::shared_ptr<const CertainCuts> cuts_;  // null: pieces are not cut
};

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

/// Calls visit(begin, end, ends of the part it touches) for every segment in order; false when the
/// sink had enough.
template <typename Visit>
bool for_each_segment(const Segmenter& segmenter, std::string_view part, IdWriter& writer,
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

/// Copies the ids of `tokens`, if they are few enough for a cache entry, and answers how many.
template <typename Token>
size_t copy_ids(const std::vector<Token>& tokens, TokenId (&ids)[WordCache::kMaxLongIds]) {
  if (tokens.size() > WordCache::kMaxLongIds) return tokens.size();
  for (size_t i = 0; i < tokens.size(); ++i) ids[i] = tokens[i].id;
  return tokens.size();
}

/// A segment's place in the cache, short or long, if it has one.
class CachePlace {
 public:
  CachePlace(WordCache& cache, std::string_view part, size_t begin, size_t length, bool allowed)
      : cache_(cache),
        kind_(!allowed                             ? kNone
              : length <= WordCache::kMaxBytes     ? kShort
              : length <= WordCache::kMaxLongBytes ? kLong
                                                   : kNone) {
    const char* const text = part.data() + begin;
    const char* const text_end = part.data() + part.size();
    if (kind_ == kShort) short_ = key_of(text, length, text_end);
    if (kind_ == kLong) long_ = long_key_of(text, length, text_end);
  }

  /// One more than the number of ids; 0 if the segment is not there.
  size_t find(TokenId* out) const {
    if (kind_ == kShort) return cache_.find(short_, out);
    return kind_ == kLong ? cache_.find_long(long_, out) : 0;
  }
  template <typename Token>
  void keep(const std::vector<Token>& tokens) const {
    TokenId ids[WordCache::kMaxLongIds];
    if (kind_ == kShort) cache_.insert(short_, ids, copy_ids(tokens, ids));
    if (kind_ == kLong) cache_.insert_long(long_, ids, copy_ids(tokens, ids));
  }
  /// With a running score only short segments are kept: the fourth place holds the limit.
  bool is_short() const { return kind_ == kShort; }
  void keep_with_limit(const std::vector<ModelToken>& tokens, float limit) const {
    TokenId ids[WordCache::kMaxLongIds];
    cache_.insert_with_limit(short_, ids, copy_ids(tokens, ids), limit);
  }

 private:
  enum Kind : uint8_t { kNone, kShort, kLong };
  WordCache& cache_;
  Kind kind_;
  WordCache::Key short_;
  WordCache::LongKey long_;
};

class PipelineEncoder final : public FastEncoder {
 public:
  PipelineEncoder(std::unique_ptr<const Segmenter> segmenter,
                  std::shared_ptr<const TextPipeline> pipeline, bool ends_matter)
      : segmenter_(std::move(segmenter)),
        pipeline_(std::move(pipeline)),
        ends_matter_(ends_matter) {}

  bool encode(std::string_view part, size_t original_begin, EncodeScratch& scratch,
              IdSink& sink) const override {
    IdWriter writer(scratch, sink);
    const auto visit = [&](size_t begin, size_t end, TextEnds ends) {
      const size_t length = end - begin;
      const CachePlace place(scratch.cache, part, begin, length,
                             !(ends_matter_ && (ends.begin || ends.end)));
      if (const size_t found = place.find(writer.next()); found != 0) {
        writer.advance(found - 1);
        return;
      }
      uint32_t word = 0;
      std::vector<PipelineToken>& tokens = scratch.pipeline_tokens;
      tokens.clear();
      pipeline_->encode_part(part.substr(begin, length), original_begin + begin, ends,
                             SpecialText::as_text(), word, tokens);
      place.keep(tokens);
      for (const PipelineToken& token : tokens) writer.push_back(token.id);
    };
    return for_each_segment(*segmenter_, part, writer, visit);
  }

 private:
  std::unique_ptr<const Segmenter> segmenter_;
  std::shared_ptr<const TextPipeline> pipeline_;
  bool ends_matter_;
};

class SentencePieceEncoder final : public FastEncoder {
 public:
  SentencePieceEncoder(std::unique_ptr<const Segmenter> segmenter,
                       std::shared_ptr<const TextPipeline> pipeline, const Unigram* unigram,
                       std::optional<PrependScheme> marks)
      : segmenter_(std::move(segmenter)),
        pipeline_(std::move(pipeline)),
        unigram_(unigram),
        marks_(marks) {}

  bool encode(std::string_view part, size_t original_begin, EncodeScratch& scratch,
              IdSink& sink) const override {
    IdWriter writer(scratch, sink);
    Unigram::RunningScore score;
    const auto visit = [&](size_t begin, size_t end, TextEnds ends) {
      const CachePlace place(scratch.cache, part, begin, end - begin, !ends.begin && !ends.end);
      if (const size_t found = find(place, score, writer.next()); found != 0) {
        writer.advance(found - 1);
        return;
      }
      const bool first = ends.begin && original_begin == 0;
      const float limit =
          encode_segment(part.substr(begin, end - begin), ends, first, score, scratch);
      if (!unigram_) {
        place.keep(scratch.model_tokens);
      } else if (place.is_short() && limit > 0) {
        place.keep_with_limit(scratch.model_tokens, limit);
      }
      for (const ModelToken& token : scratch.model_tokens) writer.push_back(token.id);
    };
    return for_each_segment(*segmenter_, part, writer, visit);
  }

 private:
  // With a running score the last of the four places holds how far the score may have run for the
  // kept ids to be certain, as float bits without the sign.
  size_t find(const CachePlace& place, Unigram::RunningScore& score, TokenId* ids) const {
    if (!unigram_) return place.find(ids);
    const size_t found = place.is_short() ? place.find(ids) : 0;
    if (found == 0 || score.magnitude() >= WordCache::unpack_limit(ids[3])) return 0;
    for (size_t i = 0; i + 1 < found; ++i) unigram_->advance(score, ids[i]);
    return found;
  }

  float encode_segment(std::string_view segment, TextEnds ends, bool first,
                       Unigram::RunningScore& score, EncodeScratch& scratch) const {
    const TextPipeline::Stages& stages = pipeline_->stages();
    std::string_view text = segment;
    if (!stages.normalizer.always_identity()) {
      stages.normalizer.apply(segment, scratch.segment, ends);
      text = scratch.segment;
    }
    if (marks_) {
      mark_spaces(text,
                  ends.begin && (*marks_ == PrependScheme::kAlways ||
                                 (first && *marks_ == PrependScheme::kFirst)),
                  scratch.marked);
      text = scratch.marked;
    }
    scratch.model_tokens.clear();
    if (unigram_) return unigram_->tokenize_after(text, score, scratch.model_tokens);
    stages.model->tokenize(text, scratch.model_tokens);
    return 0;
  }

  // What a Metaspace that does not split does to a text.
  static void mark_spaces(std::string_view text, bool prepend, std::string& out) {
    constexpr std::string_view kMark = "\xE2\x96\x81";
    out.clear();
    if (text.empty()) return;
    if (prepend && text[0] != ' ' && !text.starts_with(kMark)) out += kMark;
    for (const char c : text) {
      if (c == ' ') {
        out += kMark;
      } else {
        out += c;
      }
    }
  }

  std::unique_ptr<const Segmenter> segmenter_;
  std::shared_ptr<const TextPipeline> pipeline_;
  const Unigram* unigram_;
  std::optional<PrependScheme> marks_;
};

}  // namespace

std::unique_ptr<const FastEncoder> FastEncoder::byte_level(
    std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const Model> model,
    const RankBpeModel* rank_bpe, std::shared_ptr<const CertainCuts> cuts) {
  return std::make_unique<ByteLevelEncoder>(std::move(segmenter), std::move(model), rank_bpe,
                                            std::move(cuts));
}

std::unique_ptr<const FastEncoder> FastEncoder::sentencepiece(
    std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const TextPipeline> pipeline,
    const Unigram* unigram, std::optional<PrependScheme> marks) {
  return std::make_unique<SentencePieceEncoder>(std::move(segmenter), std::move(pipeline), unigram,
                                                marks);
}

std::unique_ptr<const FastEncoder> FastEncoder::pipeline(
    std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const TextPipeline> pipeline,
    bool ends_matter) {
  return std::make_unique<PipelineEncoder>(std::move(segmenter), std::move(pipeline), ends_matter);
}

}  // namespace tokrail
