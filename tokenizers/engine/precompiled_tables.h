// PrecompiledTables: what compiling a tokenizer costs time for, ready, as a .tkz file keeps it.
//
//   PrecompiledTables tables = ...;                    // from a file, or of another engine
//   Tokenizer::from_precompiled(std::move(spec), std::move(tables));
//
// The tables belong to one spec. Whoever passes them vouches that they fit it: tables of another
// spec give wrong ids, though never an access out of bounds. Internal to the module.
#pragma once

#include <memory>
#include <optional>

#include "tokenizers/detokenization/decode_table.h"
#include "tokenizers/models/certain_cuts.h"
#include "tokenizers/models/rank_bpe.h"

namespace tokrail {

struct PrecompiledTables {
  /// Whether the vocabulary spells all bytes in the byte-level alphabet; unset: to be found out.
  std::optional<bool> spells_bytes;
  /// The model, where it is a RankBpe; unset: to be compiled.
  std::optional<RankBpe> rank_bpe;
  /// Of the model; where it may cut pieces and there are none, they are compiled.
  std::shared_ptr<const CertainCuts> cuts;
  /// How ids are spelled; null: to be compiled.
  std::shared_ptr<const DecodeTable> decode_table;
};

}  // namespace tokrail
