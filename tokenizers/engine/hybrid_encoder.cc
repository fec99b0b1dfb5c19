// The fast encoder of hybrid vocabularies: segments, the caches, and the model for what is in none.
#include "tokenizers/engine/hybrid_encoder.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "tokenizers/engine/hybrid_cache.h"
#include "tokenizers/engine/segment_walk.h"

namespace tokrail {
namespace {

using namespace detail;

constexpr int kSharedEntryBits = 17;  // 16 MiB

/// What a thread needs beside EncodeScratch's caches.
struct HybridWork {
  explicit HybridWork(const HybridModel& model) : scratch(model.make_scratch()) {}
  decltype(std::declval<const HybridModel&>().make_scratch()) scratch;
  std::vector<HybridToken> tokens;
  std::vector<TokenId> ids;
};

/// A segment with its key in the first table of the word cache, if it is short.
struct Segment {
  std::string_view text;
  WordCache::Key key;
};
constexpr size_t kAhead = 64;

/// Spans as whole characters of the segment: pieces and bytes may be parts of them.
void widen(std::string_view segment, size_t& begin, size_t& end) {
  if (begin == end) return;
  const auto is_inside = [&](size_t at) {
    return at > 0 && at < segment.size() && is_utf8_continuation(segment[at]);
  };
  if (!is_inside(begin) && !is_inside(end)) return;
  for (const auto [position, unit] : utf8_units(segment)) {
    const size_t behind = position + unit.length;
    if (position < begin && begin < behind) begin = position;
    if (position < end && end < behind) end = behind;
    if (position >= end) return;
  }
}

class HybridEncoder final : public FastEncoder {
 public:
  explicit HybridEncoder(std::shared_ptr<const HybridModel> model)
      : model_(std::move(model)), shared_(kSharedEntryBits) {}

  // Segments are found some at a time, and what the cache may know of them is asked for: where a
  // segment's ids begin depends on the one before it, and memory is waited for once for all.
  bool encode(std::string_view part, size_t, EncodeScratch& scratch, IdSink& sink) const override {
    HybridWork& work = work_of(scratch);
    const WordCache& cache = scratch.cache;
    IdWriter writer(scratch, sink);
    const char* const text_end = part.data() + part.size();
    Segment segments[kAhead];
    uint32_t entry = model_->start_entry();
    uint32_t batches = 0;
    for (size_t at = 0; at < part.size();) {
      size_t count = 0;
      for (; count < kAhead && at < part.size(); ++count) {
        const size_t end = hybrid_segment_end(part, at);
        Segment& segment = segments[count];
        segment.text = {part.data() + at, end - at};
        if (segment.text.size() <= WordCache::kMaxBytes) {
          segment.key = key_of(part.data() + at, end - at, text_end);
          cache.prefetch(segment.key);  // for the entry that most segments have
        }
        at = end;
      }
      for (size_t i = 0; i < count; ++i) {
        entry = encode_segment(segments[i], entry, text_end, scratch.cache, work, writer);
      }
      if (++batches % 16 == 0 && !writer.flush()) return false;
    }
    return writer.flush();
  }

  void encode_spans(std::string_view part, size_t original_begin, uint32_t& word,
                    EncodeScratch& scratch, TokenSink& sink) const override {
    HybridWork& work = work_of(scratch);
    TokenWriter writer(scratch, sink);
    uint8_t entry = model_->start_entry();
    for (size_t at = 0; at < part.size();) {
      const size_t end = hybrid_segment_end(part, at);
      const std::string_view segment = part.substr(at, end - at);
      entry = encode_tokens(segment, entry, work);
      for (const HybridToken& token : work.tokens) {
        size_t token_begin = token.begin, token_end = token.end;
        widen(segment, token_begin, token_end);
        const size_t offset = original_begin + at;
        writer.push_back({token.id, word, offset + token_begin, offset + token_end});
      }
      ++word;
      at = end;
    }
    writer.flush();
  }

 private:
  HybridWork& work_of(EncodeScratch& scratch) const {
    if (!scratch.hybrid) scratch.hybrid = std::make_shared<HybridWork>(*model_);
    return *static_cast<HybridWork*>(scratch.hybrid.get());
  }

  /// Writes the ids of a segment and returns the entry behind it.
  uint32_t encode_segment(const Segment& segment, uint32_t entry, const char* text_end,
                          WordCache& cache, HybridWork& work, IdWriter& writer) const {
    const size_t length = segment.text.size();
    if (length <= WordCache::kMaxBytes) {
      WordCache::Key key = segment.key;
      key.high |= uint64_t{entry} << 60;
      uint32_t behind;
      const size_t found = cache.find(key, writer.next(), behind);
      if (found == 0) [[unlikely]] {
        return encode_rare(segment.text, key, entry, cache, work, writer);
      }
      writer.advance(found - 1);
      return behind;
    }
    if (length > WordCache::kMaxLongBytes) return encode_new(segment.text, entry, work, writer);
    WordCache::LongKey key = long_key_of(segment.text.data(), length, text_end);
    key.words[3] |= uint64_t{entry} << 61;
    return encode_long(segment.text, key, entry, cache, work, writer);
  }

  /// A short segment that has many ids or is not in the first table.
  uint32_t encode_rare(std::string_view text, WordCache::Key key, uint32_t entry, WordCache& cache,
                       HybridWork& work, IdWriter& writer) const {
    const WordCache::LongKey long_key = WordCache::long_key(key);
    uint32_t behind;
    if (const size_t found = cache.find_long(long_key, writer.next(), behind); found != 0) {
      writer.advance(found - 1);
      return behind;
    }
    behind = encode_new(text, entry, work, writer);
    if (work.ids.size() <= WordCache::kMaxIds) {
      cache.insert(key, work.ids.data(), work.ids.size(), behind);
    } else {
      cache.insert_long(long_key, work.ids.data(), work.ids.size(), behind);
    }
    return behind;
  }

  uint32_t encode_long(std::string_view text, const WordCache::LongKey& key, uint32_t entry,
                       WordCache& cache, HybridWork& work, IdWriter& writer) const {
    uint32_t behind;
    if (const size_t found = cache.find_long(key, writer.next(), behind); found != 0) {
      writer.advance(found - 1);
      return behind;
    }
    behind = encode_new(text, entry, work, writer);
    cache.insert_long(key, work.ids.data(), work.ids.size(), behind);
    return behind;
  }

  /// A segment that the thread's own cache does not hold; its ids are in work.ids, too.
  uint32_t encode_new(std::string_view text, uint32_t entry, HybridWork& work,
                      IdWriter& writer) const {
    const uint8_t behind = encode_tokens(text, static_cast<uint8_t>(entry), work);
    work.ids.clear();
    for (const HybridToken& token : work.tokens) {
      work.ids.push_back(token.id);
      writer.push_back(token.id);
    }
    return behind;
  }

  /// Tokens of a segment, from the shared cache if it is there, in work.tokens.
  uint8_t encode_tokens(std::string_view segment, uint8_t entry, HybridWork& work) const {
    work.tokens.clear();
    if (segment.size() > HybridCache::kMaxBytes) {
      return model_->encode_segment(segment, entry, *work.scratch, work.tokens);
    }
    const HybridCache::Key key(segment, entry);
    HybridCache::Value value;
    if (shared_.find(key, value)) {
      for (uint32_t i = 0, begin = 0; i < value.count; ++i) {
        // A token of no bytes stands at its end; of the others each begins where the last one ends.
        work.tokens.push_back({value.ids[i], begin, value.ends[i]});
        begin = value.ends[i];
      }
      return value.exit;
    }
    value.exit = model_->encode_segment(segment, entry, *work.scratch, work.tokens);
    if (work.tokens.size() <= HybridCache::kMaxIds) {
      value.count = static_cast<uint32_t>(work.tokens.size());
      for (uint32_t i = 0; i < value.count; ++i) {
        value.ids[i] = work.tokens[i].id;
        value.ends[i] = static_cast<uint8_t>(work.tokens[i].end);
      }
      shared_.insert(key, value);
    }
    return value.exit;
  }

  std::shared_ptr<const HybridModel> model_;
  mutable HybridCache shared_;
};

}  // namespace

std::unique_ptr<const FastEncoder> make_hybrid_encoder(std::shared_ptr<const HybridModel> model) {
  return std::make_unique<HybridEncoder>(std::move(model));
}

}  // namespace tokrail
