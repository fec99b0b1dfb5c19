// DecodeTable: the bytes each id spells in each decode context.
//
// Decoding is a subsequential transducer over ids: a state ("context") and an id give bytes and the
// next context. Byte-level vocabularies have one context. Where the first token is spelled
// differently (no leading space) there are two or a few, all leading to "inside". A context may
// hold bytes back: they are released before the next id's own bytes, or altered by it, or dropped
// at the end of the text (</w>).
//
//   Context context = table.start_context();
//   for (TokenId id : ids) {
//     table.bytes(context, id).append_to(out);
//     context = table.next_context(context, id);
//   }
//   out += table.final_bytes(context);
//
// Storage: one shared spelling per id (16 bytes each, long ones in an arena), and for each context
// an overlay of the ids that are spelled differently there: a range of ids (a hybrid vocabulary's),
// or any ids, sorted. Hundreds of contexts with small overlays are cheap. The shared spellings are
// flat arrays that may lie in a mapped file. Lookups: O(1) in contexts without overlay and in
// ranges, else O(log overlay).
// Immutable once built; thread safe. Ids must be below size().
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/spec.h"

namespace tokrail {

class DecodeChain;

/// State of decoding between two tokens.
using DecodeContext = uint16_t;

/// Bytes that come out with one id: what the context had held back, then the id's own.
struct SpelledBytes {
  std::string_view released;
  std::string_view own;

  size_t size() const noexcept { return released.size() + own.size(); }
  void append_to(std::string& out) const { out.append(released).append(own); }
  std::string str() const { return std::string(released).append(own); }
};

/// How decode_text replaces bytes that are not UTF-8.
enum class ByteRuns : uint8_t {
  kMaximalParts,  ///< one U+FFFD for each maximal ill-formed part of the whole text
  kWholeRun,      ///< one for each byte of a run of byte tokens that is ill-formed as a whole
  kEachByte,      ///< one for each byte of a run of byte tokens that is part of no character
};

class DecodeTable {
 public:
  DecodeTable() = default;
  DecodeTable(const DecodeTable&) = delete;
  DecodeTable& operator=(const DecodeTable&) = delete;

  size_t size() const noexcept { return size_; }
  bool exact() const noexcept { return exact_; }

  size_t context_count() const noexcept { return contexts_.size(); }
  DecodeContext start_context() const noexcept { return start_; }
  DecodeContext inside_context() const noexcept { return inside_; }

  /// The spelling that all contexts share unless their overlay says otherwise; in the inside
  /// context this is what bytes(inside_context(), id).own gives for every exact table.
  std::string_view shared_bytes(TokenId id) const noexcept { return entries_[id].view(long_); }

  SpelledBytes bytes(DecodeContext context, TokenId id) const noexcept {
    const Context& c = contexts_[context];
    if (c.in_range(id)) return {{}, entries_[c.slot(id)].view(long_)};
    if (const size_t at = c.find(id); at != kNotThere) return {{}, c.texts[at]};
    return {c.released, shared_bytes(id)};
  }
  DecodeContext next_context(DecodeContext context, TokenId id) const noexcept {
    const Context& c = contexts_[context];
    if (c.in_range(id)) return shared_next_[c.slot(id)];
    if (const size_t at = c.find(id); at != kNotThere) return c.next[at];
    return shared_next_.empty() ? inside_ : shared_next_[id];
  }
  /// Bytes that come out when the text ends here.
  std::string_view final_bytes(DecodeContext context) const noexcept {
    return contexts_[context].final_bytes;
  }
  /// The byte strings that what is held back may still become when another id follows; empty when
  /// nothing is held back.
  const std::vector<std::string>& pending(DecodeContext context) const noexcept {
    return contexts_[context].pending;
  }
  /// What is put before the shared spelling of an id in this context.
  std::string_view released(DecodeContext context) const noexcept {
    return contexts_[context].released;
  }
  /// Ids that this context has spellings of its own for.
  size_t overlay_size(DecodeContext context) const noexcept {
    return contexts_[context].ids.size() + contexts_[context].range_count;
  }
  /// Calls visit(id) for each of them, ascending.
  template <typename Visit>
  void for_each_overlay(DecodeContext context, Visit visit) const {
    const Context& c = contexts_[context];
    for (const TokenId id : c.ids) visit(id);
    for (uint32_t i = 0; i < c.range_count; ++i) visit(c.range_begin + i);
  }

  /// Left out when special tokens are skipped.
  bool is_special(TokenId id) const noexcept { return (flags_[id] & kSpecial) != 0; }
  /// A <0xNN> token that takes part in runs of byte tokens.
  bool is_byte(TokenId id) const noexcept { return (flags_[id] & kByte) != 0; }
  /// An id the file does not use: prints nothing and changes nothing.
  bool is_absent(TokenId id) const noexcept { return (flags_[id] & kAbsent) != 0; }
  /// Prints nothing inside a text, but counts as a token (a control symbol, say).
  bool is_silent(TokenId id) const noexcept { return (flags_[id] & kSilent) != 0; }
  /// Spells nothing itself and is there to move the context.
  bool is_mark(TokenId id) const noexcept { return (flags_[id] & kMark) != 0; }
  bool has_byte_tokens() const noexcept { return has_byte_tokens_; }
  /// Whether every token that is not a byte token is well-formed UTF-8.
  bool texts_valid() const noexcept { return texts_valid_; }
  /// Every id spells its shared bytes and stays in the context: the common case, made fast.
  bool is_plain(DecodeContext context) const noexcept {
    return context == inside_ && inside_is_plain_;
  }
  /// The shared bytes are whole well-formed characters, and the id is no byte token.
  bool is_whole(TokenId id) const noexcept { return (flags_[id] & kWhole) != 0; }
  /// Skipped by option, or absent.
  bool is_left_out(TokenId id, bool skip_special) const noexcept {
    return (flags_[id] & (skip_special ? kAbsent | kSpecial : kAbsent)) != 0;
  }
  /// Whether a special token that is left out still releases what was held back, and moves the
  /// context.
  bool skipped_ids_move() const noexcept { return skipped_ids_move_; }
  ByteRuns byte_runs() const noexcept { return byte_runs_; }

  /// The chain that decodes where the table alone is not exact; else null.
  const std::shared_ptr<const DecodeChain>& chain() const noexcept { return chain_; }

  /// Leading characters the decoder strips off the joined text (tokenizer.json's Strip behind
  /// Fuse). The contexts do it already; replacement of ill-formed runs happens before it.
  uint32_t strip_count() const noexcept { return strip_count_; }
  char strip_byte() const noexcept { return strip_byte_; }

  /// 16 bytes: up to 15 bytes in place and their number, or a place in the arena.
  struct Entry {
    static constexpr uint8_t kLong = 0xFF;
    char inline_bytes[15];
    uint8_t length;

    std::string_view view(std::string_view arena) const noexcept {
      if (length != kLong) return {inline_bytes, length};
      uint32_t place[2];
      std::memcpy(place, inline_bytes, sizeof(place));
      return {arena.data() + place[0], place[1]};
    }
  };
  const Entry* entries() const noexcept { return entries_; }
  std::string_view long_bytes() const noexcept { return long_; }
  /// By id, bits of its own; for files.
  std::span<const uint8_t> flags() const noexcept { return {flags_, size_}; }
  /// Where shared spellings lead, by id; empty: always inside.
  std::span<const DecodeContext> shared_next() const noexcept {
    return {shared_next_.data(), shared_next_.empty() ? 0 : size_};
  }

  /// A context as the decoding loop wants it, for tables whose overlays are all ranges. Entries of
  /// overlays stand behind the shared ones, and `next_slots` goes with them.
  struct Row {
    Entry released;
    TokenId begin;
    uint32_t count;
    uint32_t slot;  ///< of the id `begin`
    uint32_t unused;
  };
  /// By context; empty: other tables.
  std::span<const Row> rows() const noexcept { return rows_; }
  const DecodeContext* next_slots() const noexcept { return shared_next_.data(); }

 private:
  friend class DecodeTableBuilder;

  static constexpr size_t kNotThere = static_cast<size_t>(-1);
  enum Flag : uint8_t {
    kSpecial = 1,
    kByte = 2,
    kAbsent = 4,
    kSilent = 8,
    kWhole = 16,
    kMark = 32
  };

  struct Context {
    std::string released;
    std::string final_bytes;
    std::vector<std::string> pending;
    std::vector<TokenId> ids;  ///< sorted
    ByteStrings texts;
    std::vector<DecodeContext> next;
    /// Ids [range_begin, range_begin + range_count) have entries from range_slot on. A context has
    /// a range or ids, not both.
    TokenId range_begin = 0;
    uint32_t range_count = 0;
    uint32_t range_slot = 0;

    bool in_range(TokenId id) const noexcept { return id - range_begin < range_count; }
    size_t slot(TokenId id) const noexcept { return size_t{range_slot} + (id - range_begin); }

    size_t find(TokenId id) const noexcept {
      size_t low = 0, high = ids.size();
      while (low < high) {
        const size_t middle = (low + high) / 2;
        if (ids[middle] < id) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low < ids.size() && ids[low] == id ? low : kNotThere;
    }
  };

  const Entry* entries_ = nullptr;
  std::string_view long_;  ///< the arena
  const uint8_t* flags_ = nullptr;
  size_t size_ = 0;
  std::shared_ptr<const void> owner_;       ///< of the arrays above
  std::vector<DecodeContext> shared_next_;  ///< by id, then by slot; empty: always inside
  std::vector<Context> contexts_;
  std::vector<Row> rows_;
  DecodeContext start_ = 0;
  DecodeContext inside_ = 0;
  bool exact_ = true;
  bool has_byte_tokens_ = false;
  bool texts_valid_ = true;
  bool inside_is_plain_ = false;
  bool skipped_ids_move_ = false;
  ByteRuns byte_runs_ = ByteRuns::kMaximalParts;
  uint32_t strip_count_ = 0;
  char strip_byte_ = ' ';
  std::shared_ptr<const DecodeChain> chain_;
};

}  // namespace tokrail
