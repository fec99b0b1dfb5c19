// SpanCache: tokens of short pieces of text that were encoded before, with their spans.
//
// What WordCache is to ids: a piece of at most 15 bytes shares a 64-byte line with up to six
// tokens, a piece of 16 to 31 bytes two lines with up to twelve. Spans and words are kept relative
// to the piece. Every piece has two places, side by side: it enters at the second and moves to the
// first when it is asked for again.
//
//   SpanCache cache;
//   if (const SpanCache::Hit hit = cache.find(key, {base, word}, out)) { out += hit.tokens; ... }
//   else cache.insert(key, {base, word}, tokens, word_count);
//
// Complexity: O(tokens). Thread safety: none; each thread has its own. What a piece gives must
// depend on its bytes only, or hold below the limit that is kept with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "tokenizers/engine/text_pipeline.h"
#include "tokenizers/engine/word_cache.h"

namespace tokrail {

class SpanCache {
 public:
  static constexpr size_t kMaxTokens = 12;

  /// Where a piece stands: its first byte in the user's text, and the number of its first word.
  struct Place {
    size_t begin;
    uint32_t word;
  };
  struct Hit {
    uint32_t tokens = 0, words = 0;
    /// The tokens hold while a running score is below it.
    float limit = 0;
    bool found = false;
    explicit operator bool() const noexcept { return found; }
  };

  /// `line_bits`: log2 of the number of short pieces; there are a quarter as many longer ones.
  explicit SpanCache(int line_bits = 14)
      : short_(size_t{1} << line_bits),
        long_(size_t{1} << (line_bits - 2)),
        short_shift_(64 - line_bits),
        long_shift_(66 - line_bits) {}

  /// Writes up to kMaxTokens tokens to `out`, with spans and words as they are at `place`.
  Hit find(const WordCache::Key& key, Place place, PipelineToken* out) noexcept {
    return find_in(short_, WordCache::hash(key) >> short_shift_, key, place, out);
  }
  Hit find(const WordCache::LongKey& key, Place place, PipelineToken* out) noexcept {
    return find_in(long_, WordCache::hash(key) >> long_shift_, key, place, out);
  }

  /// Keeps a piece, if it has few enough tokens and all of them lie in it.
  void insert(const WordCache::Key& key, Place place, std::span<const PipelineToken> tokens,
              uint32_t words, float limit = kNoLimit) noexcept {
    insert_in(short_, WordCache::hash(key) >> short_shift_, key, place, tokens, words, limit);
  }
  void insert(const WordCache::LongKey& key, Place place, std::span<const PipelineToken> tokens,
              uint32_t words, float limit = kNoLimit) noexcept {
    insert_in(long_, WordCache::hash(key) >> long_shift_, key, place, tokens, words, limit);
  }

  static constexpr float kNoLimit = std::numeric_limits<float>::infinity();

 private:
  template <typename Key, size_t kTokens>
  struct alignas(64) Entry {
    static constexpr size_t kCapacity = kTokens;
    Key key = {};  // an empty entry has length 0 and equals no key
    TokenId ids[kTokens] = {};
    uint8_t begins[kTokens] = {}, ends[kTokens] = {}, words[kTokens] = {};
    uint8_t count = 0, word_count = 0;
    float limit = 0;
  };
  using ShortEntry = Entry<WordCache::Key, 6>;
  using LongEntry = Entry<WordCache::LongKey, 12>;
  static_assert(sizeof(ShortEntry) == 64 && sizeof(LongEntry) == 128);

  template <typename Key, typename AnyEntry>
  static Hit find_in(std::vector<AnyEntry>& entries, size_t index, const Key& key, Place place,
                     PipelineToken* out) noexcept {
    AnyEntry* const entry = &entries[index & ~size_t{1}];
    if (!(entry->key == key)) [[unlikely]] {
      AnyEntry& second = entries[index | 1];
      if (!(second.key == key)) return {};
      std::swap(*entry, second);
    }
    const uint32_t count = entry->count;
    for (uint32_t i = 0; i < count; ++i) {
      out[i] = {entry->ids[i], place.word + entry->words[i], place.begin + entry->begins[i],
                place.begin + entry->ends[i]};
    }
    return {count, entry->word_count, entry->limit, true};
  }

  template <typename Key, typename AnyEntry>
  static void insert_in(std::vector<AnyEntry>& entries, size_t index, const Key& key, Place place,
                        std::span<const PipelineToken> tokens, uint32_t words,
                        float limit) noexcept {
    if (tokens.size() > AnyEntry::kCapacity || words > 0xFF) return;
    AnyEntry entry;
    entry.key = key;
    entry.count = static_cast<uint8_t>(tokens.size());
    entry.word_count = static_cast<uint8_t>(words);
    entry.limit = limit;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const PipelineToken& token = tokens[i];
      // What wraps around below the place is large, too.
      const size_t begin = token.begin - place.begin, end = token.end - place.begin;
      const uint32_t word = token.word - place.word;
      if (begin > 0xFF || end > 0xFF || word > 0xFF) return;
      entry.ids[i] = token.id;
      entry.begins[i] = static_cast<uint8_t>(begin);
      entry.ends[i] = static_cast<uint8_t>(end);
      entry.words[i] = static_cast<uint8_t>(word);
    }
    entries[index | 1] = entry;
  }

  std::vector<ShortEntry> short_;
  std::vector<LongEntry> long_;
  int short_shift_, long_shift_;
};

}  // namespace tokrail
