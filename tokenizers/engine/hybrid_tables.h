// HybridTables: what a hybrid vocabulary spells, indexed the other way round: by form, by text.
//
// Private to HybridModel. Entries (hybrid_encoder.h) stand for sets of decode contexts; each has a
// representative, from which a segment is written. An id may begin a segment only if it is spelled
// alike and leads to the same context from all contexts of the entry, or, for a point behind a
// number, to contexts that literals do not tell apart.
//
// Complexity: building is O(contexts * overlays + bytes of the vocabulary), some milliseconds.
// Immutable, thread safe. Errors: Error(kInvalidFile) where a byte cannot begin a segment.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tokenizers/byte_trie.h"
#include "tokenizers/detokenization/decode_table.h"
#include "tokenizers/morphology/analyser.h"
#include "tokenizers/morphology/hybrid_spec.h"
#include "tokenizers/spec.h"

namespace tokrail::detail {

class HybridTables {
 public:
  HybridTables(std::shared_ptr<const TokenizerSpec> spec,
               std::shared_ptr<const DecodeTable> decode_table);

  const HybridSpec& hybrid() const noexcept { return *spec_->hybrid; }
  const DecodeTable& table() const noexcept { return *table_; }
  const Language& language() const noexcept { return analyser_.language(); }
  const Analyser& analyser() const noexcept { return analyser_; }

  // ---- ids

  /// Pieces and bytes by what they spell.
  const ByteTrieView& literals() const noexcept { return literals_.view(); }
  /// Numerals by their text, without space.
  const ByteTrieView& numerals() const noexcept { return numerals_.view(); }
  bool has_marks() const noexcept { return hybrid().marks.size() > 0; }
  /// Whether runs of digits are cut into numerals rather than pieces.
  bool chunks_numbers() const noexcept { return chunks_numbers_; }
  std::span<const TokenId> stems_of(FormId form) const noexcept {
    return {form_tokens_.data() + form_begin_[form], form_begin_[form + 1] - form_begin_[form]};
  }

  /// A place among the chains; kNoChain: no chain begins like this.
  static constexpr uint32_t kNoChain = 0xFFFFFFFF;
  static constexpr uint32_t kChainStart = 0;
  uint32_t next_chain(uint32_t place, SuffixId suffix) const noexcept;
  /// The chain that ends at the place, or kNoToken.
  TokenId chain_at(uint32_t place) const noexcept { return chain_ids_[place]; }

  // ---- entries

  static constexpr size_t kEntries = 4;
  /// HybridModel::kBareStems and kBareNumerals.
  uint8_t entry_of(DecodeContext context) const noexcept { return entries_[context]; }
  DecodeContext context_of(uint8_t entry) const noexcept { return entry_contexts_[entry]; }
  bool may_begin(uint8_t entry, TokenId id) const noexcept {
    return (cannot_begin_[id] >> entry & 1) == 0;
  }

 private:
  void index_literals();
  void index_numerals();
  void index_stems();
  void index_chains();
  void classify_contexts();
  void find_entry_contexts();
  void find_beginnings();
  bool begins_alike(DecodeContext left, DecodeContext right, TokenId id) const;
  /// Whether bytes and pieces are spelled alike in both, and stay there or lead to the same.
  bool literals_alike(DecodeContext left, DecodeContext right) const;

  std::shared_ptr<const TokenizerSpec> spec_;
  std::shared_ptr<const DecodeTable> table_;
  Analyser analyser_;
  ByteTrie literals_, numerals_;
  bool chunks_numbers_ = false;
  std::vector<uint32_t> form_begin_;
  std::vector<TokenId> form_tokens_;
  struct ChainStep {
    uint32_t from;
    SuffixId suffix;
    uint32_t to;
  };
  std::vector<ChainStep> chain_steps_;  // by (from, suffix)
  std::vector<TokenId> chain_ids_;
  std::vector<uint8_t> entries_;  // by context
  std::vector<bool> follows_mark_;
  std::array<DecodeContext, kEntries> entry_contexts_{};
  std::vector<uint8_t> cannot_begin_;  // by id, a bit for each entry
};

}  // namespace tokrail::detail
