// DecodeTableBuilder: puts a DecodeTable together.
//
//   DecodeTableBuilder builder(size);
//   for (TokenId id = 0; id < size; ++id) builder.add_shared(spelling(id));
//   DecodeContext start = builder.add_context();
//   builder.overlay(start, id, "hello", DecodeTableBuilder::kInside);
//   auto table = builder.finish(start);
//
// Shared spellings and flags can also be arrays of a file, finished: then only contexts are added.
//
// Context 0 exists from the start and is the inside context. Overlays of a context come in
// ascending order of ids, or fill one range of ids (overlay_range). Throws Error kUnsupported for
// more than 65,000 contexts.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/detokenization/decode_table.h"

namespace tokrail {

class DecodeTableBuilder {
 public:
  static constexpr DecodeContext kInside = 0;

  explicit DecodeTableBuilder(size_t size);

  /// The arrays of a finished table (DecodeTable's entries, long_bytes and flags), which `owner`
  /// keeps alive.
  struct SharedArrays {
    std::span<const DecodeTable::Entry> entries;
    std::string_view long_bytes;
    std::span<const uint8_t> flags;
  };
  /// For these, and no more shared spellings. Throws Error(kInvalidFile) where they do not fit
  /// together. Spellings are taken as they are, and flags are believed.
  DecodeTableBuilder(const SharedArrays& arrays, std::shared_ptr<const void> owner);

  /// The shared spelling of the next id.
  void add_shared(std::string_view bytes);
  void mark_special(TokenId id) { own_->flags[id] |= DecodeTable::kSpecial; }
  void mark_byte(TokenId id);
  /// See DecodeTable::is_mark.
  void mark_mark(TokenId id) { own_->flags[id] |= DecodeTable::kMark; }
  void mark_absent(TokenId id) { own_->flags[id] |= DecodeTable::kAbsent; }
  /// Where the shared spelling leads, for tables where that is not always inside.
  void set_shared_next(TokenId id, DecodeContext next);

  /// A context that releases `released` before shared spellings and ends in `final_bytes`.
  DecodeContext add_context(std::string released = {}, std::string final_bytes = {});
  /// Another string that what the context holds back may become, by an overlay.
  void add_pending(DecodeContext context, std::string bytes);
  void overlay(DecodeContext context, TokenId id, std::string_view bytes, DecodeContext next);

  /// Makes the overlay of a context a range of ids, each of which spells nothing and leads inside
  /// until set_overlay says otherwise. Once for a context, behind all shared spellings, which must
  /// be the builder's own.
  void overlay_range(DecodeContext context, TokenId begin, TokenId end);
  /// Room for so many ids of ranges.
  void reserve_overlays(size_t count) {
    own_->entries.reserve(own_->flags.size() + count);
    table_->shared_next_.reserve(own_->flags.size() + count);
  }
  void set_overlay(DecodeContext context, TokenId id, std::string_view bytes, DecodeContext next);
  std::string_view overlaid(DecodeContext context, TokenId id) const {
    return own_->entries[table_->contexts_[context].slot(id)].view(own_->long_bytes);
  }
  DecodeContext overlaid_next(DecodeContext context, TokenId id) const {
    return table_->shared_next_[table_->contexts_[context].slot(id)];
  }
  DecodeContext shared_next(TokenId id) const {
    return table_->shared_next_.empty() ? kInside : table_->shared_next_[id];
  }
  std::string_view released(DecodeContext context) const {
    return table_->contexts_[context].released;
  }
  /// See DecodeTable::skipped_ids_move.
  void set_skipped_ids_move() { table_->skipped_ids_move_ = true; }

  void set_byte_runs(ByteRuns runs) { table_->byte_runs_ = runs; }
  void set_strip(uint32_t count, char byte);
  /// Decoding goes through a chain; the table is then only what tokens spell one by one.
  void set_chain(std::shared_ptr<const DecodeChain> chain);

  std::string_view shared(TokenId id) const { return own_->entries[id].view(own_->long_bytes); }
  std::shared_ptr<const DecodeTable> finish(DecodeContext start);

 private:
  struct OwnArrays {
    std::vector<DecodeTable::Entry> entries;
    std::string long_bytes;
    std::vector<uint8_t> flags;
  };
  DecodeTable::Entry make_entry(std::string_view bytes);
  void make_rows();
  void use_own_arrays();

  std::shared_ptr<DecodeTable> table_;
  std::shared_ptr<OwnArrays> own_;  // null: the arrays are someone else's
};

}  // namespace tokrail
