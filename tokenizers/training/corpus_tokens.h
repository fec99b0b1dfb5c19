// count_corpus_tokens: how many ids a hybrid tokenizer writes counted segments with.
#pragma once

#include <cstdint>
#include <stop_token>

#include "tokenizers/spec.h"
#include "tokenizers/training/word_counts.h"

namespace tokrail {

/// Segments that begin with a space are taken as inside of a text, others as where none is wanted:
/// at its start, behind brackets. Errors: those of compile_hybrid_decode_table; kCancelled.
uint64_t count_corpus_tokens(const TokenizerSpec& spec, const WordCounts& segments, int threads,
                             const std::stop_token& stop);

}  // namespace tokrail
