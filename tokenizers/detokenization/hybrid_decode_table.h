// compile_hybrid_decode_table: the decode contexts of a hybrid vocabulary.
//
// Decoding a hybrid vocabulary is a subsequential transducer (morphology/hybrid_spec.h says how
// text is spelled). Its states, the decode contexts, are
//
//   inside       nothing to lean on; stems have their space. The shared spellings are this one's.
//   bare         as inside, but the next stem or numeral has no space: the start of a text
//   capital, upper (each spaced and bare)   behind a mark
//   number and number point (a "." or "," behind digits), each by how the digits so far end
//   one per ending, spaced, and one per ending inside a stem written in capitals
//
// merged where no id tells two of them apart. An ending with an open tail is a context that holds
// bytes back: `released` is the tail unchanged, and overlays of suffixes that change it begin with
// the changed tail. Suffixes, chains, numerals and stems are neighbours in the id space, so every
// overlay is one range of ids, found by subtraction.
//
// Complexity: O(contexts * (suffixes + chains) + bare contexts * stems), some milliseconds.
// Errors: Error(kUnsupported) for more than kMaxHybridContexts.
#pragma once

#include <memory>

#include "tokenizers/detokenization/decode_table.h"
#include "tokenizers/morphology/hybrid_spec.h"
#include "tokenizers/spec.h"

namespace tokrail {

inline constexpr size_t kMaxHybridContexts = 1024;

/// `spec.hybrid` must be set.
std::shared_ptr<const DecodeTable> compile_hybrid_decode_table(const TokenizerSpec& spec);

}  // namespace tokrail
