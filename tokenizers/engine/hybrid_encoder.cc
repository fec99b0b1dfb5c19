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

  bool encode(std::string_view part, size_t, EncodeScratch& scratch, IdSink& sink) const override {
    HybridWork& work = work_of(scratch);
    WordCache& cache = scratch.cache;
    IdWriter writer(scratch, sink);
    const char* const text_end = part.data() + part.size();
    uint32_t entry = model_->start_entry();
    uint32_t left = kSegmentsPerCall;
    for (size_t at = 0; at < part.size();) {
      const size_t end = hybrid_segment_end(part, at);
      const char* const text = part.data() + at;
      const size_t length = end - at;
      at = end;
      size_t found = 0;
      if (length <= WordCache::kMaxBytes) {
        WordCache::Key key = key_of(text, length, text_end);
        key.high |= uint64_t{entry} << 60;
        found = cache.find(key, writer.next(), entry);
        if (found == 0) {
          entry = encode_segment({text, length}, key.high >> 60, work);
          cache.insert(key, work.ids.data(), work.ids.size(), entry);
        }
      } else if (length <= WordCache::kMaxLongBytes) {
        WordCache::LongKey key = long_key_of(text, length, text_end);
        key.words[3] |= uint64_t{entry} << 61;
        found = cache.find_long(key, writer.next(), entry);
        if (found == 0) {
          entry = encode_segment({text, length}, key.words[3] >> 61, work);
          cache.insert_long(key, work.ids.data(), work.ids.size(), entry);
        }
      } else {
        entry = encode_segment({text, length}, entry, work);
      }
      if (found != 0) {
        writer.advance(found - 1);
      } else {
        for (const TokenId id : work.ids) writer.push_back(id);
      }
      if (--left == 0) {
        if (!writer.flush()) return false;
        left = kSegmentsPerCall;
      }
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

  /// Ids of a segment that the thread's own cache does not hold, in work.ids.
  uint8_t encode_segment(std::string_view segment, uint64_t entry, HybridWork& work) const {
    const auto before = static_cast<uint8_t>(entry & 3);
    const uint8_t behind = encode_tokens(segment, before, work);
    work.ids.clear();
    for (const HybridToken& token : work.tokens) work.ids.push_back(token.id);
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
