// compile_model: the model of a TokenizerSpec, in the fastest form that is exact for it.
//
// BPE models whose merges form a strict order become RankBpe (linear time); other BPE models become
// MergeBpe or ScoreBpe. Byte-level models are turned into models over raw bytes where the whole
// vocabulary is spelled in the byte-level alphabet.
#pragma once

#include <memory>

#include "tokenizers/engine/precompiled_tables.h"
#include "tokenizers/models/certain_cuts.h"
#include "tokenizers/models/model.h"
#include "tokenizers/models/rank_bpe_model.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// How a tokenizer.json model's alphabet of bytes is read.
enum class ByteForm : uint8_t {
  kAsFile,    ///< pieces are in the notation of the file
  kRawBytes,  ///< pieces are raw bytes: the byte-level alphabet is undone in the vocabulary
};

struct CompiledModel {
  std::shared_ptr<const Model> model;
  /// The same object when it is a RankBpeModel; else null.
  const RankBpeModel* rank_bpe = nullptr;
  /// For a byte-level RankBpeModel whose pieces may be cut: where. Else null.
  std::shared_ptr<const CertainCuts> cuts;
};

/// Whether a model can be compiled with ByteForm::kRawBytes: an explicit-merge BPE without
/// prefix, suffix or byte fallback that spells every byte of well-formed text in the alphabet.
bool spells_bytes_in_alphabet(const TokenizerSpec& spec);

/// `allow_rank_bpe` false gives the general model, the reference for tests.
CompiledModel compile_model(std::shared_ptr<const TokenizerSpec> spec, ByteForm form,
                            bool allow_rank_bpe = true);

/// The same with a RankBpe that was compiled before, with the cuts that go with it. Throws
/// Error(kInvalidFile) where the spec's model can be no such RankBpe.
CompiledModel compile_model(std::shared_ptr<const TokenizerSpec> spec, ByteForm form,
                            RankBpe rank_bpe, std::shared_ptr<const CertainCuts> cuts);

}  // namespace tokrail
