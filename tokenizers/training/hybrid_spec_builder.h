// build_hybrid_spec: what the trainer chose -> a TokenizerSpec with its ids (hybrid_spec.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tokenizers/morphology/hybrid_spec.h"
#include "tokenizers/spec.h"
#include "tokenizers/training/hybrid_trainer.h"

namespace tokrail {

struct HybridParts {
  std::shared_ptr<const Language> language;
  MorphCosts costs;
  std::vector<std::vector<SuffixId>> chains;
  std::vector<StemToken> stems;
  std::vector<std::string> pieces;
};

/// Texts of the numerals: one to three digits each, or single digits, then "." and ",".
std::vector<std::string> numeral_texts(NumberChunks numbers);

/// Ids that chains, stems and pieces leave room for beside themselves: specials, bytes, marks,
/// suffixes, numerals.
size_t fixed_ids(const Language& language, const HybridTrainerOptions& options);

/// Special tokens <|reserved_0|> ... fill up to options.vocab_size.
TokenizerSpec build_hybrid_spec(HybridParts parts, const HybridTrainerOptions& options);

}  // namespace tokrail
