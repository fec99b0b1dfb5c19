// The fast encoders of models that normalise: segments through the pipeline, or through normalizer
// and model.
#include <span>
#include <utility>

#include "base/utf8.h"
#include "tokenizers/engine/segment_walk.h"

namespace tokrail {
namespace {

using namespace detail;

/// Copies the ids of `tokens`, if they are few enough for a cache entry, and answers how many.
template <typename Token>
size_t copy_ids(const std::vector<Token>& tokens, TokenId (&ids)[WordCache::kMaxLongIds]) {
  if (tokens.size() > WordCache::kMaxLongIds) return tokens.size();
  for (size_t i = 0; i < tokens.size(); ++i) ids[i] = tokens[i].id;
  return tokens.size();
}

/// What a segment is kept under in the caches, short or long, if it may be kept.
class SegmentKey {
 public:
  SegmentKey(std::string_view part, size_t begin, size_t length, bool allowed)
      : kind_(!allowed                             ? kNone
              : length <= WordCache::kMaxBytes     ? kShort
              : length <= WordCache::kMaxLongBytes ? kLong
                                                   : kNone) {
    const char* const text = part.data() + begin;
    const char* const text_end = part.data() + part.size();
    if (kind_ == kShort) short_ = key_of(text, length, text_end);
    if (kind_ == kLong) long_ = long_key_of(text, length, text_end);
  }

  /// One more than the number of ids; 0 if the segment is not there.
  size_t find(WordCache& cache, TokenId* out) const {
    if (kind_ == kShort) return cache.find(short_, out);
    return kind_ == kLong ? cache.find_long(long_, out) : 0;
  }
  SpanCache::Hit find(SpanCache& cache, SpanCache::Place place, PipelineToken* out) const {
    if (kind_ == kShort) return cache.find(short_, place, out);
    return kind_ == kLong ? cache.find(long_, place, out) : SpanCache::Hit();
  }

  template <typename Token>
  void keep(WordCache& cache, const std::vector<Token>& tokens) const {
    TokenId ids[WordCache::kMaxLongIds] = {};
    if (kind_ == kShort) cache.insert(short_, ids, copy_ids(tokens, ids));
    if (kind_ == kLong) cache.insert_long(long_, ids, copy_ids(tokens, ids));
  }
  /// With a running score only short segments are kept: the fourth place holds the limit.
  bool is_short() const { return kind_ == kShort; }
  void keep_with_limit(WordCache& cache, const std::vector<ModelToken>& tokens, float limit) const {
    TokenId ids[WordCache::kMaxLongIds] = {};
    cache.insert_with_limit(short_, ids, copy_ids(tokens, ids), limit);
  }
  void keep(SpanCache& cache, SpanCache::Place place, std::span<const PipelineToken> tokens,
            uint32_t words, float limit = SpanCache::kNoLimit) const {
    if (kind_ == kShort) cache.insert(short_, place, tokens, words, limit);
    if (kind_ == kLong) cache.insert(long_, place, tokens, words, limit);
  }

 private:
  enum Kind : uint8_t { kNone, kShort, kLong };
  Kind kind_;
  WordCache::Key short_;
  WordCache::LongKey long_;
};

// ---------------------------------------------------------------------------- pipeline

class PipelineEncoder final : public FastEncoder {
 public:
  PipelineEncoder(std::unique_ptr<const Segmenter> segmenter,
                  std::shared_ptr<const TextPipeline> pipeline,
                  std::unique_ptr<const PlainWords> plain, bool ends_matter, bool one_word)
      : segmenter_(std::move(segmenter)),
        pipeline_(std::move(pipeline)),
        plain_(std::move(plain)),
        ends_matter_(ends_matter),
        one_word_(one_word) {}

  bool encode(std::string_view part, size_t original_begin, EncodeScratch& scratch,
              IdSink& sink) const override {
    IdWriter writer(scratch, sink);
    const auto visit = [&](size_t begin, size_t end, TextEnds ends) {
      const SegmentKey key = key_of_segment(part, begin, end, ends);
      if (const size_t found = key.find(scratch.cache, writer.next()); found != 0) {
        writer.advance(found - 1);
        return;
      }
      encode_ids(part.substr(begin, end - begin), original_begin + begin, ends, scratch);
      key.keep(scratch.cache, scratch.model_tokens);
      for (const ModelToken& token : scratch.model_tokens) writer.push_back(token.id);
    };
    return for_each_segment(*segmenter_, part, writer, visit);
  }

  void encode_spans(std::string_view part, size_t original_begin, uint32_t& word,
                    EncodeScratch& scratch, TokenSink& sink) const override {
    if (encode_if_not_local(*segmenter_, *pipeline_, part, original_begin, word, scratch, sink)) {
      return;
    }
    TokenWriter writer(scratch, sink);
    SpanCache& cache = scratch.span_cache();
    bool any_word = false;
    const auto count_words = [&](uint32_t words) {
      any_word |= words > 0;
      if (!one_word_) word += words;
    };
    const auto visit = [&](size_t begin, size_t end, TextEnds ends) {
      const SegmentKey key = key_of_segment(part, begin, end, ends);
      const SpanCache::Place place = {original_begin + begin, word};
      if (const SpanCache::Hit hit = key.find(cache, place, writer.next())) {
        writer.advance(hit.tokens);
        count_words(hit.words);
        return;
      }
      uint32_t next_word = word;
      const auto& tokens =
          encode_segment(part.substr(begin, end - begin), place.begin, ends, next_word, scratch);
      key.keep(cache, place, tokens, next_word - word);
      for (const PipelineToken& token : tokens) writer.push_back(token);
      count_words(next_word - word);
    };
    for_each_segment(*segmenter_, part, writer, visit);
    if (one_word_ && any_word) ++word;
  }

 private:
  SegmentKey key_of_segment(std::string_view part, size_t begin, size_t end, TextEnds ends) const {
    return {part, begin, end - begin, !(ends_matter_ && (ends.begin || ends.end))};
  }

  bool may_be_plain(TextEnds ends) const {
    return plain_ && (!ends.begin || plain_->knows_beginnings());
  }

  const std::vector<PipelineToken>& encode_segment(std::string_view segment, size_t original_begin,
                                                   TextEnds ends, uint32_t& word,
                                                   EncodeScratch& scratch) const {
    std::vector<PipelineToken>& tokens = scratch.pipeline_tokens;
    tokens.clear();
    if (may_be_plain(ends)) {
      uint32_t next_word = word;
      const auto on_word = [&](const PlainWords::Word& plain) {
        scratch.model_tokens.clear();
        pipeline_->stages().model->tokenize(plain.text, scratch.model_tokens);
        for (const ModelToken& token : scratch.model_tokens) {
          tokens.push_back({token.id, next_word, original_begin + plain.begins[token.begin],
                            original_begin + plain.ends[token.end - 1]});
        }
        ++next_word;
      };
      if (plain_->for_each_word<true>(segment, scratch.plain, on_word)) {
        word = next_word;
        return tokens;
      }
      tokens.clear();
    }
    pipeline_->encode_part(segment, original_begin, ends, SpecialText::as_text(), word, tokens);
    return tokens;
  }

  // Fills scratch.model_tokens, of which only the ids are wanted: no alignment is kept.
  void encode_ids(std::string_view segment, size_t original_begin, TextEnds ends,
                  EncodeScratch& scratch) const {
    const TextPipeline::Stages& stages = pipeline_->stages();
    std::vector<ModelToken>& tokens = scratch.model_tokens;
    tokens.clear();
    if (may_be_plain(ends)) {
      const auto on_word = [&](const PlainWords::Word& plain) {
        stages.model->tokenize(plain.text, tokens);
      };
      if (plain_->for_each_word<false>(segment, scratch.plain, on_word)) return;
      tokens.clear();
    }
    if (stages.replace_invalid_utf8 && !valid_utf8(segment)) {
      scratch.well_formed = replace_invalid_utf8(segment);
      segment = scratch.well_formed;
    }
    stages.normalizer.apply(segment, scratch.normalized, ends);
    if (scratch.normalized.empty()) return;
    scratch.pieces.clear();
    scratch.pieces.emplace_back(scratch.normalized, original_begin);
    stages.pre_tokenizer.split(scratch.pieces);
    for (const AlignedText& piece : scratch.pieces) stages.model->tokenize(piece.text(), tokens);
  }

  std::unique_ptr<const Segmenter> segmenter_;
  std::shared_ptr<const TextPipeline> pipeline_;
  std::unique_ptr<const PlainWords> plain_;  // null: no words are known to be plain
  bool ends_matter_;
  bool one_word_;
};

// ---------------------------------------------------------------------------- sentencepiece

constexpr std::string_view kMark = "\xE2\x96\x81";

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
      const SegmentKey key(part, begin, end - begin, !ends.begin && !ends.end);
      if (const size_t found = find(key, scratch.cache, score, writer.next()); found != 0) {
        writer.advance(found - 1);
        return;
      }
      const float limit = encode_segment(part.substr(begin, end - begin), ends,
                                         prepends(ends, original_begin), score, scratch);
      if (!unigram_) {
        key.keep(scratch.cache, scratch.model_tokens);
      } else if (key.is_short() && limit > 0) {
        key.keep_with_limit(scratch.cache, scratch.model_tokens, limit);
      }
      for (const ModelToken& token : scratch.model_tokens) writer.push_back(token.id);
    };
    return for_each_segment(*segmenter_, part, writer, visit);
  }

  // All of a part is one word, if there is anything left of it.
  void encode_spans(std::string_view part, size_t original_begin, uint32_t& word,
                    EncodeScratch& scratch, TokenSink& sink) const override {
    if (encode_if_not_local(*segmenter_, *pipeline_, part, original_begin, word, scratch, sink)) {
      return;
    }
    TokenWriter writer(scratch, sink);
    SpanCache& cache = scratch.span_cache();
    Unigram::RunningScore score;
    bool any_text = false;
    const auto visit = [&](size_t begin, size_t end, TextEnds ends) {
      const SegmentKey key(part, begin, end - begin, !ends.begin && !ends.end);
      const SpanCache::Place place = {original_begin + begin, word};
      if (const SpanCache::Hit hit = key.find(cache, place, writer.next());
          hit && score.magnitude() < hit.limit) {
        if (unigram_) advance(score, {writer.next(), hit.tokens});
        writer.advance(hit.tokens);
        any_text |= hit.words > 0;
        return;
      }
      bool is_text = false;
      const float limit = encode_spans_of(part.substr(begin, end - begin), place, ends,
                                          prepends(ends, original_begin), score, is_text, scratch);
      if (limit > 0) key.keep(cache, place, scratch.pipeline_tokens, is_text ? 1 : 0, limit);
      for (const PipelineToken& token : scratch.pipeline_tokens) writer.push_back(token);
      any_text |= is_text;
    };
    for_each_segment(*segmenter_, part, writer, visit);
    if (any_text) ++word;
  }

 private:
  /// Whether Metaspace puts a mark before a segment with these ends.
  bool prepends(TextEnds ends, size_t part_begin) const {
    return marks_ && ends.begin &&
           (*marks_ == PrependScheme::kAlways ||
            (part_begin == 0 && *marks_ == PrependScheme::kFirst));
  }

  // With a running score the last of the four places holds how far the score may have run for the
  // kept ids to be certain, as float bits without the sign.
  size_t find(const SegmentKey& key, WordCache& cache, Unigram::RunningScore& score,
              TokenId* ids) const {
    if (!unigram_) return key.find(cache, ids);
    const size_t found = key.is_short() ? key.find(cache, ids) : 0;
    if (found == 0 || score.magnitude() >= WordCache::unpack_limit(ids[3])) return 0;
    for (size_t i = 0; i + 1 < found; ++i) unigram_->advance(score, ids[i]);
    return found;
  }

  void advance(Unigram::RunningScore& score, std::span<const PipelineToken> tokens) const {
    for (const PipelineToken& token : tokens) unigram_->advance(score, token.id);
  }

  // Fills scratch.model_tokens; answers below which running score they hold, 0 if unknown.
  float encode_segment(std::string_view segment, TextEnds ends, bool prepend,
                       Unigram::RunningScore& score, EncodeScratch& scratch) const {
    const TextPipeline::Stages& stages = pipeline_->stages();
    std::string_view text = segment;
    if (!stages.normalizer.always_identity()) {
      stages.normalizer.apply(segment, scratch.segment, ends);
      text = scratch.segment;
    }
    if (marks_) {
      mark_spaces(text, prepend, scratch.marked);
      text = scratch.marked;
    }
    return run_model(text, score, scratch);
  }

  float run_model(std::string_view text, Unigram::RunningScore& score,
                  EncodeScratch& scratch) const {
    scratch.model_tokens.clear();
    if (unigram_) return unigram_->tokenize_after(text, score, scratch.model_tokens);
    pipeline_->stages().model->tokenize(text, scratch.model_tokens);
    return SpanCache::kNoLimit;
  }

  // The same with spans, in scratch.pipeline_tokens.
  float encode_spans_of(std::string_view segment, SpanCache::Place place, TextEnds ends,
                        bool prepend, Unigram::RunningScore& score, bool& is_text,
                        EncodeScratch& scratch) const {
    scratch.pipeline_tokens.clear();
    AlignedText text(segment, place.begin);
    if (marks_ && !prepend && pipeline_->stages().normalizer.always_identity()) {
      is_text = !segment.empty();
      mark_spaces(segment, false, scratch.marked);
      const float limit = run_model(scratch.marked, score, scratch);
      take_marks_out(text, place.word, scratch);
      return limit;
    }
    pipeline_->stages().normalizer.apply(text, ends);
    if (marks_) mark_spaces(text, prepend);
    is_text = !text.empty();
    const float limit = run_model(text.text(), score, scratch);
    for (const ModelToken& token : scratch.model_tokens) {
      const OriginalRange range = text.original_range(token.begin, token.end);
      scratch.pipeline_tokens.push_back({token.id, place.word, range.begin, range.end});
    }
    return limit;
  }

  // Spans in the text for the model's tokens over the same text with a mark for every space.
  static void take_marks_out(const AlignedText& text, uint32_t word, EncodeScratch& scratch) {
    // A byte of the text, and where it is in the marked text.
    struct Cursor {
      size_t byte = 0, marked = 0;
      /// Goes on to the byte that holds a position of the marked text.
      void advance_to(std::string_view bytes, size_t position) {
        while (true) {
          const size_t width = bytes[byte] == ' ' ? kMark.size() : 1;
          if (marked + width > position) return;
          ++byte;
          marked += width;
        }
      }
    };
    Cursor begin;
    for (const ModelToken& token : scratch.model_tokens) {
      if (token.begin < begin.marked) begin = {};
      begin.advance_to(text.text(), token.begin);
      Cursor last = begin;
      last.advance_to(text.text(), token.end - 1);
      const OriginalRange range = text.original_range(begin.byte, last.byte + 1);
      scratch.pipeline_tokens.push_back({token.id, word, range.begin, range.end});
    }
  }

  // What a Metaspace that does not split does to a text.
  static void mark_spaces(std::string_view text, bool prepend, std::string& out) {
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
  static void mark_spaces(AlignedText& text, bool prepend) {
    std::vector<TextMatch> spaces;
    const std::string_view bytes = text.text();
    for (size_t at = bytes.find(' '); at != bytes.npos; at = bytes.find(' ', at + 1)) {
      spaces.push_back({at, at + 1, true});
    }
    if (!spaces.empty()) text.replace(spaces, kMark);
    if (prepend && !text.text().starts_with(kMark)) text.prepend(kMark);
  }

  std::unique_ptr<const Segmenter> segmenter_;
  std::shared_ptr<const TextPipeline> pipeline_;
  const Unigram* unigram_;
  std::optional<PrependScheme> marks_;
};

}  // namespace

std::unique_ptr<const FastEncoder> FastEncoder::sentencepiece(
    std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const TextPipeline> pipeline,
    const Unigram* unigram, std::optional<PrependScheme> marks) {
  return std::make_unique<SentencePieceEncoder>(std::move(segmenter), std::move(pipeline), unigram,
                                                marks);
}

std::unique_ptr<const FastEncoder> FastEncoder::pipeline(
    std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const TextPipeline> pipeline,
    std::unique_ptr<const PlainWords> plain, bool ends_matter, bool one_word) {
  return std::make_unique<PipelineEncoder>(std::move(segmenter), std::move(pipeline),
                                           std::move(plain), ends_matter, one_word);
}

}  // namespace tokrail
