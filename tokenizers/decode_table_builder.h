// DecodeTableBuilder: puts a DecodeTable together.
//
//   DecodeTableBuilder builder(size);
//   for (TokenId id = 0; id < size; ++id) builder.add_shared(spelling(id));
//   DecodeContext start = builder.add_context();
//   builder.overlay(start, id, "hello", DecodeTableBuilder::kInside);
//   auto table = builder.finish(start);
//
// Context 0 exists from the start and is the inside context. Overlays of a context come in
// ascending order of ids. Throws Error kUnsupported for more than 65,000 contexts.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/decode_table.h"

namespace tokrail {

class DecodeTableBuilder {
 public:
  static constexpr DecodeContext kInside = 0;

  explicit DecodeTableBuilder(size_t size);

  /// The shared spelling of the next id.
  void add_shared(std::string_view bytes);
  void mark_special(TokenId id) { table_->flags_[id] |= DecodeTable::kSpecial; }
  void mark_byte(TokenId id);
  void mark_absent(TokenId id) { table_->flags_[id] |= DecodeTable::kAbsent; }
  /// Where the shared spelling leads, for tables where that is not always inside.
  void set_shared_next(TokenId id, DecodeContext next);

  /// A context that releases `released` before shared spellings and ends in `final_bytes`.
  DecodeContext add_context(std::string released = {}, std::string final_bytes = {});
  void overlay(DecodeContext context, TokenId id, std::string_view bytes, DecodeContext next);

  void set_byte_runs(ByteRuns runs) { table_->byte_runs_ = runs; }
  void set_strip(uint32_t count, char byte);
  /// Decoding goes through a chain; the table is then only what tokens spell one by one.
  void set_chain(std::shared_ptr<const DecodeChain> chain);

  std::string_view shared(TokenId id) const { return table_->shared_bytes(id); }
  std::shared_ptr<const DecodeTable> finish(DecodeContext start);

 private:
  std::shared_ptr<DecodeTable> table_;
};

}  // namespace tokrail
