// HybridRows: the suffix and chain ids of a hybrid vocabulary behind one class of endings after the
// other.
//
//   rows.spell(c);
//   rows.text(id, capitals);   // with the tail that stood before it
//   rows.end(id);              // the ending that it leads to
//
// Complexity of spell: O(suffixes + chains); chains are spelled from the chain or suffix that they
// begin with. Made behind HybridEndings::find_classes. Internal to the module.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/byte_strings.h"
#include "tokenizers/detokenization/decode_table_builder.h"
#include "tokenizers/detokenization/hybrid_endings.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail {

class HybridRows {
 public:
  HybridRows(const HybridSpec& spec, const HybridEndings& endings);

  /// Spells every suffix behind every ending; once, before the rows.
  void spell_suffixes(const Language& language);

  // The ids: suffixes, then chains.
  TokenId begin() const noexcept { return ids_.begin; }
  TokenId end_of_ids() const noexcept { return ids_.end; }
  bool has(TokenId id) const noexcept { return ids_.has(id); }

  void spell(HybridEndings::Class c);
  std::string_view text(TokenId id, bool capitals) const noexcept {
    return cells_[id - ids_.begin].texts[capitals];
  }
  EndingId end(TokenId id) const noexcept { return cells_[id - ids_.begin].end; }

  /// The strings other than what `context` releases that may come out with suffixes, shortest
  /// first, none beginning with another. Asks the overlays of finished contexts.
  std::vector<std::string> changed_strings(const DecodeTableBuilder& builder,
                                           DecodeContext context) const;

 private:
  struct Cell {
    std::string texts[2];  ///< as it is, in capitals
    EndingId end = kNoEnding;
  };
  /// How a chain is spelled: the id (from the first) that it begins with, then further suffixes.
  struct Plan {
    uint32_t cell, first;
    std::vector<SuffixId> rest;
  };
  void plan_chains(const HybridSpec& spec);
  void append(EndingId left, size_t suffix, Cell& cell) const;

  const HybridEndings& endings_;
  IdRange ids_;
  size_t suffix_count_;
  std::vector<Plan> plans_;   ///< of chains, those first that others begin with
  std::vector<Cell> cells_;   ///< by id
  ByteStrings spellings_[2];  ///< by row of an ending and suffix, with the tail
};

}  // namespace tokrail
