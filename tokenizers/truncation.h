// Truncation and padding of encodings, as tokenizer.json defines them.
//
//   truncate_encodings(a, b ? &*b : nullptr, spec, processor.added_tokens(b.has_value()));
//   pad_encodings(batch, spec);
//
// Pure functions, O(tokens). Errors: Error kInvalidArgument when the wanted length cannot be kept
// (the sequence to cut is too short, the second sequence is missing, the stride is not below the
// length, or no room is left beside the special tokens).
#pragma once

#include <cstddef>
#include <span>

#include "tokenizers/encoding.h"
#include "tokenizers/spec.h"

namespace tokrail {

/// Cuts `a` and `b` (null: no pair) so that together they have at most
/// spec.max_length - special_tokens tokens. What is cut becomes overflowing pieces.
///   kLongestFirst  takes from the longer one until both are equal, then from both
///   kOnlyFirst, kOnlySecond  take from that one only
void truncate_encodings(Encoding& a, Encoding* b, const TruncationSpec& spec,
                        size_t special_tokens = 0);

/// Pads all to spec.fixed_length, or to the longest of them, rounded up to pad_to_multiple_of.
void pad_encodings(std::span<Encoding> encodings, const PaddingSpec& spec);

}  // namespace tokrail
